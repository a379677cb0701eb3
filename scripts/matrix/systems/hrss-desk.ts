/** The desk for 人社支付平台: HIS's calls, what the payer's phone does, and calls as the platform makes them. */
import { z } from 'zod'
import { addBill } from '../../../src/sandbox/his-bills.ts'
import { createGateway } from '../../../src/sandbox/hrss-pay/gateway.ts'
import { anybody, becomes, membersOf, must, same, type Scene, type Told } from './case.ts'

const PAYMENT = z.object({
  id: z.string(),
  billNo: z.string(),
  status: z.string(),
  mchOrderId: z.string(),
  payOrderId: z.string().nullable(),
  amountFen: z.number(),
  refundedFen: z.number(),
  hisWriteBack: z.string(),
  cashier: z.record(z.string(), z.unknown()).nullable(),
  refunds: z.array(
    z.object({ refundNo: z.string(), status: z.string(), hisWriteBack: z.string() }),
  ),
})
export type Payment = z.output<typeof PAYMENT>

export const PAYMENTS = '/his/hrss-payments'
export const NOTICES = '/callbacks/hrss-pay/order'
export const QUESTIONS = '/hrss-pay/merchant-orders'
export const PERSON = {
  name: '李演示',
  idType: '01',
  idNo: '510101198002022345',
  phone: '13800000000',
}

let bills = 0

export function billWith({ sandbox }: Scene, suffix = '', patient = PERSON): string {
  bills += 1
  const billNo = `SBK${String(bills).padStart(6, '0')}${suffix === '' ? '' : `-${suffix}`}`
  addBill(sandbox.context, { billNo, businessType: 'consultation', patient })
  return billNo
}

export const begin = (
  { his }: Scene,
  wish: { billNo: string; way: string; qrCode?: string },
): Promise<{ status: number; body: Told }> =>
  his('POST', PAYMENTS, {
    ...(wish.way === 'presented' && { qrCode: '5101001234567890' }),
    ...wish,
  })

/** @returns the payment as it stands once it was begun. */
export async function open(scene: Scene, suffix = '', way = 'online'): Promise<Payment> {
  const { status, body } = await begin(scene, { billNo: billWith(scene, suffix), way })
  must(status < 300, `下单被拒绝：${JSON.stringify(body)}`)
  return PAYMENT.parse(body)
}

export const look = async ({ his }: Scene, { id }: Pick<Payment, 'id'>): Promise<Payment> =>
  PAYMENT.parse((await his('GET', `${PAYMENTS}/${id}`)).body)

export async function endsAs(
  scene: Scene,
  payment: Pick<Payment, 'id'>,
  status: string,
): Promise<Payment> {
  await becomes(`变为 ${status}`, async () => (await look(scene, payment)).status === status)
  return look(scene, payment)
}

export async function phone({ sandbox }: Scene, path: string, body: object): Promise<Told> {
  const answer = await fetch(`${sandbox.url}/hrss-pay/phone/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return membersOf(await answer.json())
}

export const payOnPhone = (scene: Scene, { mchOrderId }: Payment): Promise<Told> =>
  phone(scene, 'pay', { mchOrderId })

export async function paid(scene: Scene, suffix = '', way = 'online'): Promise<Payment> {
  const payment = await open(scene, suffix, way)
  await payOnPhone(scene, payment)
  return endsAs(scene, payment, 'paid')
}

export const refund = (
  { his }: Scene,
  { id }: Payment,
  wish: { refundNo: string; amountFen: unknown },
): Promise<{ status: number; body: Told }> =>
  his('POST', `${PAYMENTS}/${id}/refunds`, { ...wish, reason: '退号' })

export const close = ({ his }: Scene, { id }: Payment) => his('POST', `${PAYMENTS}/${id}/close`, {})

const LEDGER = z.object({ hospitalFen: z.number(), movements: z.array(z.unknown()) })

/** The platform's own book of a bill. */
export async function ledgerOf({ sandbox }: Scene, billNo: string) {
  const answer = await fetch(`${sandbox.url}/hrss-pay/ledger?bill=${billNo}`)
  return LEDGER.parse(await answer.json())
}

export async function holds(scene: Scene, payment: Payment, fen: number): Promise<void> {
  same('医院账户（分）', (await ledgerOf(scene, payment.billNo)).hospitalFen, fen)
}

/** A call of the platform's as it would sign it, with whatever is wrong about it. */
export function spoken(
  { sandbox }: Scene,
  content: object | string,
  wrong: { fields?: Record<string, string>; sign?: string | null; plain?: boolean } = {},
): string {
  const gateway = createGateway(sandbox.context)
  const { merchantAppId: appId, mchId } = sandbox.context.parameters.hrssPay
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  const data = wrong.plain === true ? text : gateway.encrypt(text)
  const fields = { appId, mchId, data, ...wrong.fields }
  const sign = wrong.sign === undefined ? gateway.sign(fields) : wrong.sign
  return JSON.stringify({ ...fields, ...(sign !== null && { sign }) })
}

export const paidContent = ({ mchOrderId, payOrderId, amountFen }: Payment): Told => ({
  mchOrderId,
  payOrderId,
  payStatus: '2',
  wayCode: 'SBK',
  orderAmount: amountFen,
})

/** @returns isSuccess of the answer. */
export async function notice(scene: Scene, body: string): Promise<unknown> {
  const { status, told } = await anybody(scene, NOTICES, { body })
  same('HTTP', status, 200)
  return told['isSuccess']
}
