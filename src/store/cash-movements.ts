/** Money that moved, from every table that knows of some (`reconciliation/cash-proof.ts`). */
import type { Knex } from 'knex'
import { fen } from '../payment/money.ts'
import {
  closedAt,
  DIRECTIONS,
  type Leg,
  LEGS,
  type Movement,
} from '../reconciliation/cash-proof.ts'
import { dayAfter, dayBefore, startOf } from '../reconciliation/days.ts'
import { oneOf, textOf } from './columns.ts'
import { type Db, toNumber } from './database.ts'

/** Payments less refunds that were booked before this day begins, by leg. */
export async function heldBefore(db: Db, date: string): Promise<Record<Leg, number>> {
  const rows = await movements(db)
    .where('own_at', '<', startOf(date))
    .where('known_at', '<', closedAt(dayBefore(date)))
    .groupBy('leg', 'direction')
    .select<Record<string, unknown>[]>('leg', 'direction')
    .sum('amount_fen as sum_fen')
  const held = Object.fromEntries(LEGS.map((leg) => [leg, 0])) as Record<Leg, number>
  for (const row of rows) {
    const direction = oneOf(DIRECTIONS, row['direction'])
    const amount = toNumber(row['sum_fen'])
    held[oneOf(LEGS, row['leg'])] += direction === 'payment' ? amount : 0 - amount
  }
  return held
}

/** Everything that belongs to the day, and what of days before became known since they were closed. */
export async function of(db: Db, date: string): Promise<Movement[]> {
  const rows = await movements(db)
    .where('own_at', '<', startOf(dayAfter(date)))
    .where(
      (either) =>
        void either
          .where('own_at', '>=', startOf(date))
          .orWhere('known_at', '>=', closedAt(dayBefore(date))),
    )
    .select<Record<string, unknown>[]>('*')
  return rows.map((row) => ({
    leg: oneOf(LEGS, row['leg']),
    direction: oneOf(DIRECTIONS, row['direction']),
    amountFen: fen(toNumber(row['amount_fen'])),
    number: textOf(row['number']),
    at: toNumber(row['own_at']),
    knownAt: toNumber(row['known_at']),
  }))
}

/**
 * What the bank took back after it was returned stays a refund of its day, and adjusts the day on
 * which that was found. Own money (refund) of an automatic return (§8 a) has no row among the refunds, and is the order's
 * whole self-pay part. T0 and the ends of a refund's steps rest in JSON.
 */
const SOURCES: readonly string[] = [
  payment('self-pay', 'self_pay_fen', {
    number: 'coalesce(attempts.out_trade_no, orders.id)',
    taken: `orders.self_pay in ('paid', 'refunding', 'refunded')`,
    knownBy: `events.what = 'self-pay-seen'`,
  }),
  payment('insurance', 'fund_fen + orders.account_fen + orders.other_fen', {
    number: 'coalesce(attempts.pay_ord_id, orders.id)',
    taken: `orders.insurance in ('settled', 'refunding', 'refunded')`,
    knownBy: 'false',
  }),
  refund('self-pay', 'self_pay_fen', '$."self-pay"'),
  refund('insurance', 'fund_fen + refunds.account_fen + refunds.other_fen', '$.insurance'),
  `select 'self-pay' as leg, 'refund' as direction, orders.self_pay_fen as amount_fen,
    intents.number as number, intents.closed_at as own_at, intents.closed_at as known_at
  from intents join orders on orders.id = intents.order_id
  where intents.effect = 'refund-self-pay' and intents.state = 'done'
    and not exists (select 1 from refunds where refunds.order_id = orders.id)
    and not exists (select 1 from returns_taken_back as back
      where back.number = intents.number and back.returned_at = intents.closed_at)`,
  `select 'self-pay', 'refund', amount_fen, number, returned_at, returned_at
  from returns_taken_back`,
  `select 'self-pay', 'payment', amount_fen, number, returned_at, taken_back_at
  from returns_taken_back`,
  `select 'one-code', 'payment', self_pay_fen, coalesce(out_trade_no, id),
    coalesce(charged_at, paid_at), coalesce(known_at, paid_at)
  from one_code_payments where state = 'paid'`,
  `select 'hrss-pay', 'payment', amount_fen, mch_order_id, paid_at,
    coalesce((select min(events.at) from events where events.order_id = hrss_payments.id
      and events.to_state in ('paid', 'refunded')), paid_at)
  from hrss_payments where paid_at is not null`,
  `select 'hrss-pay', 'refund', amount_fen, number, returned_at, coalesce(known_at, returned_at)
  from hrss_refunds where state = 'returned'`,
  `select 'one-card', 'payment', amount_fen, order_no, paid_at, coalesce(known_at, paid_at)
  from one_card_payments where state = 'paid'`,
]

interface Taken {
  readonly number: string
  readonly taken: string
  /** Besides an order that is paid: which event says that this leg's money is there. */
  readonly knownBy: string
}

/**
 * Known from the event that says so; `paid_at` is the bank's own time. Money that people returned
 * before anybody called it paid was found to have been taken by that return.
 */
function payment(leg: Leg, amount: string, { number, taken, knownBy }: Taken): string {
  return `select '${leg}' as leg, 'payment' as direction, orders.${amount} as amount_fen,
    ${number} as number,
    case when attempts.plain like '%"t0":null%' then orders.created_at
      else coalesce(cast(json_extract(attempts.plain, '$.t0') as signed), orders.created_at)
    end as own_at,
    coalesce((select min(events.at) from events where events.order_id = orders.id
      and (events.to_state in ('paid', 'refunding', 'refunded') or ${knownBy})),
      orders.paid_at, orders.created_at) as known_at
  from orders join attempts on attempts.order_id = orders.id and attempts.no = orders.attempt_no
  where ${taken}`
}

/** What went back elsewhere, and is booked to its order days later, is known since it was booked. */
function refund(leg: Leg, amount: string, step: string): string {
  const at = `cast(json_extract(refunds.done, '${step}') as signed)`
  return `select '${leg}' as leg, 'refund' as direction, refunds.${amount} as amount_fen,
    refunds.number as number, ${at} as own_at,
    case when refunds.created_at > ${at} then refunds.created_at else ${at} end as known_at
  from refunds where json_extract(refunds.done, '${step}') is not null`
}

const movements = (db: Db): Knex.QueryBuilder =>
  db.q.from(db.q.raw(`(${SOURCES.join('\nunion all\n')}) as movements`)).where('amount_fen', '>', 0)
