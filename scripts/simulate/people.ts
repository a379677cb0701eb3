/** Who uses the hospital: patients of every temper, and desks that know nothing of them. */
import { findMixed } from '../../src/sandbox/bank/book.ts'
import { sendForged } from '../../src/sandbox/bank/notices.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { MISBEHAVIOURS } from '../../src/sandbox/scenario.ts'
import {
  atDesk,
  insists,
  isObject,
  once,
  onPhone,
  openidOf,
  type Person,
  wordOf,
} from './speech.ts'
import type { Simulated } from './world.ts'
import { ARRIVALS_MS } from './weather.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** One bill in so many meets an upstream that misbehaves by itself, as the sandbox can. */
const MISBEHAVING = 0.12

/** Money that must go back, insurance that settles late, notices that never come, relatives: more often. */
const OFTEN = ['F01', 'F02', 'F03', 'F28', 'F28', 'F28', 'F28', 'F37', 'F41']
/** Where 6203 `ALL` returns the own money too, it does so for everybody. */
const WHOLE = 'R12'
const CODES = [
  ...Object.keys(MISBEHAVIOURS).filter((code) => code !== WHOLE),
  ...Array.from({ length: 5 }, () => OFTEN).flat(),
]

/** Puts the bill on the desk and lets its patient come some time. */
export function arrives(world: Simulated, no: number): { billNo: string; done: Promise<void> } {
  const { chance } = world
  const split = chance.pick(['M', 'M', 'M', 'I', 'S'])
  const usual = world.settings.REFUND_ALL_RETURNS_CASH === 'yes' ? WHOLE : ''
  const code = chance.hits(MISBEHAVING) ? (CODES[chance.between(0, CODES.length)] ?? '') : usual
  const billNo = `MZ20261120${String(no).padStart(6, '0')}-${split}${code}`
  const bill = addBill(world.bank.context, { billNo, businessType: 'consultation' })
  return { billNo, done: visit({ world, bill }) }
}

async function visit(person: Person): Promise<void> {
  const { time, chance } = person.world
  await time.sleep(chance.between(0, ARRIVALS_MS))
  const others: Promise<void>[] = []
  for (const name of ['窗口3', '窗口5']) if (chance.hits(0.06)) others.push(desk(person, name))
  if (chance.hits(0.08)) others.push(after(person, 20 * MINUTE, () => pays(person)))
  await pays(person)
  if (chance.hits(0.1)) others.push(after(person, 40 * MINUTE, () => pays(person)))
  if (chance.hits(0.35)) others.push(asksBack(person))
  await Promise.all(others)
}

async function after(
  { world: { time, chance } }: Person,
  mostMs: number,
  work: () => Promise<void>,
): Promise<void> {
  await time.sleep(chance.spread(10, mostMs))
  await work()
}

// ---------------------------------------------------------------- the patient

/** One walk through steps 1 to 13, with the patience and the mistakes of people. */
async function pays(person: Person): Promise<void> {
  const { chance, time } = person.world
  const payMode = chance.hits(0.75) ? 'insurance' : 'self-pay'
  const channel = chance.pick(['wechat', 'wechat', 'alipay'])
  const opened = await insists(person, 'post', '/api/orders', {
    body: { billNo: person.bill.billNo, channel, surface: 'mini-program', payMode },
  })
  const id = opened?.body['id']
  if (typeof id !== 'string') return
  await time.sleep(chance.spread(200, chance.hits(0.05) ? HOUR : MINUTE))
  if (payMode === 'insurance' && !(await authorises(person, id))) return
  if (chance.hits(0.05)) await cancels(person, id)
  await time.sleep(chance.spread(200, chance.hits(0.05) ? HOUR : MINUTE))
  const cashier = await checksOut(person, id)
  if (cashier === null) return
  await atTheCashier(person, id, cashier)
}

async function authorises(person: Person, id: string): Promise<boolean> {
  const { chance, time } = person.world
  for (let tries = 0; tries < 4; tries += 1) {
    const jump = await insists(person, 'post', '/api/orders/{id}/authorization', { id })
    if (jump?.status !== 200) return false
    await time.sleep(chance.spread(500, MINUTE))
    const code = await onPhone(person, '/authorise', {
      billNo: person.bill.billNo,
      openid: openidOf(person),
      jump: jump.body,
    })
    const body = { state: jump.body['state'], authCode: code?.['authCode'] }
    const result = await insists(person, 'post', '/api/orders/{id}/pre-settlement', { id, body })
    if (result?.status === 200) return true
    if (chance.hits(0.2)) return false
  }
  return false
}

async function checksOut(person: Person, id: string): Promise<Record<string, unknown> | null> {
  const { chance, time } = person.world
  for (let tries = 0; tries < 6; tries += 1) {
    const answer = await insists(person, 'post', '/api/orders/{id}/payment', { id })
    const cashier = answer?.body['cashier']
    if (isObject(cashier)) return cashier
    if (answer?.status !== 202 && answer?.status !== 503) return null
    await time.sleep(chance.spread(1_000, 20_000))
  }
  return null
}

/** At once, late, twice, never; and home again with or without a look at the result. */
async function atTheCashier(
  person: Person,
  id: string,
  cashier: Record<string, unknown>,
): Promise<void> {
  const { chance, time, weather, bank } = person.world
  const mixed = findMixed(bank, wordOf(cashier['mixTradeNo']))
  if (mixed !== null && chance.hits(weather.forged))
    void after(person, 20 * MINUTE, () => sendForged(bank, mixed))
  const cancel = chance.hits(0.12) ? after(person, 30 * MINUTE, () => cancels(person, id)) : null
  const twice = chance.hits(0.06)
    ? after(person, 10 * MINUTE, async () => void (await onPhone(person, '/pay', cashier)))
    : null
  if (chance.hits(0.88)) {
    await time.sleep(chance.spread(1_000, chance.hits(0.12) ? 3 * HOUR : 2 * MINUTE))
    await onPhone(person, '/pay', cashier)
  }
  if (chance.hits(0.6)) await returns(person, id)
  await Promise.all([cancel, twice])
}

async function returns(person: Person, id: string): Promise<void> {
  const { chance, time } = person.world
  for (let looks = chance.between(1, 4); looks > 0; looks -= 1) {
    await time.sleep(chance.spread(500, MINUTE))
    const path = chance.hits(0.7) ? '/api/orders/{id}/refresh' : '/api/orders/{id}'
    await once(person, path === '/api/orders/{id}' ? 'get' : 'post', path, { id })
  }
}

async function cancels(person: Person, id: string): Promise<void> {
  await once(person, 'post', '/api/orders/{id}/cancellation', { id })
}

/** By the patient or by the hospital, once or twice, everything or a part of it. */
async function asksBack(person: Person): Promise<void> {
  const { chance, time, q } = person.world
  await time.sleep(chance.spread(100, 3 * HOUR))
  const { billNo } = person.bill
  for (let times = chance.pick([1, 1, 1, 2, 3]); times > 0; times -= 1) {
    const order: { id: string; self_pay_fen: number } | undefined = await time.busy(() =>
      q('orders').where({ bill_no: billNo }).orderBy('id', 'desc').first('id', 'self_pay_fen'),
    )
    if (order === undefined) return
    const part = chance.hits(0.3) && order.self_pay_fen > 1
    const amount = part ? { amountFen: chance.between(1, order.self_pay_fen) } : {}
    const wish = { reason: '未就诊', ...amount }
    if (chance.hits(0.5))
      await once(person, 'post', '/api/orders/{id}/refunds', { id: order.id, body: wish })
    else
      await atDesk(person, '/his/refunds', {
        ...wish,
        billNo,
        refundNo: `R${billNo}-${times}`,
        operator: '窗口',
      })
    await time.sleep(chance.spread(10, HOUR))
  }
}

// ---------------------------------------------------------------- the desk

/** A clerk takes the same bill: most ask first whether somebody is paying it, some do not. */
async function desk(person: Person, name: string): Promise<void> {
  const { world, bill } = person
  const { chance, time } = world
  await time.sleep(chance.spread(100, 30 * MINUTE))
  const asks = chance.hits(0.8)
  const until = new Date(time.now() + 10 * MINUTE).toISOString()
  const params = { billNo: bill.billNo }
  const locked = asks
    ? await atDesk(person, '/his/bills/{billNo}/lock', { desk: name, until }, params)
    : null
  if (asks && locked?.status !== 200) return
  await time.sleep(chance.spread(1_000, 5 * MINUTE))
  if (bill.status !== 'unpaid' || bill.hold !== null) return
  bill.status = 'paid'
  world.tell(bill.billNo, `${name} takes the money${asks ? '' : ' without asking'}`)
}
