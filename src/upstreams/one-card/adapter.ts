/** The platform as a service provider: each method is one call and what its answer means (README.md 6). */
import { answerTo, type Content } from '../content.ts'
import { type RecordExchange, recorder } from '../exchange.ts'
import type { OneCard, OneCardOrder, PaymentState } from '../one-card.ts'
import { type Answer, done, type Outcome, unknown } from '../upstream.ts'
import type { z } from 'zod'
import * as map from './mapping.ts'
import * as messages from './messages.ts'
import { createPace } from './pace.ts'
import { type Call, type Line, platformCalls } from './transport.ts'

export interface OneCardSettings extends Omit<Line, 'record' | 'pace'> {
  readonly recordExchange: RecordExchange
  readonly callsPerSecond: number
}

type Ask = ReturnType<typeof platformCalls>

export function oneCard(settings: OneCardSettings): OneCard {
  const record = recorder({ ...settings, upstream: 'one-card', sensitive: messages.SENSITIVE })
  const rules = { perSecond: settings.callsPerSecond, longestWaitMs: settings.timeoutMs }
  const ask = platformCalls({ ...settings, record, pace: createPace(rules, settings) })
  return { ...identity(ask), ...scanning(ask), ...records(ask), ...payments(ask), ...grants(ask) }
}

/** Asks and reads: what is no answer to this question is `unknown`, no Data at all is `absent`. */
async function read<T extends z.ZodType<object>>(
  ask: Ask,
  call: Call,
  as: { schema: T; echo?: Readonly<Record<string, string>> },
): Promise<Answer<z.output<T>>> {
  const reply = await ask(call)
  if (reply.kind !== 'done') return reply
  if (reply.value === null) return { kind: 'absent' }
  const parsed = answerTo(as.schema, reply.value, as.echo ?? {})
  return parsed === null ? unknown('answer-to-another-question') : done(parsed)
}

/** Whoever must be told something and is told nothing knows nothing. */
const said = <T>(answer: Answer<T>): Outcome<T> =>
  answer.kind === 'absent' ? unknown('answer-empty') : answer

const meant = <T, R>(answer: Outcome<T>, mean: (value: T) => R): Outcome<R> =>
  answer.kind === 'done' ? done(mean(answer.value)) : answer

const question = (service: Call['service'], number: string, content: Content): Call => ({
  service,
  number,
  content,
  effect: false,
})
const effect = (service: Call['service'], number: string, content: Content): Call => ({
  ...question(service, number, content),
  effect: true,
})

function identity(ask: Ask): Pick<OneCard, 'person' | 'startPresence' | 'presence' | 'card'> {
  return {
    person: async ({ name, socialSecurityNo }) => {
      const call = question('person', '', { name, socialSecurityNo })
      const answer = said(await read(ask, call, { schema: messages.PERSON }))
      return meant(answer, ({ result }) => ({ matches: result === '1' }))
    },
    startPresence: async ({ requestNo, name, socialSecurityNo, businessType }) => {
      const content = { requestNo, name, socialSecurityNo, businessType }
      const call = effect('presence', requestNo, content)
      const as = { schema: messages.PRESENCE, echo: { requestNo } }
      return meant(said(await read(ask, call, as)), ({ state, page }) => ({
        state: map.checkState(state),
        page: page ?? null,
      }))
    },
    presence: async (requestNo) => {
      const call = question('presence-result', requestNo, { requestNo })
      const answer = await read(ask, call, { schema: messages.PRESENCE, echo: { requestNo } })
      return answer.kind === 'done' ? done(map.checkState(answer.value.state)) : answer
    },
    card: async (card) => {
      const call = question('card', '', { ...map.cardHolder(card) })
      const answer = said(await read(ask, call, { schema: messages.CARD }))
      return meant(answer, ({ result, state }) => ({
        valid: result === '1' && state === 'NORMAL',
        state,
      }))
    },
  }
}

function scanning(ask: Ask): Pick<OneCard, 'shownCode' | 'scanCode' | 'scanned'> {
  return {
    shownCode: async (code) => {
      // A code counts once: a lost answer has spent it, so it is never put twice.
      const call = effect('shown-code', '', { code: code.reveal() })
      return meant(said(await read(ask, call, { schema: messages.SHOWN_CODE })), (shown) => {
        if (shown.state === 'VALID') return { state: 'valid', holder: map.cardHolder(shown) }
        return { state: shown.state === 'USED' ? 'used' : 'expired' }
      })
    },
    scanCode: async ({ requestNo, businessType }) => {
      const call = effect('scan-code', requestNo, { requestNo, businessType })
      const as = { schema: messages.SCAN_CODE, echo: { requestNo } }
      return meant(said(await read(ask, call, as)), ({ qr, expiresAt }) => ({ qr, expiresAt }))
    },
    scanned: async (requestNo) => {
      const call = question('scan-result', requestNo, { requestNo })
      const answer = await read(ask, call, { schema: messages.SCANNED, echo: { requestNo } })
      if (answer.kind !== 'done') return answer
      const { value } = answer
      return 'cardNo' in value
        ? done({ state: 'passed', holder: map.cardHolder(value) })
        : done({ state: map.scanState(value.state) })
    },
  }
}

function records(ask: Ask): Pick<OneCard, 'recordUse'> {
  return {
    recordUse: async (use) => {
      const { recordNo } = use
      const call = effect('use-record', recordNo, { ...use })
      const answer = said(await read(ask, call, { schema: messages.RECORDED, echo: { recordNo } }))
      return meant(answer, () => undefined)
    },
  }
}

/** An answer about another amount is an answer about something else. */
function forOrder(
  answer: Outcome<messages.PaymentMessage>,
  { amountFen }: OneCardOrder,
): Outcome<PaymentState> {
  if (answer.kind !== 'done') return answer
  const state = map.paymentState(answer.value)
  return state.amountFen === amountFen ? done(state) : unknown('answer-with-another-amount')
}

const asPayment = ({ orderNo }: { orderNo: string }) => ({
  schema: messages.PAYMENT,
  echo: { orderNo },
})

function payments(
  ask: Ask,
): Pick<OneCard, 'pay' | 'payCode' | 'codeHolder' | 'payByCode' | 'payment'> {
  return {
    pay: async (order) => {
      const { name, socialSecurityNo } = order.holder
      const content = { ...map.orderContent(order), name, socialSecurityNo }
      const call = effect('pay', order.orderNo, content)
      return forOrder(said(await read(ask, call, asPayment(order))), order)
    },
    payCode: async (order) => {
      const { orderNo } = order
      const call = effect('pay-code', orderNo, map.orderContent(order))
      const answer = await read(ask, call, { schema: messages.PAY_CODE, echo: { orderNo } })
      return meant(said(answer), ({ qr }) => ({ qr }))
    },
    codeHolder: async (code) => {
      const call = question('code-holder', '', { code: code.reveal() })
      const answer = await read(ask, call, { schema: messages.CODE_HOLDER })
      return answer.kind === 'done' ? done(map.cardHolder(answer.value)) : answer
    },
    payByCode: async (order) => {
      const content = { ...map.orderContent(order), code: order.code.reveal() }
      const call = effect('code-pay', order.orderNo, content)
      return forOrder(said(await read(ask, call, asPayment(order))), order)
    },
    payment: async (orderNo) => {
      const call = question('pay-query', orderNo, { orderNo })
      const answer = await read(ask, call, asPayment({ orderNo }))
      return answer.kind === 'done' ? done(map.paymentState(answer.value)) : answer
    },
  }
}

function grants(ask: Ask): Pick<OneCard, 'grant' | 'granted'> {
  return {
    grant: async (batch) => {
      const { batchNo, benefitType } = batch
      const rows = batch.rows.map(({ amountFen, ...row }) => ({ ...row, amount: amountFen }))
      const call = effect('grant', batchNo, { batchNo, benefitType, rows })
      const answer = await read(ask, call, { schema: messages.GRANT_TAKEN, echo: { batchNo } })
      return meant(said(answer), () => undefined)
    },
    granted: async (batchNo) => {
      const call = question('grant-query', batchNo, { batchNo })
      const answer = await read(ask, call, { schema: messages.GRANTED, echo: { batchNo } })
      return answer.kind === 'done' ? done(map.grantResult(answer.value)) : answer
    },
  }
}
