/** What holds on a calm day beside all else: nothing is asked twice, and the bank is asked on time. */
import { gridInstants, STANDARD_SCHEDULE, tailInstants } from '../../src/payment/schedule.ts'
import { scenarioOf } from '../../src/sandbox/scenario.ts'
import type { Books } from './books.ts'
import type { Violation } from './invariants.ts'
import type { Simulated } from './world.ts'

/** Calls that change something; with nothing lost, none of them is ever made again. */
const EFFECTS = new Set([
  '6201',
  '6202',
  '6203',
  'mixed-submit',
  'refund',
  'refund-write-back',
  'self-pay-order',
  'settlement',
])
/** Somebody may hold the order for one question of theirs when the schedule's own is due. */
const LATE_MS = 6_000

export function calmDay(world: Simulated, books: Books): Violation[] {
  return world.weather.kind === 'calm' ? [...nothingTwice(world), ...onTime(world, books)] : []
}

function nothingTwice({ bank }: Simulated): Violation[] {
  return bank.context.world.calls
    .filter(({ call, result }) => EFFECTS.has(call) && result === 'repeat')
    .filter(({ billNo }) => scenarioOf(billNo).misbehaviour === null)
    .map(({ billNo, call, number }) => ({
      billNo,
      rule: 'nothing lost, nothing repeated',
      what: `${call} ${number}`,
    }))
}

/** §9: the grid of 13 questions and then the tail, as long as the order is open. */
function onTime({ bank }: Simulated, { orders, events, attempts }: Books): Violation[] {
  return attempts.flatMap((attempt) => {
    const { t0, mixTradeNo }: { t0: number | null; mixTradeNo: string | null } = JSON.parse(
      attempt.plain,
    )
    const order = orders.find(({ id }) => id === attempt.order_id)
    if (t0 === null || mixTradeNo === null || order === undefined) return []
    const end = events.find(
      ({ order_id: id, at, to_state: to }) =>
        id === order.id && at >= t0 && to !== null && !OPEN.has(to),
    )
    const asked = bank.context.world.calls.filter(
      ({ call, billNo }) => call === 'mixed-query' && billNo === order.bill_no,
    )
    const missed = [
      ...gridInstants(t0, STANDARD_SCHEDULE),
      ...tailInstants(t0, STANDARD_SCHEDULE),
    ].filter(
      (instant) =>
        instant + LATE_MS < (end?.at ?? Number.POSITIVE_INFINITY) &&
        !asked.some(({ at }) => at >= instant && at <= instant + LATE_MS),
    )
    if (missed.length === 0) return []
    const seconds = missed.map((at) => (at - t0) / 1_000).join(', ')
    return [{ billNo: order.bill_no, rule: 'asked on schedule', what: `not at T0 + ${seconds} s` }]
  })
}

const OPEN: ReadonlySet<string> = new Set(['awaiting-payment', 'processing'])
