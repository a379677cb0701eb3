import type { App } from '../../app.ts'
import { AppError, Secret } from '../../errors.ts'
import { nonce, ulid } from '../../payment/numbers.ts'
import { isOneCodeOver, type OneCodePayment, type OneCodeState } from '../../payment/one-code.ts'
import { isUsedElsewhere } from '../../payment/one-code-risk.ts'
import type { Bill } from '../../payment/order.ts'
import * as billLocks from '../../store/bill-locks.ts'
import { commitAs } from '../../store/database.ts'
import * as payments from '../../store/one-code-payments.ts'
import type { ChargeAcknowledgement, ChargeNotice, OneCode } from '../../upstreams/one-code.ts'
import { answerInTime } from '../answer-in-time.ts'
import { actOnOneCode, type HeldOneCode, holdOneCode } from './held-payment.ts'
import { LeaseLost } from '../held-order.ts'
import {
  asOftenAsAllowed,
  askOneCodeStatus,
  certificateLost,
  notUsable,
  reasonOf,
  requestCertificate,
} from './payment-certificate.ts'
import { askAboutCharge, chargeCertificate, heardAfterTheEnd } from './charge.ts'
import { takeForDesk } from '../desk-locks.ts'
import { letGoIfExpired } from '../open-order.ts'
import { readBill } from '../read-bill.ts'
import { needOneCode } from '../spare-new-orders.ts'

/** A code that was shown at a counter: who scanned it, and where. */
export interface Shown {
  readonly token: string
  readonly operatorId: string
  readonly operatorName: string
  readonly deviceId: string
  readonly deviceIp: string
}

export interface OneCodeWish extends Shown {
  readonly billNo: string
  readonly desk: string
}

export interface OneCodeOffer {
  readonly usable: boolean
  readonly accountName: string
  readonly channelName: string
  readonly reason: ReturnType<typeof notUsable>
}

const openedOf = (app: App): OneCode => {
  if (app.oneCode === null) throw new AppError('entry-closed', '本院尚未开通医保一码付。')
  return app.oneCode
}

/** Before it is offered: may this patient pay this way, and from whose account? Nothing is stored. */
export async function oneCodeOffer(app: App, shown: Shown): Promise<OneCodeOffer> {
  const { pay } = openedOf(app)
  await checkToken(app, shown)
  needOneCode(app, ['one-code'])
  const tries = { of: 'questions', before: async () => {} } as const
  const answer = await asOftenAsAllowed(app, tries, () => pay.status(shown))
  if (answer.kind !== 'done')
    return { usable: false, accountName: '', channelName: '', reason: reasonOf(answer) }
  const { accountName, channelName } = answer.value
  const reason = notUsable(app, answer.value)
  return { usable: reason === null, accountName, channelName, reason }
}

/** Two of one bill are never open at once; a code shown to one operator is no other's. */
async function checkToken(app: App, { token, operatorId, deviceId }: Shown): Promise<string> {
  const mark = payments.tokenMark(app.db, token)
  const earlier = await payments.usesOfToken(app.db, mark)
  if (isUsedElsewhere({ operatorId, deviceId }, earlier)) {
    app.log.warn({ audit: 'one-code-token-elsewhere', operatorId, deviceId }, 'refused')
    throw new AppError(
      'forbidden',
      '此医保码已在其他窗口或由其他操作员使用，请患者刷新后重新扫码。',
    )
  }
  return mark
}

/** How long the desk waits for the result before it is told to ask for it. */
const ANSWER_WITHIN_MS = 10_000

/**
 * Flow (3) to (11) of the document: the own money of a bill by the code that the patient has just
 * shown. The amount is HIS's alone. Repeated by the same operator while it is open it is the same
 * payment.
 */
export async function payByOneCode(app: App, wish: OneCodeWish): Promise<OneCodePayment> {
  const oneCode = openedOf(app)
  const mark = await checkToken(app, wish)
  const open = await payments.openOfBill(app.db, wish.billNo)
  if (open) return joined(app, open, mark)
  const bill = await payableBill(app, wish.billNo)
  needOneCode(app, ['one-code', 'collection'])
  await sparedDevice(app, wish.deviceId)
  const held = await begin(app, { wish, mark, bill, oneCode })
  if (held === null) throw new AppError('bill-being-paid')
  const limit = { what: 'one-code payment', withinMs: ANSWER_WITHIN_MS }
  const until = app.clock.now() + ANSWER_WITHIN_MS
  await answerInTime(app, limit, () => actOnOneCode(app, held, (it) => goOn(app, it)))
  return resultBy(app, held.payment.id, until)
}

async function joined(app: App, open: OneCodePayment, mark: string): Promise<OneCodePayment> {
  if (open.tokenMark !== mark) throw new AppError('bill-being-paid')
  return resultBy(app, open.id, app.clock.now() + ANSWER_WITHIN_MS)
}

/** HIS says what is to be paid, and that it still is; whoever asks has no say in it. */
async function payableBill(app: App, billNo: string): Promise<Bill> {
  const bill = await readBill(app, billNo)
  if (bill.status === 'paid' || (await payments.isTaken(app.db, billNo)))
    throw new AppError('bill-already-paid')
  if (bill.status === 'void') throw new AppError('bill-invalid', '账单已作废，请联系收费窗口。')
  if (!bill.counter)
    throw new AppError('not-pre-settled', '医院系统尚未给出自费金额，请先完成医保结算或预结算。')
  if (bill.counter.selfPayFen === 0)
    throw new AppError('bill-invalid', '这张账单没有需要自费支付的金额。')
  return bill
}

const MINUTE_MS = 60_000

async function sparedDevice(app: App, deviceId: string): Promise<void> {
  const begun = await payments.begunAt(app.db, deviceId, app.clock.now() - MINUTE_MS)
  if (begun >= app.settings.ONE_CODE_LIMIT_PER_DEVICE)
    throw new AppError('too-many-requests', undefined, { retryAfterSeconds: 60 })
}

/** A desk that is taking money keeps the bill at least this long. */
const HELD_MS = 300_000

/** @returns null when the bill has a payment that is not over. @throws AppError `bill-being-paid` */
async function begin(
  app: App,
  from: { wish: OneCodeWish; mark: string; bill: Bill; oneCode: OneCode },
): Promise<HeldOneCode | null> {
  const { wish, mark, bill, oneCode } = from
  const payment = paymentFor(app, wish, { mark, bill })
  const owner = nonce(app.random)
  const lease = { owner, until: payment.createdAt + app.settings.LEASE_MS }
  const { billNo, desk } = wish
  await letGoIfExpired(app, billNo)
  const own = await billLocks.find(app.db, billNo, payment.createdAt)
  const until = Math.max(payment.createdAt + HELD_MS, own?.desk === desk ? own.until : 0)
  const inserted = await commitAs(app.db, 'one-code:begun', async (trx) => {
    await takeForDesk(app, trx, { billNo, desk, until })
    return payments.insert(trx, payment, lease)
  })
  return inserted ? { payment, owner, leaseUntil: lease.until, oneCode } : null
}

function paymentFor(
  app: App,
  { token, operatorName, deviceIp, ...wish }: OneCodeWish,
  { mark, bill }: { mark: string; bill: Bill },
): OneCodePayment {
  if (!bill.counter) throw new Error('a bill without its share')
  const createdAt = app.clock.now()
  return {
    id: ulid(createdAt, app.random),
    version: 1,
    billNo: wish.billNo,
    desk: wish.desk,
    operatorId: wish.operatorId,
    deviceId: wish.deviceId,
    tokenMark: mark,
    scan: new Secret({ token, operatorName, deviceIp }),
    state: 'begun',
    insurance: bill.counter.insurance,
    selfPayFen: bill.counter.selfPayFen,
    usableAt: null,
    channelName: null,
    channel: null,
    accountName: null,
    certificateTry: 0,
    serialNo: null,
    certificate: null,
    outTradeNo: null,
    chargeNo: null,
    isChargeSeen: false,
    asked: 0,
    reason: null,
    createdAt,
    paidAt: null,
  }
}

type Next = (app: App, held: HeldOneCode) => Promise<void>

const over: Next = async () => {}

/** What a payment wants that is found in this state, by whoever finds it. */
const NEXT: Record<OneCodeState, Next> = {
  begun: askOneCodeStatus,
  usable: requestCertificate,
  certifying: certificateLost,
  certified: chargeCertificate,
  charging: askAboutCharge,
  paid: over,
  declined: over,
  'needs-review': over,
}

/** Goes on until it is over or nobody knows more for now. The same code runs after a crash. */
async function goOn(app: App, held: HeldOneCode): Promise<void> {
  for (;;) {
    const { state } = held.payment
    await NEXT[state](app, held)
    // A charge is asked about once a visit.
    if (held.payment.state === 'charging' || isOneCodeOver(held.payment.state)) return
  }
}

/** @throws AppError `not-found` */
export async function readOneCodePayment(app: App, id: string): Promise<OneCodePayment> {
  const payment = await payments.byId(app.db, id)
  if (!payment) throw new AppError('not-found', '没有这笔一码付。')
  return payment
}

const LOOK_AGAIN_MS = 1_000

/** As soon as it is over; at `until` as it then is. */
export async function resultBy(app: App, id: string, until: number): Promise<OneCodePayment> {
  for (;;) {
    const payment = await readOneCodePayment(app, id)
    const left = until - app.clock.now()
    if (isOneCodeOver(payment.state) || left <= 0) return payment
    await app.nextChange(id, Math.min(left, LOOK_AGAIN_MS))
  }
}

const AT_ONCE = 16

/** What was left between two commits, or is still not known: the worker's part. */
export async function resumeOneCodePayments(app: App): Promise<void> {
  const { oneCode } = app
  if (oneCode === null) return
  const ids = await payments.due(app.db, app.clock.now(), AT_ONCE)
  await Promise.all(ids.map((id) => resume(app, oneCode, id)))
}

async function resume(app: App, oneCode: OneCode, id: string): Promise<void> {
  try {
    const held = await holdOneCode(app, oneCode, id)
    if (held) await actOnOneCode(app, held, (it) => goOn(app, it))
  } catch (error) {
    if (error instanceof LeaseLost) return
    app.log.error({ err: error, paymentId: id }, 'could not go on with a one-code payment')
  }
}

/** A hint to ask at once: what the collection answers decides, and a repeat does no harm. */
export async function takeChargeNotice(
  app: App,
  raw: ChargeNotice,
): Promise<ChargeAcknowledgement> {
  const { collection } = openedOf(app)
  const notice = collection.readNotice(raw)
  if (!notice) {
    app.log.warn({ audit: 'charge-notice' }, 'charge notice not believed')
    return collection.acknowledge(raw, false)
  }
  const id = await payments.idByOutTradeNo(app.db, notice.outTradeNo)
  if (id === null)
    app.log.error({ outTradeNo: notice.outTradeNo }, 'a charge notice names no charge of ours')
  else if (await payments.wantNow(app.db, id, app.clock.now()))
    app.inBackground('ask after a charge notice', () => resumeOneCodePayments(app))
  else if (!(await heardAfterTheEnd(app, collection, await readOneCodePayment(app, id))))
    return collection.acknowledge(raw, false)
  return collection.acknowledge(raw, true)
}
