/** A counter at which patients show their medical-insurance code. */
import { z } from 'zod'
import { becomes, callsFor, collected, must, same, type Scene, type Told } from './case.ts'

export const OPERATOR = { id: 'C0101', name: '收费员甲' }

const TOKEN = z.object({ token: z.string() })

/** Only needed to be another one each time: one run plays on one sandbox. */
let bills = 0
let devices = 0

/** The suffix says what goes wrong (`sandbox/one-code/scenario.ts`). */
export function counterBill(suffix: string): string {
  bills += 1
  return `MZ20261121${String(bills).padStart(6, '0')}-${suffix}`
}

/** The patient shows the code; the scanner's decoder gives the ecToken. */
export async function scan({ sandbox }: Scene, billNo: string): Promise<string> {
  const answer = await fetch(`${sandbox.url}/phone/show-code`, {
    method: 'POST',
    body: JSON.stringify({ billNo }),
  })
  return TOKEN.parse(await answer.json()).token
}

/** A desk may scan only so often a minute: every payment here is at a device of its own. */
export function wishFor(billNo: string, token: string): Record<string, unknown> {
  devices += 1
  const device = { id: `00-16-3E-00-${String(devices).padStart(4, '0')}`, ip: '10.20.1.15' }
  return { billNo, desk: '门诊1号窗', token, operator: OPERATOR, device }
}

export const PAYMENTS = '/his/one-code-payments'

/** Until it is over, or nobody will know more without time. */
export async function resultOf({ his }: Scene, id: unknown): Promise<Told> {
  return (await his('GET', `${PAYMENTS}/${String(id)}?wait=20`)).body
}

export async function payAt(scene: Scene, billNo: string): Promise<Told> {
  const begun = await scene.his('POST', PAYMENTS, wishFor(billNo, await scan(scene, billNo)))
  must(begun.status < 300, `收款请求被拒绝：${JSON.stringify(begun.body)}`)
  return begun.status === 202 ? resultOf(scene, begun.body['id']) : begun.body
}

/** @returns fen that were taken: what HIS's bill says, once. */
export async function paidOnce(scene: Scene, suffix: string): Promise<{ told: Told; fen: number }> {
  const billNo = counterBill(suffix)
  const told = await payAt(scene, billNo)
  same('状态', told['status'], 'paid')
  same('收到', collected(scene, billNo), told['selfPayFen'])
  return { told, fen: collected(scene, billNo) }
}

/** Declined: the reason's code, the ordinary path, and no money. */
export async function declinedAs(
  scene: Scene,
  suffix: string,
  code: string,
): Promise<{ told: Told; billNo: string; text: string }> {
  const billNo = counterBill(suffix)
  const told = await payAt(scene, billNo)
  same('状态', told['status'], 'declined')
  same('下一步', told['next'], 'ordinary-payment')
  const { code: is, text } = z.object({ code: z.string(), text: z.string() }).parse(told['reason'])
  same('原因', is, code)
  same('收到', collected(scene, billNo), 0)
  same('扣款次数', callsFor(scene, 'charge', billNo), 0)
  return { told, billNo, text }
}

export async function endsAs(scene: Scene, id: unknown, status: string): Promise<Told> {
  const look = async (): Promise<Told> => (await scene.his('GET', `${PAYMENTS}/${String(id)}`)).body
  await becomes(`变为 ${status}`, async () => (await look())['status'] === status)
  return look()
}
