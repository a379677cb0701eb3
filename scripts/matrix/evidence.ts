/** What really happened to a bill: the sandbox's call log, ledger and callbacks, and our own record. */
import { z } from 'zod'
import { type OwnRecord, readOwnRecord } from './databases.ts'
import type { ClientStep, OrderView } from './patient.ts'
import type { Service } from './stage.ts'

const CALL = z.object({
  at: z.number(),
  upstream: z.string(),
  call: z.string(),
  number: z.string(),
  result: z.enum(['effect', 'repeat', 'question', 'refused', 'lost-request']),
})
export type Call = z.infer<typeof CALL>

const ACK = z.object({
  at: z.number(),
  kind: z.string(),
  number: z.string(),
  accepted: z.boolean(),
})

const LEDGER = z.object({
  balances: z.record(z.string(), z.number()),
  cashOrders: z.array(z.object({ status: z.string(), amountFen: z.number() })),
})

export interface Evidence {
  readonly order: OrderView
  readonly calls: readonly Call[]
  readonly callbacks: readonly z.infer<typeof ACK>[]
  readonly ledger: z.infer<typeof LEDGER>
  readonly own: OwnRecord
  readonly codes: readonly string[]
  readonly steps: readonly Step[]
}

export interface Step {
  /** Number in the standard's table 2, or the paragraph that asks for it. */
  readonly no: string
  readonly call: string
  readonly number: string
}

/** Calls at the upstreams by their number in table 2, 退n in table 3; several calls may serve one step. */
const STEP_OF: Record<string, string> = {
  bill: '1',
  hold: '2',
  userQuery: '4',
  'oauth.token': '4',
  'auth.query': '4',
  '9001': '5',
  '1101': '5',
  queryPsninfobyZFB: '5',
  '6201': '6',
  '6202': '7',
  '6301': '7',
  '6401': '7',
  'self-pay-order': '8',
  'self-pay-query': '8',
  close: '8',
  'mixed-submit': '9',
  'mixed-query': '12',
  settlement: '11',
  'settlement-query': '11',
  release: '13',
  refund: '§8a',
  'refund-query': '§8a',
}

/** Once somebody asked for the money back: the steps of table 3. */
const STEP_OF_REFUND: Record<string, string> = {
  'refund-check': '退2',
  'refund-authorisation': '退3',
  '6203': '退4',
  '6301': '退4',
  'self-pay-query': '退5',
  refund: '退5',
  'refund-query': '退5',
  'refund-notice': '退6',
  'refund-write-back': '退6',
}

export async function ask<T>(url: string, shape: z.ZodType<T>): Promise<T> {
  return shape.parse(await (await fetch(url)).json())
}

export const callsOf = (sandboxUrl: string, billNo: string): Promise<Call[]> =>
  ask(`${sandboxUrl}/sandbox/calls?bill=${billNo}`, z.array(CALL))

export const callbacksOf = (sandboxUrl: string, billNo: string) =>
  ask(`${sandboxUrl}/sandbox/acks?bill=${billNo}`, z.array(ACK))

export async function gather(from: {
  sandboxUrl: string
  service: Service
  billNo: string
  order: OrderView
  client: { steps: readonly ClientStep[]; codes: readonly string[] }
}): Promise<Evidence> {
  const { sandboxUrl, billNo, order, client } = from
  const [calls, callbacks, ledger, own] = await Promise.all([
    callsOf(sandboxUrl, billNo),
    callbacksOf(sandboxUrl, billNo),
    ask(`${sandboxUrl}/sandbox/ledger?bill=${billNo}`, LEDGER),
    readOwnRecord(from.service.database, billNo),
  ])
  const steps = stepsOf(calls, callbacks, client.steps)
  return { order, calls, callbacks, ledger, own, codes: client.codes, steps }
}

/** Marks say what became of a call that had no effect of its own. */
const MARKS: Record<Call['result'], string> = {
  effect: '',
  question: '',
  repeat: '（重复，未再生效）',
  refused: '（被拒）',
  'lost-request': '（未到达）',
}

function stepsOf(
  calls: readonly Call[],
  callbacks: Evidence['callbacks'],
  client: readonly ClientStep[],
): Step[] {
  const asked = calls.find(({ call }) => call === 'refund-check')?.at ?? Number.POSITIVE_INFINITY
  const atUpstreams = calls.map(({ at, call, number, result }) => ({
    at,
    no: (at >= asked ? STEP_OF_REFUND[call] : undefined) ?? STEP_OF[call] ?? '?',
    call: `${call}${MARKS[result]}`,
    number,
  }))
  const called = callbacks.map(({ at, kind, number, accepted }) => {
    const call = `callback ${kind}${accepted ? '' : '（未被接受）'}`
    return { at, no: '11', call, number }
  })
  return [...client, ...atUpstreams, ...called]
    .toSorted((a, b) => a.at - b.at)
    .map(({ no, call, number }) => ({ no, call, number }))
}

export function count(calls: readonly Call[], call: string, result: Call['result']): number {
  return calls.filter((row) => row.call === call && row.result === result).length
}

/** Everything that changed something outside, by call. */
export function effectsOf(calls: readonly Call[]): Record<string, number> {
  const effects: Record<string, number> = {}
  for (const { call, result } of calls)
    if (result === 'effect') effects[call] = (effects[call] ?? 0) + 1
  return effects
}
