import type { App } from '../../app.ts'
import { Secret } from '../../errors.ts'
import {
  certificateSerialNo,
  HANDLING_RULES,
  type Handling,
  isStillWaiting,
  isUsableNow,
  mayCertifyAgain,
  type OneCodePayment,
  type Reason,
} from '../../payment/one-code.ts'
import type {
  OneCodeAnswer,
  OneCodeQuestion,
  OneCodeStatus,
  PayCertificate,
} from '../../upstreams/one-code.ts'
import { declineOneCode, type HeldOneCode, oneCodeStep, stillOursOneCode } from './held-payment.ts'

const because = (code: string, text: string, handling: Handling): Reason => ({
  code,
  text,
  handling,
})

const NO_ANSWER = because('no-answer', '一码付暂时没有应答，没有扣款。', 'ask-again')
const NOBODY_WAITS = because('too-late', '等候超时，没有扣款；如需使用请重新扫码。', 'rescan')
const UNKNOWN_CHANNEL = because('channel-unknown', '该支付渠道本院尚未接入。', 'other-payment')

/** What the centre said when it did not do as asked. */
export function reasonOf(answer: Exclude<OneCodeAnswer<unknown>, { kind: 'done' }>): Reason {
  const said = answer.kind === 'refused' ? answer : answer.kind === 'unknown' ? answer.said : null
  if (said === null) return NO_ANSWER
  const ours = /^-?\d+$/.test(said.code) ? `return-code-${said.code}` : said.code
  return because(ours, said.message, said.handling)
}

const handlingOf = (answer: OneCodeAnswer<unknown>): Handling | null => {
  if (answer.kind === 'done') return null
  return answer.kind === 'unsent' ? 'ask-again' : reasonOf(answer).handling
}

interface Tries {
  readonly of: 'questions' | 'certificates'
  readonly before: () => Promise<void>
}

/** Asks as often as what was answered allows; pauses grow and are not all of one length. */
export async function asOftenAsAllowed<T>(
  app: App,
  { of, before }: Tries,
  call: () => Promise<OneCodeAnswer<T>>,
): Promise<OneCodeAnswer<T>> {
  for (let tries = 1; ; tries += 1) {
    await before()
    const answer = await call()
    const handling = handlingOf(answer)
    if (handling === null) return answer
    const rule = HANDLING_RULES[handling]
    if (rule.alarm) raise(app, handling, reasonOf(failed(answer)))
    if (tries >= rule[of]) return answer
    await app.clock.sleep(rule.pauseMs * tries + Math.floor(app.random() * rule.pauseMs))
  }
}

/** In the log with its code, and as a metric (YM-93). */
function raise({ log, alarms }: App, handling: Handling, reason: Reason): void {
  const name = `one-code-${handling}`
  alarms.set(name, (alarms.get(name) ?? 0) + 1)
  log.error({ handling, reason }, 'one-code alarm')
}

function failed<T>(answer: OneCodeAnswer<T>): Exclude<OneCodeAnswer<T>, { kind: 'done' }> {
  if (answer.kind === 'done') throw new Error('not a failure')
  return answer
}

export const questionOf = (payment: OneCodePayment): OneCodeQuestion | null => {
  const scan = payment.scan?.reveal()
  const { operatorId, deviceId } = payment
  return scan ? { ...scan, operatorId, deviceId } : null
}

const STATUS_TEXTS: Record<Exclude<OneCodeStatus['status'], 'usable'>, Reason> = {
  'not-signed': because('not-signed', '患者未开通一码付。', 'other-payment'),
  'not-usable': because('not-usable', '患者的一码付暂不可用。', 'other-payment'),
  unlisted: because('status-unlisted', '一码付状态无法识别。', 'other-payment'),
}

/** Null when the patient may pay this way. */
export function notUsable(app: App, status: OneCodeStatus): Reason | null {
  if (status.status !== 'usable') {
    const known = STATUS_TEXTS[status.status]
    if (status.status === 'unlisted') raise(app, 'unlisted', known)
    return status.reason === '' ? known : { ...known, text: `${known.text}原因：${status.reason}` }
  }
  return app.settings.ONE_CODE_CHANNELS?.has(status.channelName) === true ? null : UNKNOWN_CHANNEL
}

/** Step 4 to 5: may the patient pay this way, and by which channel? */
export async function askOneCodeStatus(app: App, held: HeldOneCode): Promise<void> {
  const question = questionOf(held.payment)
  if (question === null || !isStillWaiting(held.payment, app.clock.now()))
    return declineOneCode(app, held, NOBODY_WAITS)
  const before = () => stillOursOneCode(app, held)
  const answer = await asOftenAsAllowed(app, { of: 'questions', before }, () =>
    held.oneCode.pay.status(question),
  )
  if (answer.kind !== 'done') return declineOneCode(app, held, reasonOf(answer))
  const reason = notUsable(app, answer.value) ?? channelChanged(held.payment, answer.value)
  if (reason) return declineOneCode(app, held, reason)
  const { channelName, accountName } = answer.value
  await oneCodeStep(app, held, {
    what: 'usable',
    changes: {
      state: 'usable',
      usableAt: app.clock.now(),
      channelName,
      channel: app.settings.ONE_CODE_CHANNELS?.get(channelName)?.channel ?? null,
      accountName: new Secret(accountName),
    },
  })
}

/** The patient was told of one channel and would be charged by another. */
const channelChanged = (payment: OneCodePayment, said: { channelName: string }): Reason | null =>
  payment.channelName === null || payment.channelName === said.channelName
    ? null
    : because('channel-changed', '支付渠道前后不一致，没有扣款。', 'rescan')

/** Step 6 to 8: the serial number is stored, then the certificate is asked for under it, once. */
export async function requestCertificate(app: App, held: HeldOneCode): Promise<void> {
  const { oneCode } = held
  const question = questionOf(held.payment)
  if (question === null || !mayCertifyAgain(held.payment, app.clock.now()))
    return declineOneCode(app, held, NOBODY_WAITS)
  // The very answer of an instant ago is worth nothing after a minute.
  if (!isUsableNow(held.payment, app.clock.now())) return askOneCodeStatus(app, held)
  const { id, selfPayFen } = held.payment
  const certificateTry = held.payment.certificateTry + 1
  const serialNo = certificateSerialNo(id, certificateTry)
  await oneCodeStep(app, held, {
    what: 'certificate:intended',
    changes: { state: 'certifying', certificateTry, serialNo, certificate: null },
  })
  const askedAt = app.clock.now()
  const before = () => stillOursOneCode(app, held)
  const answer = await asOftenAsAllowed(app, { of: 'certificates', before }, () =>
    oneCode.pay.certificate({ ...question, amountFen: selfPayFen, serialNo }),
  )
  if (answer.kind === 'done') return keepCertificate(app, held, { ...answer.value, askedAt })
  await declineOneCode(app, held, answer.kind === 'refused' ? reasonOf(answer) : lost(answer))
}

/** Harmless unless charged, and never asked for again under this number: the operator decides. */
function lost(answer: Exclude<OneCodeAnswer<unknown>, { kind: 'done' }>): Reason {
  const said = reasonOf(answer)
  const text = said === NO_ANSWER ? '未能取得付款凭据，没有扣款。' : said.text
  const code = said === NO_ANSWER ? 'certificate-unknown' : said.code
  return because(code, text, said.handling)
}

/** A process died between the question and its answer. */
export const certificateLost = (app: App, held: HeldOneCode): Promise<void> =>
  declineOneCode(
    app,
    held,
    because('certificate-unknown', '未能取得付款凭据，没有扣款。', 'ask-again'),
  )

async function keepCertificate(
  app: App,
  held: HeldOneCode,
  issued: PayCertificate & { askedAt: number },
): Promise<void> {
  const { payment, oneCode } = held
  const changed = channelChanged(payment, issued)
  if (changed) return declineOneCode(app, held, changed)
  const lifeMs = app.settings.ONE_CODE_CHANNELS?.get(issued.channelName)?.lifeMs ?? 0
  await oneCodeStep(app, held, {
    what: 'certificate:done',
    changes: {
      state: 'certified',
      accountName: new Secret(issued.accountName),
      certificate: {
        value: issued.certificate,
        serialNo: payment.serialNo ?? '',
        amountFen: payment.selfPayFen,
        orgCode: oneCode.pay.orgCode,
        until: issued.askedAt + lifeMs,
      },
    },
  })
}
