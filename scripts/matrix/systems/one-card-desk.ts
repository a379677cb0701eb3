/** A desk of HIS for the one-card, the holder's telephone, and calls as the platform makes them. */
import { addBill } from '../../../src/sandbox/his-bills.ts'
import { createGateway } from '../../../src/sandbox/one-card/gateway.ts'
import { sealField } from '../../../src/upstreams/signed-request.ts'
import { anybody, becomes, membersOf, must, type Scene, type Told } from './case.ts'

export interface Person {
  readonly idType: string
  readonly idNo: string
  readonly name: string
  readonly cardNo: string
}

export const SESSION = { session: 'window-3-visit-1', businessType: '门诊缴费' }

/** A personal field on HIS's link. */
export function seal({ parameters }: Scene, text: string): string {
  return sealField(text, Buffer.from(parameters.his.sm4KeyHex, 'hex'), Math.random)
}

export const sealed = (scene: Scene, { name, idNo }: Pick<Person, 'name' | 'idNo'>) => ({
  name: seal(scene, name),
  socialSecurityNo: seal(scene, idNo),
})

export async function phone(
  { sandbox, serviceUrl }: Scene,
  what: string,
  fields: object = {},
): Promise<Told> {
  const body = JSON.stringify({ serviceUrl, ...fields })
  const answer = await fetch(`${sandbox.url}/one-card/phone/${what}`, { method: 'POST', body })
  return membersOf(await answer.json())
}

export async function personAt(scene: Scene, at = 0): Promise<Person> {
  const { holders } = await phone(scene, 'holders')
  const found = membersOf(Array.isArray(holders) ? holders[at] : null)
  const text = (name: string): string => String(found[name])
  return { idType: text('idType'), idNo: text('idNo'), name: text('name'), cardNo: text('cardNo') }
}

let bills = 0

export function billWith({ sandbox }: Scene, suffix = ''): string {
  bills += 1
  const billNo = `MZ20261121${String(bills).padStart(6, '0')}${suffix === '' ? '' : `-${suffix}`}`
  addBill(sandbox.context, { billNo, businessType: 'consultation' })
  return billNo
}

const grantRow = (scene: Scene, rowNo: number) => ({
  rowNo,
  idType: '01',
  idNo: seal(scene, '430101199001011234'),
  name: seal(scene, '演示'),
  amountFen: 10_000 * rowNo,
  detail: '救助金',
})

export const grantOf = (scene: Scene, benefitType: string, batchNo: string) => ({
  batchNo,
  benefitType,
  rows: [1, 2, 3].map((rowNo) => grantRow(scene, rowNo)),
})

export const useOf = async (scene: Scene) => ({
  ...sealed(scene, await personAt(scene)),
  channel: '窗口',
  kind: '就诊',
  detail: '内科门诊',
  usedAt: '2026-11-21T09:00:00+08:00',
})

/** How often the platform was told of this card use. */
export async function timesRecorded(scene: Scene, recordNo: unknown): Promise<unknown> {
  const records = membersOf((await phone(scene, 'records'))['records'])
  return membersOf(records[String(recordNo)])['times']
}

export async function begin(scene: Scene, wish: object) {
  return scene.his('POST', '/his/one-card/payments', wish)
}

/** Online, by the first holder. @returns orderNo */
export async function payOnline(scene: Scene, billNo: string): Promise<string> {
  const holder = sealed(scene, await personAt(scene))
  const { status, body } = await begin(scene, { kind: 'online', billNo, holder })
  must(status < 300, `支付请求被拒绝：${JSON.stringify(body)}`)
  return String(body['orderNo'])
}

export const look = async ({ his }: Scene, orderNo: string): Promise<Told> =>
  (await his('GET', `/his/one-card/payments/${orderNo}`)).body

/** Paid ends when HIS knows too. */
export async function endsAs(scene: Scene, orderNo: string, status: string): Promise<void> {
  await becomes(`变为 ${status}`, async () => {
    const told = await look(scene, orderNo)
    return told['status'] === status && told['hisWriteBack'] !== 'waiting'
  })
}

export const PATHS = {
  rights: '/one-card/rights',
  order: '/one-card/orders',
  'payment-notice': '/callbacks/one-card/payment',
} as const
export type Provided = keyof typeof PATHS

export interface Message {
  readonly headers: Record<string, string>
  readonly body: string
}

/** As the platform signs it, its clock off by so much. */
export function spoken(
  { sandbox }: Scene,
  service: Provided,
  content: object,
  aheadMs = 0,
): Message {
  const { world, parameters } = sandbox.context
  const clock = { ...world, now: () => world.now() + aheadMs }
  return createGateway(clock, parameters.oneCard).call(service, content)
}

export async function say(
  scene: Scene,
  service: Provided,
  { headers, body }: Message,
): Promise<Told> {
  return (await anybody(scene, PATHS[service], { headers, body })).told
}
