/** Plays one schedule to its end, and looks at what everybody says then. */
import type { Knex } from 'knex'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { readBooks } from '../simulate/books.ts'
import { calmDay } from '../simulate/calm.ts'
import { emptyStore } from '../simulate/database.ts'
import { endings } from '../simulate/endings.ts'
import { alwaysHolds, isStored, type Violation } from '../simulate/invariants.ts'
import { insists, isObject, once, onPhone, openidOf, type Person } from '../simulate/speech.ts'
import { timeline } from '../simulate/timeline.ts'
import type { Simulated } from '../simulate/world.ts'
import { type Hospital, openHospital } from './hospital.ts'
import { type Happening, nameOf, type Schedule } from './schedules.ts'

const MINUTE = 60_000
/** After so long nothing of an event is under way any more, the lease of a dead process neither. */
const SETTLED_MS = 40_000
const HOUR = 60 * MINUTE
/** A refund is asked about for seven days after it came back; then nothing of an order is open. */
const LONGEST_MS = 9 * 24 * HOUR

export interface Played {
  readonly name: string
  /** Points at which a death could be told from one before it; how many of them come before the cashier. */
  readonly deaths: { readonly all: number; readonly early: number }
  /** Whether there was a message left during which the next could happen. */
  readonly hasMet: boolean
  readonly ending: string
  readonly violations: readonly Violation[]
  readonly story: string | null
}

/** @param isTold whether a schedule that went well is told, too */
export async function play(q: Knex, schedule: Schedule, isTold = false): Promise<Played> {
  const { trouble, happenings } = schedule
  await emptyStore(q)
  const hospital = await openHospital(q, {
    diesAt: trouble.kind === 'death' ? trouble.at : null,
    isCalm: trouble.kind === 'none' && happenings[0] === 'question',
  })
  const { world } = hospital
  const billNo = `MZ20261120000001-${schedule.share}`
  const bill = addBill(world.bank.context, { billNo, businessType: 'consultation' })
  const found = watched(world)
  const visit: Visit = { hospital, person: { world, bill }, schedule, early: 0, met: null }
  let isOver = false
  void pay(visit).then(() => (isOver = true))
  await world.time.runUntil(() => isOver, world.weather.beginsAt + 12 * HOUR)
  if (!isOver) found.push({ billNo, rule: 'everybody goes home', what: 'still there' })
  await untilNothingIsDue(world)
  const books = await readBooks(q)
  found.push(...endings(world, books), ...calmDay(world, books))
  for (const what of hospital.forgotten) found.push({ billNo, rule: 'nobody is forgotten', what })
  world.process()?.life.kill()
  return {
    name: nameOf(schedule),
    deaths: { all: hospital.deaths(), early: visit.early },
    hasMet: visit.met !== null,
    ending: books.orders.map(({ state }) => state).join('+'),
    violations: distinct(found),
    story: found.length === 0 && !isTold ? null : await timeline(world, billNo),
  }
}

function watched(world: Simulated): Violation[] {
  const found: Violation[] = []
  const { calls } = world.bank.context.world
  let seen = 0
  world.watch = () => {
    const touched = new Set(calls.slice(seen).map(({ billNo }) => billNo))
    seen = calls.length
    found.push(...alwaysHolds(world, touched))
  }
  world.promised = (path, body) =>
    void world.time.busy(async () => {
      if (!(await isStored(world.q, path, body)))
        found.push({ billNo: null, rule: 'acknowledged is stored', what: path })
    })
  return found
}

const distinct = (found: readonly Violation[]): Violation[] => [
  ...new Map(found.map((one) => [JSON.stringify(one), one])).values(),
]

const DUE = `select min(at) as at from (
  select min(due_at) as at from orders union all
  select min(ready_at) as at from inbox where state = 'new' and order_id is not null)`

async function untilNothingIsDue({ time, q, weather }: Simulated): Promise<void> {
  for (;;) {
    await time.runUntil(() => false, time.now() + MINUTE)
    const [row]: { at: number | null }[] = await q.raw(DUE)
    const at = row?.at ?? null
    if (at === null || at > weather.beginsAt + LONGEST_MS) return
    await time.runUntil(() => false, Math.max(at, time.now()))
  }
}

// ---------------------------------------------------------------- the patient

interface Visit {
  readonly hospital: Hospital
  readonly person: Person
  readonly schedule: Schedule
  early: number
  met: Promise<void> | null
}

interface Opened {
  readonly id: string
  readonly cashier: Record<string, unknown> | null
}

async function pay(visit: Visit): Promise<void> {
  const { schedule, hospital, person } = visit
  const { wire } = hospital
  const { happenings } = schedule
  const opened = await toTheCashier(person)
  visit.early = hospital.deaths()
  if (opened === null || !happenings.includes('notice')) wire.notices(false)
  if (opened === null) return
  for (let at = 0; at < happenings.length;) at += await happenFrom(visit, opened, at)
  wire.isAnswering = true
}

/** @returns how much has happened: two things where they meet, else one. */
async function happenFrom(visit: Visit, opened: Opened, at: number): Promise<number> {
  const { schedule, hospital } = visit
  const { wire, world } = hospital
  const { happenings, trouble } = schedule
  const next = happenings[at + 1]
  const meets = trouble.kind === 'overlap' && trouble.after === at
  const begins = (): void => {
    if (!meets || next === undefined) return
    wire.meet(trouble.at, () => {
      visit.met = happen(visit, opened, next, () => {})
    })
  }
  const happening = happenings[at]
  if (happening !== undefined) await happen(visit, opened, happening, begins)
  await world.time.sleep(SETTLED_MS)
  wire.meetNoMore()
  if (!meets || visit.met === null) return 1
  await visit.met
  await world.time.sleep(SETTLED_MS)
  return 2
}

/** @param begins called once the time for it has come */
async function happen(
  { person, hospital }: Visit,
  { id, cashier }: Opened,
  happening: Happening,
  begins: () => void,
): Promise<void> {
  const { wire, world } = hospital
  if (happening === 'expires') await endOfLife(world, id)
  begins()
  world.tell(person.bill.billNo, `--- ${happening}`)
  if (happening === 'pays' && cashier !== null) await onPhone(person, '/pay', cashier)
  if (happening === 'notice') wire.notices(true)
  if (happening === 'cancels') await once(person, 'post', '/api/orders/{id}/cancellation', { id })
  if (happening !== 'question') return
  wire.isAnswering = true
  await once(person, 'post', '/api/orders/{id}/refresh', { id })
}

async function endOfLife({ time, q }: Simulated, id: string): Promise<void> {
  const order: { at: number } = await time.busy(() =>
    q('orders').where({ id }).first('expires_at as at'),
  )
  await time.sleep(order.at - time.now())
}

/** Steps 1 to 10 with the patience of people: what is not answered is tried again. */
async function toTheCashier(person: Person): Promise<Opened | null> {
  const body = { billNo: person.bill.billNo, channel: 'wechat', surface: 'mini-program' }
  const order = await insists(person, 'post', '/api/orders', {
    body: { ...body, payMode: 'insurance' },
  })
  const id = order?.body['id']
  if (typeof id !== 'string' || !(await authorises(person, id))) return null
  for (let tries = 0; tries < 6; tries += 1) {
    const answer = await insists(person, 'post', '/api/orders/{id}/payment', { id })
    const cashier = answer?.body['cashier']
    if (isObject(cashier)) return { id, cashier }
    await person.world.time.sleep(10_000)
  }
  return { id, cashier: null }
}

async function authorises(person: Person, id: string): Promise<boolean> {
  for (let tries = 0; tries < 4; tries += 1) {
    const jump = await insists(person, 'post', '/api/orders/{id}/authorization', { id })
    if (jump?.status === 200) {
      const code = await onPhone(person, '/authorise', {
        billNo: person.bill.billNo,
        openid: openidOf(person),
        jump: jump.body,
      })
      const body = { state: jump.body['state'], authCode: code?.['authCode'] }
      const result = await insists(person, 'post', '/api/orders/{id}/pre-settlement', { id, body })
      if (result?.status === 200) return true
    }
    await person.world.time.sleep(10_000)
  }
  return false
}
