import type { App } from '../app.ts'
import type { LegReport } from '../payment/legs.ts'
import { businessDate } from '../payment/numbers.ts'
import { nextQuestion, type QuestionReason, windowIsOver } from '../payment/schedule.ts'
import { STATES } from '../payment/states.ts'
import * as transactionRecords from '../store/transaction-records.ts'
import type { MixedState } from '../upstreams/bank.ts'
import type { Answer } from '../upstreams/upstream.ts'
import { askAPerson } from './background.ts'
import { type Evidence, isAboutThisOrder } from './evidence.ts'
import { type HeldOrder, noteQuestion, takeStep } from './held-order.ts'
import { cashOrderOf, closeSelfPayOrder, prepayOf } from './self-pay-order.ts'
import { type Settled, settle } from './settle.ts'

export interface Question {
  readonly why: QuestionReason
  /** Its place on the grid or the tail; questions outside the schedule have none. */
  readonly instant?: number
  /** What was closed or revoked before this question. */
  readonly after?: Pick<Evidence, 'cash' | 'leaving' | 'reviewed'>
}

/** What a question came to, and what was said in short: a word and a cause, never data. */
export interface Asked {
  readonly settled: Settled
  readonly said: string
  /** Only of an answer about this very order. */
  readonly legs: LegReport | null
}

/** Step 12. One question to the bank and what follows from its answer; anything but a result is none. */
export async function askTheBank(app: App, held: HeldOrder, question: Question): Promise<Asked> {
  const first = await ask(app, held, question)
  const ordered = cashOrderOf(held.order)
  if (first.settled !== 'close-self-pay' || ordered === null) return first
  const cash = await closeSelfPayOrder(app, ordered)
  return ask(app, held, { why: 'close', after: { ...question.after, cash } })
}

async function ask(app: App, held: HeldOrder, question: Question): Promise<Asked> {
  const { attempt } = held.order
  if (attempt.mixTradeNo === null || attempt.institutionNo === null || attempt.t0 === null)
    return { settled: 'not-a-result', said: 'nothing to ask about', legs: null }
  // Counted before it is asked: a crash in between must not make a fourteenth.
  await noteQuestion(app, held, {
    asked: { ...attempt.asked, [question.why]: attempt.asked[question.why] + 1 },
    lastAskedAt: app.clock.now(),
    ...(question.instant !== undefined && { lastInstant: question.instant }),
  })
  const answer = await app.bank.mixedOrder({
    mixTradeNo: attempt.mixTradeNo,
    institutionNo: attempt.institutionNo,
    outTradeNo: attempt.outTradeNo,
    businessDate: businessDate(attempt.mixedOrderedAt ?? attempt.t0),
  })
  const settled =
    answer.kind === 'done'
      ? await settle(app, held, { source: 'query', state: answer.value, ...question.after })
      : 'not-a-result'
  if (settled !== 'result' && held.order.state === 'awaiting-payment')
    await takeStep(app, held, {
      what: 'asked-without-result',
      detail: { why: question.why, answer: answer.kind },
      order: { state: 'processing' },
    })
  const known = answer.kind === 'done' && isAboutThisOrder(held.order, answer.value)
  return { settled, said: inShort(answer), legs: known ? answer.value.legs : null }
}

function inShort(answer: Answer<MixedState>): string {
  switch (answer.kind) {
    case 'done':
      return JSON.stringify(answer.value.legs)
    case 'refused':
      return `refused ${answer.code}`
    case 'unknown':
    case 'unsent':
      return `${answer.kind}: ${answer.cause}`
    case 'pending':
    case 'absent':
      return answer.kind
  }
}

/** Asks when the schedule says so, records the order for day-end, and hands over when all is tried. */
export async function keepAsking(app: App, held: HeldOrder): Promise<void> {
  const { attempt } = held.order
  const { schedule } = app.settings
  if (attempt.t0 === null) return
  const now = app.clock.now()
  const next = nextQuestion(attempt.t0, attempt.lastInstant, now, schedule)
  if (next === null || next.at > now) return
  const question =
    next.kind === 'ask' ? { why: next.why, instant: next.at } : ({ why: 'tail' } as const)
  const { settled, said } = await askTheBank(app, held, question)
  if (settled === 'result') return
  if (next.kind === 'give-up') await handOver(app, held, next.at)
  else if (windowIsOver(attempt.t0, next.at, schedule)) await recordForDayEnd(app, held, said)
}

/** SC-Q07: once, complete, without personal data; the order stays open and nothing is given up. */
export async function recordForDayEnd(app: App, held: HeldOrder, said: string): Promise<void> {
  const { order } = held
  const { attempt } = order
  if (attempt.recordedAt !== null || STATES[order.state].recovery !== 'ask-the-bank') return
  const now = app.clock.now()
  await takeStep(app, held, {
    what: 'recorded-for-day-end',
    detail: { questions: attempt.asked.grid },
    attempt: { recordedAt: now },
    also: async (trx) => {
      await transactionRecords.insert(trx, {
        orderId: order.id,
        attemptNo: attempt.no,
        businessDate: businessDate(attempt.t0 ?? now),
        now,
        facts: {
          orderId: order.id,
          billNo: order.billNo,
          institutionNo: attempt.institutionNo,
          mixTradeNo: attempt.mixTradeNo,
          bankSelfPayNo: attempt.bankOrderNo,
          outTradeNo: attempt.outTradeNo,
          prepayId: prepayOf(order)?.prepayId ?? null,
          payOrdId: attempt.payOrdId,
          scenario: order.scenario,
          mixPayType: attempt.mixPayType,
          businessType: order.businessType,
          patient: app.hash(order.patientId).slice(0, 16),
          amounts: order.amounts,
          t0: attempt.t0,
          questions: attempt.asked.grid,
          lastAskedAt: attempt.lastAskedAt,
          lastAnswer: said,
          reason: 'no result within the query window',
        },
      })
    },
  })
}

/** The longest prepay life has passed and still nobody knows: the order gets an owner, not an end. */
async function handOver(app: App, held: HeldOrder, instant: number): Promise<void> {
  const { order } = held
  if (STATES[order.state].recovery !== 'ask-the-bank') return
  await takeStep(app, held, {
    what: 'still-unknown',
    // The schedule ends in this very commit: a crash before it asks once more and hands over then.
    attempt: { lastInstant: instant },
    also: (trx) =>
      askAPerson(app, trx, {
        kind: 'still-unknown',
        order,
        sentence:
          '已超过预下单最长有效期，银行仍未给出支付结果，请向银行核实；未确认前不要让患者重复付款。',
        actions: ['ask-bank', 'ask-insurer', 'note'],
      }),
  })
}
