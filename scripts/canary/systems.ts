/** The other systems: everything that they carry about a person, and each of their codes and tokens. */
import { randomBytes } from 'node:crypto'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { anybody, type Scene } from '../matrix/systems/case.ts'
import * as hrss from '../matrix/systems/hrss-desk.ts'
import * as oneCard from '../matrix/systems/one-card-desk.ts'
import * as oneCode from '../matrix/systems/one-code-desk.ts'
import { type CanaryPerson, canariesOf, inventCanary } from './people.ts'
import type { Canary } from './search.ts'

/** Suffixes: `src/sandbox/{one-code,hrss-pay,one-card}`. */
const ONE_CODE = 'MY LY MY02 MY07 MY09 MY12 MY13 MY24 MYC500319'
const HRSS = ' S03 S20 S22 S26 S27 S28 S34R S36'
const ONE_CARD = ' K28 K51 K53 K55 K56 K57'
const OVER = /^(paid|declined|refunded|closed|failed|needs-review)$/
const PATIENCE_MS = 15_000
const LOOK_EVERY_MS = 200

interface Visit {
  readonly scene: Scene
  readonly plant: (what: string, text: string) => string
  readonly person: (where: string) => CanaryPerson
}

/** @returns how every bill came to rest */
export async function otherSystems(scene: Scene, canaries: Canary[]): Promise<Map<string, string>> {
  const plant = (what: string, text: string): string => {
    canaries.push({ what, text })
    return text
  }
  const person = (where: string): CanaryPerson => {
    const invented = inventCanary()
    canaries.push(...canariesOf(invented, where))
    return invented
  }
  const visit: Visit = { scene, plant, person }
  const rested = new Map<string, string>()
  for (const pays of [atCounter, bySocialSecurityCard, byOneCard])
    for (const [billNo, status] of await pays(visit)) rested.set(billNo, status)
  await oneCardBesidePayments(visit)
  await misbehaveThere(visit)
  for (const payCert of scene.sandbox.context.registry.payCerts.keys()) plant('payCert', payCert)
  return rested
}

const secretText = (): string => randomBytes(12).toString('hex')

const patientOf = ({ name, idNo, phone }: CanaryPerson) => ({ name, idType: '01', idNo, phone })

/** As it stands once it is over, or nobody waits any longer. */
async function rests(look: () => Promise<unknown>): Promise<string> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    const status = String(await look())
    if (OVER.test(status) || performance.now() > end) return status
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

async function atCounter({ scene, plant, person }: Visit): Promise<[string, string][]> {
  const pays = async (suffix: string): Promise<[string, string]> => {
    const billNo = oneCode.counterBill(suffix)
    const patient = patientOf(person(billNo))
    addBill(scene.sandbox.context, { billNo, businessType: 'consultation', patient })
    const token = plant(`ecToken of ${billNo}`, await oneCode.scan(scene, billNo))
    const operator = { id: 'C0101', name: person(`operator of ${billNo}`).name }
    const wish = { ...oneCode.wishFor(billNo, token), operator }
    const { device } = oneCode.wishFor(billNo, token)
    await scene.his('POST', '/his/one-code-offers', { token, operator, device })
    const { body } = await scene.his('POST', oneCode.PAYMENTS, wish)
    await scene.his('POST', oneCode.PAYMENTS, { ...wish, operator: { ...operator, id: 'C0999' } })
    return [billNo, await rests(async () => (await oneCode.resultOf(scene, body['id']))['status'])]
  }
  return Promise.all(ONE_CODE.split(' ').map(pays))
}

async function bySocialSecurityCard({ scene, plant, person }: Visit): Promise<[string, string][]> {
  const pays = async (suffix: string): Promise<[string, string]> => {
    const billNo = hrss.billWith(scene, suffix, patientOf(person(`hrss ${suffix}`)))
    const qrCode = plant(`qrCode of ${billNo}`, secretText())
    const { body } = await hrss.begin(scene, { billNo, way: 'presented', qrCode })
    const payment = { id: String(body['id']) }
    await hrss.phone(scene, 'pay', { mchOrderId: body['mchOrderId'] })
    const status = await rests(async () => (await hrss.look(scene, payment)).status)
    const wish = { refundNo: 'T1', amountFen: body['amountFen'] }
    if (status !== 'paid') return [billNo, status]
    await hrss.refund(scene, await hrss.look(scene, payment), wish)
    const isBack = async () => {
      const { status: now } = await hrss.look(scene, payment)
      return now === 'paid' ? 'open' : now
    }
    return [billNo, await rests(isBack)]
  }
  await asksByPerson({ scene, plant, person })
  return Promise.all(HRSS.split(' ').map(pays))
}

/** 5.1 and 6.3: the platform asks whose orders are unpaid, and pushes a cashier. */
async function asksByPerson({ scene, plant, person }: Visit): Promise<void> {
  const patient = patientOf(person('a static code'))
  await hrss.begin(scene, { billNo: hrss.billWith(scene, '', patient), way: 'static' })
  // Refused: it has no payment, and is nowhere to be found.
  await hrss.begin(scene, { billNo: hrss.billWith(scene, 'S24', patient), way: 'dynamic' })
  const { idType: idTypeOrder, idNo: idNumberOrder } = patient
  const url = `${scene.serviceUrl}${hrss.QUESTIONS}`
  await hrss.phone(scene, 'merchant-orders', { url, idTypeOrder, idNumberOrder })
  const qrCode = plant('code of a pushed cashier', secretText())
  const page = { url: 'https://cashier.hrss.example/x', appid: 'wx1', path: '/p' }
  const body = hrss.spoken(scene, { type: 'miniProgram', ...page, qrCode })
  await anybody(scene, '/callbacks/hrss-pay/cashier', { body })
  await scene.his('POST', '/his/hrss-cashiers', { qrCode })
}

/** A holder of a card whom nobody can mistake. */
async function holderOf({ scene, plant, person }: Visit, where: string) {
  const { name, idNo } = person(where)
  const cardNo = plant(`card of ${where}`, `4300${randomBytes(7).readUInt32BE()}${Date.now()}`)
  const { holder } = await oneCard.phone(scene, 'join', { name, idNo, cardNo })
  return { idType: '01', name, idNo, cardNo, holder }
}

async function byOneCard(visit: Visit): Promise<[string, string][]> {
  const { scene, plant } = visit
  const pays = async (suffix: string): Promise<[string, string][]> => {
    const payer = await holderOf(visit, `one-card ${suffix}`)
    const transactionCode = plant(`transactionCode ${suffix}`, secretText())
    const card = { transactionCode }
    const online = { kind: 'online', holder: oneCard.sealed(scene, payer), card }
    const { code } = await oneCard.phone(scene, 'show', { holder: payer.holder })
    const scanned = { kind: 'scanned', code: plant(`pay code ${suffix}`, String(code)) }
    const wishes = [online, scanned, { kind: 'shown' }]
    return Promise.all(
      wishes.map(async (wish): Promise<[string, string]> => {
        const billNo = oneCard.billWith(scene, suffix)
        const { body } = await oneCard.begin(scene, { billNo, ...wish })
        const orderNo = String(body['orderNo'])
        const scan = body['qr'] === null ? {} : { qr: body['qr'] }
        await oneCard.phone(scene, 'pay', { orderNo, ...scan })
        return [billNo, await rests(async () => (await oneCard.look(scene, orderNo))['status'])]
      }),
    )
  }
  return (await Promise.all(ONE_CARD.split(' ').map(pays))).flat()
}

async function oneCardBesidePayments(visit: Visit): Promise<void> {
  const { scene, plant, person } = visit
  const { his } = scene
  const holder = await holderOf(visit, 'one-card identity')
  const seal = (text: string): string => oneCard.seal(scene, text)
  const named = oneCard.sealed(scene, holder)
  const { name, idNo, cardNo } = holder
  await his('POST', '/his/one-card/names', named)
  await his('POST', '/his/one-card/names', { ...named, name: seal(person('another').name) })
  const card = { idType: '01', idNo: seal(idNo), name: seal(name), cardNo: seal(cardNo) }
  await his('POST', '/his/one-card/cards', card)
  const { code } = await oneCard.phone(scene, 'show', { holder: holder.holder })
  const shown = { code: plant('shown code', String(code)), expectedIdNo: seal(idNo) }
  for (let times = 0; times < 2; times += 1) await his('POST', '/his/one-card/shown-codes', shown)
  const session = plant('session of a check', secretText())
  const check = { session, businessType: '门诊缴费' }
  const scan = await his('POST', '/his/one-card/checks', { kind: 'scan', ...check })
  await his('POST', '/his/one-card/checks', { kind: 'presence', holder: named, ...check })
  await oneCard.phone(scene, 'authorise', { qr: scan.body['qr'], holder: holder.holder })
  const path = `/his/one-card/checks/${String(scan.body['id'])}`
  await his('GET', `${path}?session=${session}`)
  await his('POST', `${path}/use`, { ...check, expectedIdNo: seal(idNo) })
  const detail = plant('detail of a card use', secretText())
  const use = { ...(await oneCard.useOf(scene)), ...named, detail }
  await his('POST', '/his/one-card/uses', use)
  const batch = oneCard.grantOf(scene, '医疗救助-K58', `B${secretText()}`)
  const rows = batch.rows.map((row) => ({ ...row, idNo: seal(idNo), name: seal(name) }))
  await his('POST', '/his/one-card/grants', { ...batch, rows })
  await oneCard.phone(scene, 'rights', { content: { name, socialSecurityNo: idNo } })
}

/** What is refused: it must not come back, nor rest anywhere. */
async function misbehaveThere({ scene, person }: Visit): Promise<void> {
  const { name, idNo, phone, openid } = person('a careless HIS')
  const wrong = { billNo: `${name}${idNo}`, token: openid.repeat(3), kind: phone, name, idNo }
  const wishes = [wrong, { ...wrong, holder: { name, socialSecurityNo: idNo } }, [name, idNo]]
  const paths = ['one-code-payments', 'one-code-offers', 'hrss-payments', 'hrss-cashiers']
  const cards = ['names', 'cards', 'shown-codes', 'checks', 'uses', 'grants', 'payments']
  for (const wish of wishes)
    for (const path of [...paths, ...cards.map((one) => `one-card/${one}`)])
      await scene.his('POST', `/his/${path}`, wish)
  await scene.his('POST', '/his/one-card/names', { name, socialSecurityNo: idNo })
  await scene.his('GET', `/his/one-card/payments/${idNo}`)
  await scene.his('GET', `/his/hrss-payments/${idNo}`)
  const body = JSON.stringify({ name, socialSecurityNo: idNo, phone, openid })
  const callbacks = ['hrss-pay/order', 'hrss-pay/cashier', 'one-card/payment', 'collection/charge']
  const questions = ['/one-card/rights', '/one-card/orders', '/hrss-pay/merchant-orders']
  for (const path of [...callbacks.map((one) => `/callbacks/${one}`), ...questions])
    await anybody(scene, path, { body, headers: { 'powerdtp-ak': idNo } })
}
