import type { App } from '../app.ts'
import { AppError, type Secret } from '../errors.ts'
import { addsUp, type Amounts, scenarioOf } from '../payment/amounts.ts'
import { type Attempt, patientOf } from '../payment/attempt.ts'
import { businessSerialNo } from '../payment/numbers.ts'
import type { Order } from '../payment/order.ts'
import * as authStates from '../store/auth-states.ts'
import * as intents from '../store/intents.ts'
import type { Answer } from '../upstreams/upstream.ts'
import { type Consent, exchangeAuthCode, loseAuthorisation } from './authorise.ts'
import { askAPerson, revokeLater } from './background.ts'
import { beginAttempt, type HeldOrder, holdOrder, takeStep } from './held-order.ts'
import { holdRefusal } from './hold-bill.ts'
import { type Call, type Changes, end, isDone, perform } from './perform.ts'
import { revokeUpload } from './revoke-upload.ts'
import { beginInsurance } from './spare-new-orders.ts'
import { afterLostUpload, inWords, overInWords, uploadFees } from './upload-fees.ts'

export interface PreSettlement extends Consent {
  readonly orderId: string
}

/** How long a request waits for whoever is acting on the order just now. */
const WAIT_MS = 9_000

/**
 * Steps 4-7: payAuthNo, insured person, upload, insurance order; ends in `pre-settled` with the
 * amounts the patient is shown. Repeating it with the same state and code joins what runs.
 * @returns false while the answer of an upstream is unknown: the worker goes on asking.
 */
export async function preSettle(app: App, request: PreSettlement): Promise<boolean> {
  const done = await holdOrder(app, { orderId: request.orderId, waitMs: WAIT_MS }, async (held) => {
    await checkState(app, held.order, request)
    if (held.order.state === 'pre-settled') return true
    await checkNothingRuns(app, held, request)
    if (held.order.state === 'created') beginInsurance(app, held.order.channel)
    // A fresh authorisation is a fresh try: what the old one left at the bureau stays on its own row.
    if (held.order.state === 'created' && held.order.attempt.payAuthNo !== null)
      await beginAttempt(app, held, { what: 'authorising-again' })
    await exchangeAuthCode(app, held, request)
    return continuePreSettlement(app, held)
  })
  return done ?? false
}

async function checkState(app: App, order: Order, request: PreSettlement): Promise<void> {
  if (order.payMode !== 'insurance') throw new AppError('invalid-request')
  if (order.state === 'closed')
    throw (await holdRefusal(app, order)) ?? new AppError('payment-in-progress')
  if (!['created', 'pre-settling', 'pre-settled'].includes(order.state))
    throw new AppError('payment-in-progress')
  if (app.clock.now() >= order.expiresAt) throw new AppError('order-expired')
  const mine = await authStates.use(app.db, {
    hash: app.hash(request.state),
    orderId: order.id,
    codeHash: app.hash(request.authCode.reveal()),
    now: app.clock.now(),
  })
  if (!mine) throw new AppError('authorisation-state-invalid')
}

/** Another code while the first one's steps run must not mix two authorisations in one try. */
async function checkNothingRuns(app: App, held: HeldOrder, request: PreSettlement): Promise<void> {
  if (held.order.state !== 'pre-settling') return
  const code = app.hash(request.authCode.reveal())
  if ((await intents.find(app.db, 'authorise', code)) !== null) return
  if (held.order.attempt.payAuthNo !== null) throw new AppError('payment-in-progress')
  await resumePreSettlement(app, held)
}

/** An upload whose answer never came may stand at the bureau: that end needs an owner. */
async function expirePreSettlement(app: App, held: HeldOrder): Promise<void> {
  const { medOrgOrd, payOrdId } = held.order.attempt
  if (medOrgOrd === null || payOrdId !== null) {
    await takeStep(app, held, { what: 'pre-settlement-expired', ...overInWords(app, held.order) })
    return
  }
  const upload = { effect: 'upload', number: medOrgOrd } as const
  await end(app, held, upload, {
    state: 'lost',
    answer: 'answer lost until the order expired',
    ...afterLostUpload(app, held.order),
  })
}

/** Found in `pre-settling` by the worker: a process died here, or an answer was not known. */
export async function resumePreSettlement(app: App, held: HeldOrder): Promise<void> {
  if (held.order.attempt.payAuthNo === null) {
    const open = await intents.ofOrder(app.db, held.order.id)
    const codes = open.flatMap(({ effect, number, state }) =>
      effect === 'authorise' && state === 'open' ? [{ effect, number }] : [],
    )
    await loseAuthorisation(app, held, codes)
    return
  }
  if (app.clock.now() < held.order.expiresAt) await continuePreSettlement(app, held)
  else await expirePreSettlement(app, held)
}

async function continuePreSettlement(app: App, held: HeldOrder): Promise<boolean> {
  if (held.order.attempt.payOrdId === null) {
    if (!(await revokedBefore(app, held))) return false
    await uploadFees(app, held)
  }
  return orderInsurance(app, held)
}

/** The bureau takes no second upload beside one of an earlier try: that one is revoked first. */
async function revokedBefore(app: App, held: HeldOrder): Promise<boolean> {
  for (const intent of await openRevocations(app, held)) await revokeUpload(app, held, intent)
  return (await openRevocations(app, held)).length === 0
}

async function openRevocations(app: App, held: HeldOrder): Promise<intents.Intent[]> {
  const known = await intents.ofOrder(app.db, held.order.id)
  return known.filter(({ effect, state }) => effect === 'revoke-upload' && state === 'open')
}

// ---------------------------------------------------------------- step 7

interface Split {
  readonly amounts: Amounts | null
}

async function orderInsurance(app: App, held: HeldOrder): Promise<boolean> {
  const result = await perform(app, held, orderCall(app, held))
  if (result.kind === 'refused') throw inWords(result.message)
  return isDone(result) && checkOutcome(held.order)
}

function checkOutcome(order: Order): boolean {
  if (order.state === 'needs-review') throw new AppError('amounts-mismatch')
  if (order.state === 'created') throw new AppError('authorisation-lost')
  return order.state === 'pre-settled'
}

function orderCall(app: App, held: HeldOrder): Call<Split> {
  const { order } = held
  const { attempt } = order
  const orgBizSer = businessSerialNo(order.id, attempt.no)
  const { payAuthNo, payOrdId, payToken } = attempt
  if (!payAuthNo || !payOrdId || !payToken || !attempt.chrgBchno)
    throw new Error('insurance order without upload')
  const chrgBchno = attempt.chrgBchno
  return {
    effect: 'order-insurance',
    number: orgBizSer,
    intend: { attempt: { orgBizSer, insuranceOrderedAt: app.clock.now() } },
    send: () =>
      app.insurer.order({
        payAuthNo,
        payOrdId,
        payToken,
        orgBizSer,
        chrgBchno,
        mdtrtId: attempt.mdtrtId,
      }),
    ask: () => askForSplit(app, { attempt, payOrdId, payToken }),
    learn: ({ amounts }) => learnSplit(app, order, amounts),
    refuse: () => overInWords(app, order),
  }
}

/** 6301 after a lost 6202: still saved -> the same number again; pre-settled -> its amounts, if it tells them. */
async function askForSplit(
  app: App,
  known: { attempt: Attempt; payOrdId: string; payToken: Secret },
): Promise<Answer<Split>> {
  const answer = await app.insurer.query({ ...known, ...patientOf(known.attempt) })
  if (answer.kind !== 'done') return answer
  switch (answer.value.phase) {
    case 'saved':
      return { kind: 'absent' }
    case 'pre-settled':
      return { kind: 'done', value: { amounts: answer.value.amounts } }
    case 'settling':
    case 'settled':
    case 'refunded':
    case 'revoked':
    case 'failed':
    case 'unknown':
      return { kind: 'unknown', cause: `ordStas ${answer.value.ordStas}` }
  }
}

/** SC-G03: the split must add up to the uploaded total, or everything stops before step 8. */
function learnSplit(app: App, order: Order, amounts: Amounts | null): Changes {
  if (amounts === null)
    return { order: { state: 'created' }, also: (trx) => revokeLater(app, trx, order) }
  if (addsUp(amounts) && amounts.totalFen === order.amounts.totalFen)
    return {
      order: {
        state: 'pre-settled',
        amounts,
        scenario: scenarioOf(amounts),
        selfPay: amounts.selfPayFen > 0 ? 'waiting' : 'none',
        insurance: 'waiting',
      },
    }
  return {
    order: { state: 'needs-review' },
    also: async (trx) => {
      await revokeLater(app, trx, order)
      await askAPerson(app, trx, {
        kind: 'amounts-mismatch',
        order,
        sentence: '医保预结算各部分金额之和与账单总额不符，已停止支付，请核对后关闭订单。',
        actions: ['close-order', 'note'],
      })
    },
  }
}
