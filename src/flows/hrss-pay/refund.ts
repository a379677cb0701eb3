import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { type HrssRefundRow, hrssRefundNo } from '../../payment/hrss-payment.ts'
import { type Fen, fen } from '../../payment/money.ts'
import { nextRefundNo, ulid } from '../../payment/numbers.ts'
import { backOffMs } from '../../payment/schedule.ts'
import { commitAs } from '../../store/database.ts'
import * as payments from '../../store/hrss-payments.ts'
import * as refunds from '../../store/hrss-refunds.ts'
import type { HrssRefundState } from '../../upstreams/hrss-pay.ts'
import type { Answer, Outcome } from '../../upstreams/upstream.ts'
import { askAPersonAbout, type HeldPayment, holdPayment, takePaymentStep } from './held-payment.ts'
import { writeBackRefunds } from './write-back.ts'

export interface HrssRefundWish {
  readonly refundNo: string
  readonly amountFen: Fen
  readonly reason: string
}

const WAIT_MS = 2_000

/**
 * Reserved and written down before anything is sent; from then on it goes on by itself until the
 * money is back. @throws AppError `not-refundable`, `refund-in-progress`
 */
export async function refundHrssPayment(app: App, id: string, wish: HrssRefundWish): Promise<void> {
  const payment = await payments.byId(app.db, id)
  if (!payment) throw new AppError('order-not-found')
  const known = (await refunds.ofPayment(app.db, id)).find((one) => one.refundNo === wish.refundNo)
  if (known) {
    if (known.amountFen === wish.amountFen) return
    throw new AppError('refund-in-progress', '此退款单号已用于另一笔退款。')
  }
  const now = app.clock.now()
  await commitAs(app.db, 'hrss-refund-intended', async (trx) => {
    if (!(await payments.reserve(trx, id, wish.amountFen)))
      throw new AppError('not-refundable', '订单未支付，或退款金额超过可退金额。')
    const row: HrssRefundRow = {
      paymentId: id,
      ...wish,
      number: hrssRefundNo(ulid(now, app.random)),
      refundOrderId: null,
      state: 'open',
      writeBack: 'none',
      tries: 0,
      failures: 0,
      createdAt: now,
      dueAt: now,
      returnedAt: null,
    }
    if (!(await refunds.insert(trx, row))) throw new AppError('refund-in-progress')
  })
  await holdPayment(app, { id, waitMs: WAIT_MS }, async (held) => {
    await workOnRefunds(app, held)
    await writeBackRefunds(app, held)
  })
  // Whoever holds it would give it back without having seen this refund.
  app.wake()
}

export async function workOnRefunds(app: App, held: HeldPayment): Promise<void> {
  const now = app.clock.now()
  for (const refund of await refunds.ofPayment(app.db, held.payment.id))
    if (refund.state === 'open' && (refund.dueAt ?? now) <= now) await workOn(app, held, refund)
}

const OVERDUE_MS = 3_600_000

async function workOn(app: App, held: HeldPayment, refund: HrssRefundRow): Promise<void> {
  if (app.clock.now() - refund.createdAt > OVERDUE_MS)
    await askAPersonAbout(app, app.db, {
      payment: held.payment,
      kind: 'refund-overdue',
      sentence: '人社支付平台退款超过一小时仍未确认，系统仍在重试，请与平台核实。',
    })
  const found = refund.tries === 0 ? ABSENT : await find(app, held, refund)
  if (found.kind !== 'absent') return learn(app, held, { refund, outcome: found })
  // Counted before it leaves: only the one send that can have arrived may be refused.
  const sent = { ...refund, tries: refund.tries + 1 }
  await note(app, held, { what: 'hrss-refund-sent', refund, to: { tries: sent.tries } })
  const { mchOrderId, payOrderId, amountFen: orderFen } = held.payment
  if (payOrderId === null) throw new Error(`${held.payment.id}: paid without a number`)
  const outcome = await held.platform.refund({
    mchOrderId,
    payOrderId,
    mchRefundId: refund.number,
    orderFen,
    amountFen: refund.amountFen,
  })
  // It never left, so it does not count.
  const arrived = outcome.kind === 'unsent' ? refund : sent
  await learn(app, held, { refund: arrived, outcome })
}

const ABSENT = { kind: 'absent' } as const

/** @returns absent when only the same number once more can tell. */
async function find(
  app: App,
  { payment, platform }: HeldPayment,
  refund: HrssRefundRow,
): Promise<Answer<HrssRefundState>> {
  const { mchOrderId, payOrderId } = payment
  const { number: mchRefundId, refundOrderId } = refund
  if (refundOrderId !== null)
    return platform.refundState({ mchOrderId, mchRefundId, refundOrderId })
  // Several refunds share one word of the order: it says nothing of a single one.
  if ((await refunds.ofPayment(app.db, payment.id)).length > 1 || refund.failures > 0) return ABSENT
  const order = await platform.order({ mchOrderId, payOrderId })
  if (order.kind !== 'done') return order
  const whole = refund.amountFen === payment.amountFen
  const { refundStatus: status } = order.value
  // 待退款 may also be what an order says of which no refund was ever asked for.
  if (status !== (whole ? 'full' : 'part')) return ABSENT
  const { amountFen } = refund
  return {
    kind: 'done',
    value: { status, refundOrderId: null, amountFen, paidFen: null, refundedAt: null },
  }
}

interface Heard {
  readonly refund: HrssRefundRow
  readonly outcome: Outcome<HrssRefundState>
}

async function learn(app: App, held: HeldPayment, { refund, outcome }: Heard): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      return learnState(app, held, { refund, told: outcome.value })
    case 'refused':
      if (refund.tries > 1) return later(app, held, refund, `a repeat was refused: ${outcome.code}`)
      return underTheNextNumber(app, held, refund)
    case 'pending':
    case 'unsent':
    case 'unknown':
      return later(app, held, refund, outcome.kind)
  }
}

async function learnState(
  app: App,
  held: HeldPayment,
  { refund, told }: { refund: HrssRefundRow; told: HrssRefundState },
): Promise<void> {
  const differs = told.amountFen !== null && told.amountFen !== refund.amountFen
  if (differs || (told.paidFen !== null && told.paidFen !== held.payment.amountFen))
    await askAPersonAbout(app, app.db, {
      payment: held.payment,
      kind: 'amounts-mismatch',
      sentence: '人社支付平台退款应答中的金额与本院订单不符（可能有渠道优惠），请核对。',
    })
  if (differs) return later(app, held, refund, 'another amount')
  const { refundOrderId } = told
  switch (told.status) {
    case 'returned':
    case 'full':
    case 'part':
      return returned(app, held, { refund, told })
    case 'failed':
    case 'none':
      return underTheNextNumber(app, held, refund)
    case 'waiting':
    case 'unknown':
      return later(
        app,
        held,
        { ...refund, refundOrderId: refundOrderId ?? refund.refundOrderId },
        told.status,
      )
  }
}

async function returned(
  app: App,
  held: HeldPayment,
  { refund, told }: { refund: HrssRefundRow; told: HrssRefundState },
): Promise<void> {
  const refundedFen = fen(held.payment.refundedFen + refund.amountFen)
  const whole = refundedFen === held.payment.amountFen
  const { refundOrderId } = told
  const isHisToKnow = held.payment.writeBack === 'waiting' || held.payment.writeBack === 'done'
  await takePaymentStep(app, held, {
    what: 'hrss-refund-returned',
    changes: { refundedFen, ...(whole && { state: 'refunded' as const }) },
    detail: { number: refund.number, amountFen: refund.amountFen },
    also: (trx) =>
      refunds.change(trx, refund, {
        state: 'returned',
        writeBack: isHisToKnow ? 'waiting' : 'none',
        dueAt: isHisToKnow ? app.clock.now() : null,
        returnedAt: told.refundedAt ?? app.clock.now(),
        knownAt: app.clock.now(),
        ...(refundOrderId !== null && { refundOrderId }),
      }),
  })
}

/** After so many final failures somebody hears of it; it goes on all the same. */
const FAILURES_BEFORE_A_PERSON = 3

/** The first number is dead for certain, so a second one may exist; what is reserved stays so. */
async function underTheNextNumber(
  app: App,
  held: HeldPayment,
  refund: HrssRefundRow,
): Promise<void> {
  const failures = refund.failures + 1
  const number = nextRefundNo(refund.number)
  const dueAt = app.clock.now() + backOffMs(failures, app.settings.RETRY_FIRST_MS)
  await note(app, held, {
    what: 'hrss-refund-failed',
    refund,
    to: { number, failures, dueAt, tries: 0, refundOrderId: null },
  })
  if (failures >= FAILURES_BEFORE_A_PERSON)
    await askAPersonAbout(app, app.db, {
      payment: held.payment,
      kind: 'refund-failing',
      sentence: '人社支付平台多次拒绝退款，系统仍在重试，请与平台核实原因。',
    })
}

async function later(
  app: App,
  held: HeldPayment,
  refund: HrssRefundRow,
  why: string,
): Promise<void> {
  const age = app.clock.now() - refund.createdAt
  const dueAt = app.clock.now() + Math.max(app.settings.RETRY_FIRST_MS, Math.floor(age / 8))
  app.log.warn(
    { paymentId: refund.paymentId, number: refund.number, why },
    'hrss-pay: refund goes on',
  )
  const { tries, refundOrderId } = refund
  await note(app, held, { what: 'hrss-refund-open', refund, to: { dueAt, tries, refundOrderId } })
}

const note = (
  app: App,
  held: HeldPayment,
  {
    what,
    refund,
    to,
  }: { what: string; refund: HrssRefundRow; to: Parameters<typeof refunds.change>[2] },
): Promise<void> =>
  takePaymentStep(app, held, {
    what,
    detail: { number: refund.number },
    also: (trx) => refunds.change(trx, refund, to),
  })
