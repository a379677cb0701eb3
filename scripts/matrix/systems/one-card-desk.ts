/** A desk of HIS for the one-card, the holder's telephone, and calls as the platform makes them. */
import { addBill } from '../../../src/sandbox/his-bills.ts'
import { createGateway } from '../../../src/sandbox/one-card/gateway.ts'
import { sealField } from '../../../src/upstreams/signed-request.ts'
import type { WholeService } from '../../whole-service.ts'
import { anybody, becomes, membersOf, must, type Told } from './case.ts'

export interface Person {
  readonly idType: string
  readonly idNo: string
  readonly name: string
  readonly cardNo: string
}

export const SESSION = { session: 'window-3-visit-1', businessType: '门诊缴费' }

/** A personal field on HIS's link. */
export function seal({ parameters }: WholeService, text: string): string {
  return sealField(text, Buffer.from(parameters.his.sm4KeyHex, 'hex'), Math.random)
}

export const sealed = (scene: WholeService, { name, idNo }: Pick<Person, 'name' | 'idNo'>) => ({
  name: seal(scene, name),
  socialSecurityNo: seal(scene, idNo),
})

export async function phone(
  { sandbox, serviceUrl }: WholeService,
  what: string,
  fields: object = {},
): Promise<Told> {
  const body = JSON.stringify({ serviceUrl, ...fields })
  const answer = await fetch(`${sandbox.url}/one-card/phone/${what}`, { method: 'POST', body })
  return membersOf(await answer.json())
}

export async function personAt(scene: WholeService, at = 0): Promise<Person> {
  const { holders } = await phone(scene, 'holders')
  const found = membersOf(Array.isArray(holders) ? holders[at] : null)
  const text = (name: string): string => String(found[name])
  return { idType: text('idType'), idNo: text('idNo'), name: text('name'), cardNo: text('cardNo') }
}

let bills = 0

export function billWith({ sandbox }: WholeService, suffix = ''): string {
  bills += 1
  const billNo = `MZ20261121${String(bills).padStart(6, '0')}${suffix === '' ? '' : `-${suffix}`}`
  addBill(sandbox.context, { billNo, businessType: 'consultation' })
  return billNo
}

export async function begin(scene: WholeService, wish: object) {
  return scene.his('POST', '/his/one-card/payments', wish)
}

/** Online, by the first holder. @returns orderNo */
export async function payOnline(scene: WholeService, billNo: string): Promise<string> {
  const holder = sealed(scene, await personAt(scene))
  const { status, body } = await begin(scene, { kind: 'online', billNo, holder })
  must(status < 300, `支付请求被拒绝：${JSON.stringify(body)}`)
  return String(body['orderNo'])
}

export const look = async ({ his }: WholeService, orderNo: string): Promise<Told> =>
  (await his('GET', `/his/one-card/payments/${orderNo}`)).body

/** Paid ends when HIS knows too. */
export async function endsAs(scene: WholeService, orderNo: string, status: string): Promise<void> {
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
  { sandbox }: WholeService,
  service: Provided,
  content: object,
  aheadMs = 0,
): Message {
  const { world, parameters } = sandbox.context
  const clock = { ...world, now: () => world.now() + aheadMs }
  return createGateway(clock, parameters.oneCard).call(service, content)
}

export async function say(
  scene: WholeService,
  service: Provided,
  { headers, body }: Message,
): Promise<Told> {
  return (await anybody(scene, PATHS[service], { headers, body })).told
}
