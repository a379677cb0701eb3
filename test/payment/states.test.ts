import { describe, expect, it } from 'vitest'
import {
  isFinal,
  mayFollow,
  ORDER_STATES,
  type OrderState,
  STATES,
} from '../../src/payment/states.ts'

/** Every move that may ever be made, listed apart from the table; all other pairs are forbidden. */
const ALLOWED = new Set<`${OrderState} > ${OrderState}`>([
  'created > pre-settling',
  'created > closed',
  'pre-settling > created',
  'pre-settling > pre-settled',
  'pre-settling > failed',
  'pre-settling > closed',
  'pre-settling > needs-review',
  'pre-settled > created',
  'pre-settled > ordering',
  'pre-settled > closed',
  'ordering > awaiting-payment',
  'ordering > failed',
  'ordering > closed',
  'ordering > needs-review',
  'awaiting-payment > processing',
  'awaiting-payment > paid',
  'awaiting-payment > failed',
  'awaiting-payment > closed',
  'awaiting-payment > refunding',
  'awaiting-payment > needs-review',
  'processing > paid',
  'processing > failed',
  'processing > closed',
  'processing > refunding',
  'processing > needs-review',
  'paid > refunding',
  'paid > needs-review',
  'refunding > paid',
  'refunding > refunded',
  'refunding > needs-review',
  'refunded > needs-review',
  'failed > needs-review',
  'closed > needs-review',
  'closed > paid',
  'closed > refunding',
  'needs-review > paid',
  'needs-review > failed',
  'needs-review > refunding',
  'needs-review > refunded',
  'needs-review > closed',
])

/** Who moves an order that no recovery of the worker moves. */
const OWNER: Partial<Record<OrderState, 'open intent' | 'work item'>> = {
  refunding: 'open intent',
  'needs-review': 'work item',
}

const PAIRS = ORDER_STATES.flatMap((from) => ORDER_STATES.map((to) => ({ from, to })))

describe('moves', () => {
  it.each(PAIRS)('from $from to $to', ({ from, to }) =>
    expect(mayFollow(from, to)).toBe(ALLOWED.has(`${from} > ${to}`)),
  )

  it('[SC-H03] never lead from one end to another except through a person', () => {
    for (const from of ['refunded', 'failed'] as const)
      expect(STATES[from].next).toEqual(['needs-review'])
    expect(STATES.paid.next).toEqual(['refunding', 'needs-review'])
  })

  it('[SC-H03] re-open a closed order only for money', () => {
    expect(STATES.closed.next.toSorted()).toEqual(['needs-review', 'paid', 'refunding'])
  })

  it('never lead back from the cashier to before the bank knew the order', () => {
    for (const from of ['awaiting-payment', 'processing', 'paid', 'closed', 'refunding'] as const)
      for (const to of ['created', 'pre-settling', 'pre-settled', 'ordering'] as const)
        expect(mayFollow(from, to)).toBe(false)
  })

  it('reach every state from an order with insurance', () => {
    expect(reachableFrom('created')).toEqual(new Set(ORDER_STATES))
  })
})

function reachableFrom(start: OrderState): Set<OrderState> {
  const seen = new Set<OrderState>([start])
  for (const state of seen) for (const next of STATES[state].next) seen.add(next)
  return seen
}

describe.each(ORDER_STATES)('an order that is %s', (state) => {
  const rule = STATES[state]

  it('has a recovery, an owner, or nothing left to do', () => {
    const moves = rule.recovery !== 'nothing'
    const owner = OWNER[state]
    expect([moves, owner !== undefined, isFinal(state)].filter(Boolean)).toHaveLength(1)
  })

  it('[SC-P13] shows a status of the contract and a Chinese sentence', () => {
    expect(rule.text).toMatch(/^[\u4e00-\u9fff，。、]+$/)
    expect(rule.shows).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(rule.means).not.toBe('')
  })

  it('[SC-P02] holds its bill as long as money may be held or may still come', () => {
    const over = state === 'failed' || state === 'closed' || state === 'refunded'
    expect(rule.holdsBill).toBe(!over)
  })
})

it('[SC-P13] a payment that nobody knows the result of shows processing, not failed', () => {
  expect(STATES.processing.shows).toBe('processing')
  expect(STATES.ordering.shows).toBe('processing')
  expect(STATES.paid.shows).toBe('paid')
  const shownAsPaid = ORDER_STATES.filter((state) => STATES[state].shows === 'paid')
  expect(shownAsPaid).toEqual(['paid'])
})
