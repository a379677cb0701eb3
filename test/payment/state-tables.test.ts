/** What must hold of every table of states, computed from the tables themselves. */
import { describe, expect, it } from 'vitest'
import { HRSS_STATE_RULES, HRSS_STATES } from '../../src/payment/hrss-payment.ts'
import { isOneCodeOver, ONE_CODE_RECORDS, ONE_CODE_STATES } from '../../src/payment/one-code.ts'
import { REFUND_STATES, REFUNDS } from '../../src/payment/refunds.ts'
import { isFinal, ORDER_STATES, STATES } from '../../src/payment/states.ts'

interface Table {
  readonly states: readonly string[]
  readonly next: (state: string) => readonly string[]
  /** As which a row is first written. */
  readonly begins: readonly string[]
  /** Nothing is left to do there. */
  readonly ends: (state: string) => boolean
}

function table<S extends string>(
  states: readonly S[],
  rules: Record<S, { readonly next: readonly S[] }>,
  from: { readonly begins: readonly S[]; readonly ends: (state: S) => boolean },
): Table {
  const named = (state: string): S => states.find((one) => one === state) ?? states[0]!
  return {
    states,
    next: (state) => rules[named(state)].next,
    begins: from.begins,
    ends: (state) => from.ends(named(state)),
  }
}

const TABLES = {
  orders: table(ORDER_STATES, STATES, { begins: ['created'], ends: isFinal }),
  refunds: table(REFUND_STATES, REFUNDS, {
    begins: ['checking'],
    ends: (state) => !REFUNDS[state].running,
  }),
  'one-code payments': table(ONE_CODE_STATES, ONE_CODE_RECORDS, {
    begins: ['begun'],
    ends: isOneCodeOver,
  }),
  'payments by 人社支付平台': table(HRSS_STATES, HRSS_STATE_RULES, {
    begins: ['ordering', 'offered'],
    ends: (state) => state === 'paid' || !HRSS_STATE_RULES[state].holdsBill,
  }),
} satisfies Record<string, Table>

function reached({ next }: Table, from: readonly string[]): Set<string> {
  const seen = new Set(from)
  for (const state of seen) for (const after of next(state)) seen.add(after)
  return seen
}

describe.each(Object.entries(TABLES))('the states of %s', (_, states) => {
  it('are all reached from where a row begins', () => {
    expect(reached(states, states.begins)).toEqual(new Set(states.states))
  })

  it('all lead to an end, by steps none of which leaves the table', () => {
    for (const state of states.states) {
      const after = [...reached(states, [state])]
      expect(after.some(states.ends), `${state} leads nowhere`).toBe(true)
      expect(states.states).toEqual(expect.arrayContaining(after))
    }
  })

  it('are left where they are no end', () => {
    for (const state of states.states.filter((one) => !states.ends(one)))
      expect(states.next(state), `${state} is a trap`).not.toEqual([])
  })
})
