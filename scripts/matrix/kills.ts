/** A process that is killed: after each commit it makes, and between each call and its answer. */
import { AUTOMATIC, MIXED, payThenRefund } from './refunding.ts'
import { payWithInsurance, type Row } from './row.ts'

/** Where a process may die is known only once a run was recorded: `killed after …`. */
export const namesKills = (only: string): boolean =>
  'killed'.includes(only) || only.startsWith('killed')

/** Told in the order they were first heard, each with its count: the nth is a place to die of its own. */
export function commitPoints(heard: readonly string[]): { commit: string; nth: number }[] {
  const seen = new Map<string, number>()
  return heard.map((commit) => {
    const nth = (seen.get(commit) ?? 0) + 1
    seen.set(commit, nth)
    return { commit, nth }
  })
}

/** Between intent and answer of step 4 nobody can know: the patient is told and authorises again. */
const BURNT = new Set(['authorise:intended'])

/** What is played while a process dies; a commit that two of them make is died after in the first. */
export interface Run {
  readonly label: string
  readonly suffix: string
  readonly business: Row['business']
  readonly play: Row['play']
  readonly expect: Row['expect']
}

const usual = { suffix: 'M', business: 'consultation', play: payWithInsurance } as const

export const RUNS: readonly Run[] = [
  { ...usual, label: '', expect: { status: 'paid' } },
  {
    ...usual,
    label: '（自动退款）',
    suffix: 'MF01',
    expect: { status: 'refunded', effects: { refund: 1, '6401': 1 }, calls: [AUTOMATIC] },
  },
  {
    ...usual,
    label: '（退费）',
    play: payThenRefund(payWithInsurance),
    expect: {
      status: 'refunded',
      writeBack: 'done',
      calls: MIXED,
      effects: { '6203': 1, refund: 1, 'refund-notice': 1, 'refund-write-back': 1 },
    },
  },
]

export function killedAfter(point: { commit: string; nth: number }, run: Run): Row {
  const { label, ...played } = run
  const name = point.nth === 1 ? point.commit : `${point.commit} #${point.nth}`
  const title = `killed after ${name}${label}`
  const codes = BURNT.has(point.commit) && { codes: ['authorisation-lost'] }
  return {
    ...played,
    id: title,
    title,
    on: { dieAfter: point },
    expect: { ...run.expect, ...codes },
  }
}

interface Between {
  readonly what: string
  readonly call: RegExp
  readonly suffix?: string
  readonly expect: Row['expect']
}

const BETWEEN: readonly Between[] = [
  {
    what: 'userQuery',
    call: /^POST \/wechat\/.*userQuery/,
    expect: { status: 'paid', effects: { userQuery: 2 }, codes: ['authorisation-lost'] },
  },
  {
    what: '6201',
    call: /^POST .*\/uldFeeInfo$/,
    expect: { status: 'paid', seen: ['6201 repeat'] },
  },
  {
    what: '6202',
    call: /^POST .*\/pay_order$/,
    expect: { status: 'paid', seen: ['6301 question'] },
  },
  {
    what: '步骤 8',
    call: /^POST .*\/(?:yb)?(consumepurchase\/|self-pay-orders$)/,
    expect: { status: 'paid', effects: { 'self-pay-order': 2, close: 1 } },
  },
  {
    what: '步骤 9',
    call: /^POST .*\/(submitorder\/|mimp\/mixorder\/|mixed-orders$|yborderqry\/)/,
    expect: { status: 'paid', seen: ['mixed-submit repeat'] },
  },
  {
    what: 'HIS 回写',
    call: /^POST \/his\/bills\/[^/]+\/settlements$/,
    expect: { status: 'paid', seen: ['settlement-query question'] },
  },
  {
    what: 'refund',
    call: /^POST .*\/(merrefund\/|refunds$)/,
    suffix: 'MF01',
    expect: { status: 'refunded', effects: { refund: 1, '6401': 1 }, calls: [AUTOMATIC] },
  },
]

export const KILLED_BETWEEN: readonly Row[] = BETWEEN.map(({ what, call, suffix, expect }) => ({
  id: `killed between ${what} and its answer`,
  title: `killed between ${what} and its answer`,
  business: 'consultation',
  suffix: suffix ?? 'M',
  on: { lose: { call, andDie: true } },
  play: payWithInsurance,
  expect,
}))
