import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { offsetTime, ulid } from '../../payment/numbers.ts'
import {
  isOneCodeOver,
  type Certificate,
  chargeNumber,
  mayCertifyAgain,
  type OneCodePayment,
  type Reason,
} from '../../payment/one-code.ts'
import { type ChargeFacts, chargeRefusal } from '../../payment/one-code-risk.ts'
import * as billLocks from '../../store/bill-locks.ts'
import type { Db } from '../../store/database.ts'
import * as payments from '../../store/one-code-payments.ts'
import * as workItems from '../../store/work-items.ts'
import { type OneCode, CERTIFICATE_USED, type Charge } from '../../upstreams/one-code.ts'
import type { Answer } from '../../upstreams/upstream.ts'
import { declineOneCode, type HeldOneCode, oneCodeStep, stillOursOneCode } from './held-payment.ts'
import { takeForDesk } from '../desk-locks.ts'

const MINUTE_MS = 60_000

const declinedFor = (code: string, text: string): Reason => ({
  code,
  text,
  handling: 'other-payment',
})

/** Step 9: charges the certificate if every rule of the hospital's own holds at this instant. */
export async function chargeCertificate(app: App, held: HeldOneCode): Promise<void> {
  const { certificate } = held.payment
  if (certificate === null) throw new Error('certified without a certificate')
  const facts = await factsNow(app, held, certificate)
  if (facts === null) {
    const reason = declinedFor('bill-unreadable', '暂时无法核对账单，没有扣款。')
    return declineOneCode(app, held, reason)
  }
  const refusal = chargeRefusal(facts)
  if (refusal?.code === 'certificate-expired' && mayCertifyAgain(held.payment, facts.now))
    return oneCodeStep(app, held, {
      what: 'certificate:expired',
      changes: { state: 'usable', certificate: null },
    })
  if (refusal) return declineOneCode(app, held, declinedFor(refusal.code, refusal.text))
  if (!(await intendCharge(app, held))) {
    const reason = declinedFor('bill-being-paid', '这张账单正在线上支付，没有扣款。')
    return declineOneCode(app, held, reason)
  }
  const answer = await sendCharge(app, held)
  // Not one byte left, and under this number nothing else ever will.
  if (answer.kind === 'unsent')
    return declineCharge(app, held, declinedFor('charge-not-sent', '扣款请求未能发出，没有扣款。'))
  await learnCharge(app, held, answer)
}

/** @returns false when somebody pays the bill online by now: then nothing is written. */
async function intendCharge(app: App, held: HeldOneCode): Promise<boolean> {
  const { id, billNo, desk } = held.payment
  const until = billLocks.UNTIL_GIVEN_BACK
  try {
    await oneCodeStep(app, held, {
      what: 'charge:intended',
      changes: { state: 'charging', outTradeNo: chargeNumber(id) },
      also: (trx) => takeForDesk(app, trx, { billNo, desk, until }),
    })
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

async function factsNow(
  app: App,
  { payment, oneCode }: HeldOneCode,
  certificate: Certificate,
): Promise<ChargeFacts | null> {
  const bill = await app.his.bill(payment.billNo)
  if (bill.kind !== 'done') return null
  const before = app.clock.now() - MINUTE_MS
  return {
    chargesOfDevice: await payments.chargedAt(app.db, payment.deviceId, before),
    mostChargesOfDevice: app.settings.ONE_CODE_LIMIT_PER_DEVICE,
    payment,
    certificate,
    bill: { isUnpaid: bill.value.status === 'unpaid', share: bill.value.counter },
    orgCode: oneCode.pay.orgCode,
    now: app.clock.now(),
  }
}

async function sendCharge(app: App, held: HeldOneCode): Promise<Answer<Charge>> {
  await stillOursOneCode(app, held)
  const { payment } = held
  const { outTradeNo, certificate, channel } = payment
  if (outTradeNo === null || !certificate?.value || channel === null)
    throw new Error('a charge without number, certificate or channel')
  return held.oneCode.collection.charge({
    outTradeNo,
    certificate: certificate.value,
    channel,
    amountFen: payment.selfPayFen,
    billNo: payment.billNo,
    operatorId: payment.operatorId,
    deviceId: payment.deviceId,
  })
}

/** What arrives after the certificate's end is refused by the channel; this long it may be under way. */
const UNDER_WAY_MS = MINUTE_MS

/**
 * A charge whose answer is not known is asked about until it is. "No such charge" allows the same
 * number again while the certificate lives, and ends the matter only when none can arrive any more.
 */
export async function askAboutCharge(app: App, held: HeldOneCode): Promise<void> {
  const { outTradeNo, certificate, asked } = held.payment
  if (outTradeNo === null) throw new Error('charging without a number')
  const now = app.clock.now()
  const isAlive = certificate !== null && certificate.value !== null && now < certificate.until
  const forget = certificate !== null && !isAlive ? { certificate: withoutValue(certificate) } : {}
  await oneCodeStep(app, held, {
    what: 'asked',
    changes: { asked: asked + 1, ...forget },
  })
  const answer = await held.oneCode.collection.chargeState(outTradeNo)
  if (answer.kind !== 'absent') return learnCharge(app, held, answer)
  // Whoever knew of it once and now does not has not looked everywhere.
  if (held.payment.isChargeSeen) return tellIfOverdue(app, held)
  if (isAlive) return learnCharge(app, held, await sendCharge(app, held))
  if (now < (certificate?.until ?? 0) + UNDER_WAY_MS) return
  const reason = declinedFor('charge-never-arrived', '扣款请求未到达支付渠道，没有扣款。')
  await declineCharge(app, held, reason)
}

const withoutValue = (certificate: Certificate): Certificate => ({ ...certificate, value: null })

/** Nothing but a listed answer ends the matter; all else is asked again. */
async function learnCharge(app: App, held: HeldOneCode, answer: Answer<Charge>): Promise<void> {
  if (answer.kind === 'refused') {
    // A repeat that is refused says nothing of the first, unless somebody has used the certificate.
    if (held.payment.asked > 0)
      return answer.code === CERTIFICATE_USED ? seen(app, held) : tellIfOverdue(app, held)
    const reason = declinedFor('charge-refused', `支付渠道未扣款：${short(answer.message)}`)
    return declineCharge(app, held, reason)
  }
  if (answer.kind !== 'done') return tellIfOverdue(app, held)
  const { status, amountFen, reason } = answer.value
  switch (status) {
    case 'paid':
      return amountFen === held.payment.selfPayFen
        ? paid(app, held, answer.value)
        : wrongAmount(app, held, answer.value)
    case 'failed':
      return declineCharge(app, held, declinedFor('charge-failed', `扣款未成功：${short(reason)}`))
    case 'paying':
    case 'unknown':
      return seen(app, held)
  }
}

/** There is a charge, and it has no end yet. */
async function seen(app: App, held: HeldOneCode): Promise<void> {
  if (!held.payment.isChargeSeen)
    await oneCodeStep(app, held, { what: 'charge:seen', changes: { isChargeSeen: true } })
  await tellIfOverdue(app, held)
}

const short = (text: string): string =>
  [...text.replace(/[\p{C}<>&"']/gu, ' ')].slice(0, 100).join('')

/** As long as the patient is likely to stand there. */
const HELD_MS = 300_000

/**
 * Nothing was taken: the bill is free again soon, and the desk's own until then. Once money was taken it
 * stays the desk's: HIS writes it down, or the desk gives it back.
 */
async function declineCharge(app: App, held: HeldOneCode, reason: Reason): Promise<void> {
  const { billNo, desk } = held.payment
  const since = app.clock.now()
  await oneCodeStep(app, held, {
    what: 'declined',
    changes: { state: 'declined', reason },
    also: async (trx) => {
      await billLocks.release(trx, billNo, desk)
      await billLocks.take(trx, { billNo, desk, since, until: since + HELD_MS })
    },
  })
}

const paid = (app: App, held: HeldOneCode, charge: Charge): Promise<void> =>
  oneCodeStep(app, held, {
    what: 'paid',
    changes: { state: 'paid', chargeNo: charge.chargeNo, paidAt: charge.paidAt ?? app.clock.now() },
  })

async function wrongAmount(app: App, held: HeldOneCode, charge: Charge): Promise<void> {
  const { payment } = held
  const sentence = `一码付扣款金额与应付不符（应付 ${payment.selfPayFen} 分，渠道称 ${charge.amountFen ?? '未知'} 分，扣款单号 ${payment.outTradeNo}），请与支付渠道核对并为患者处理。`
  await oneCodeStep(app, held, {
    what: 'wrong-amount',
    changes: { state: 'needs-review', chargeNo: charge.chargeNo, paidAt: charge.paidAt },
    also: (trx) => tell(app, trx, { payment, kind: 'one-code-amount', sentence }),
  })
}

const OVERDUE_MS = 600_000

/** The insurance may be settled while nobody knows of the own money: somebody hears of it. */
async function tellIfOverdue(app: App, { payment }: HeldOneCode): Promise<void> {
  if (app.clock.now() - payment.createdAt < OVERDUE_MS) return
  const since = offsetTime(payment.createdAt)
  const sentence = `一码付扣款自 ${since} 起结果不明（扣款单号 ${payment.outTradeNo}），系统仍在查询，请与支付渠道核实，勿重复收款。`
  await tell(app, app.db, { payment, kind: 'one-code-unknown', sentence })
}

/**
 * A notice about a payment that nobody acts on any more: of money after its end a person hears. While the
 * channel does not say, or somebody is about to write the end, the notice is to come again.
 */
export async function heardAfterTheEnd(
  app: App,
  collection: OneCode['collection'],
  payment: OneCodePayment,
): Promise<boolean> {
  const { state, outTradeNo } = payment
  if (state !== 'declined' || outTradeNo === null) return isOneCodeOver(state)
  const said = await collection.chargeState(outTradeNo)
  if (said.kind !== 'done') return false
  const sentence = `一码付 ${outTradeNo} 先前已结束，渠道现称已扣款，请核实并为患者退款。`
  const { status } = said.value
  if (status === 'paid')
    await tell(app, app.db, { payment, kind: 'one-code-unknown', sentence, opensAgain: true })
  return status === 'paid' || status === 'failed'
}

const tell = (
  app: App,
  trx: Db,
  item: {
    payment: OneCodePayment
    kind: workItems.WorkItemKind
    sentence: string
    opensAgain?: true
  },
): Promise<void> =>
  workItems.create(trx, {
    id: ulid(app.clock.now(), app.random),
    subject: item.payment.id,
    kind: item.kind,
    orderId: null,
    sentence: item.sentence,
    actions: ['note'],
    createdAt: app.clock.now(),
    opensAgain: item.opensAgain ?? false,
  })
