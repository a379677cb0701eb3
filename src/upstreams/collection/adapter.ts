/** The hospital's acquirer at the counter (收单机构): charges by certificate, questions, notices. */
import { nonce, type Random } from '../../payment/numbers.ts'
import { answerTo, parseObject, utf8 } from '../content.ts'
import { type RecordExchange, recorder } from '../exchange.ts'
import type { Send } from '../http-client.ts'
import { CERTIFICATE_USED, type Charge, type ChargeNotice, type Collection } from '../one-code.ts'
import { signedCalls } from '../signed-calls.ts'
import { type SignedLink, signedSend } from '../signed-link.ts'
import { sealField, signAnswer, verifyNotice } from '../signed-request.ts'
import { done, type Outcome, refused, unknown } from '../upstream.ts'
import { chargeMessage, chargeOf, NOT_FOUND, REFUSED, TURNED_AWAY, USED } from './mapping.ts'
import { CHARGE, NOTICE, PATH, SENSITIVE } from './messages.ts'

export interface CollectionSettings {
  readonly baseUrl: string
  readonly merchantNo: string
  readonly link: SignedLink
  /** Where they notify us: its path is signed. */
  readonly callbackUrl: string
  readonly timeoutMs: number
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: Random
}

export function collection(settings: CollectionSettings): Collection {
  const { link, merchantNo, random, baseUrl, timeoutMs } = settings
  const record = recorder({ ...settings, upstream: 'collection', sensitive: SENSITIVE })
  const ask = signedCalls({ baseUrl, send: signedSend(link, settings), record })
  return {
    charge: async (wish) => {
      const sealed = sealField(wish.certificate.reveal(), link.fieldKey.reveal(), random)
      const { outTradeNo: number } = wish
      const { callbackUrl } = settings
      const content = { merchantNo, ...chargeMessage(wish, sealed), callbackUrl }
      const reply = await ask({ path: PATH.charge, name: 'charge', number, content, timeoutMs })
      if (reply.kind !== 'answered') return reply
      const { code, message } = reply
      if (code === 'OK') return charged(reply.content, number)
      if (code === TURNED_AWAY) return { kind: 'unsent', cause: `code ${code}` }
      const ours = code === USED ? CERTIFICATE_USED : code
      return REFUSED.has(code) ? refused(ours, message) : unknown(`code ${code}`)
    },
    chargeState: async (number) => {
      const content = { merchantNo, outTradeNo: number }
      const reply = await ask({
        path: PATH.query,
        name: 'charge-query',
        number,
        content,
        timeoutMs,
      })
      if (reply.kind !== 'answered') return reply
      if (reply.code === NOT_FOUND) return { kind: 'absent' }
      return reply.code === 'OK' ? charged(reply.content, number) : unknown(`code ${reply.code}`)
    },
    readNotice: (raw) => readNotice(raw, settings),
    acknowledge: (raw, accepted) => {
      const body = JSON.stringify({ code: accepted ? 'OK' : 'NOT_STORED' })
      const answer = { status: 200, requestNonce: raw.headers['x-nonce'] ?? '', body }
      return { body, headers: signAnswer(answer, link.us, stampOf(settings)) }
    },
  }
}

const stampOf = ({ now, random }: CollectionSettings) => ({ now: now(), nonce: nonce(random) })

function charged(content: Parameters<typeof answerTo>[1], outTradeNo: string): Outcome<Charge> {
  const message = answerTo(CHARGE, content, { outTradeNo })
  return message === null ? unknown('answer-to-another-question') : done(chargeOf(message))
}

/** Nothing in it is looked at before the signature holds (SC-S02). */
function readNotice(
  { headers, body }: ChargeNotice,
  { link, merchantNo, callbackUrl }: CollectionSettings,
): { outTradeNo: string } | null {
  const { pathname: path } = new URL(callbackUrl)
  const verdict = verifyNotice({ method: 'POST', path, headers, body }, link.them)
  if (!verdict.trusted) return null
  const notice = NOTICE.safeParse(parseObject(utf8(body) ?? ''))
  if (!notice.success || notice.data.merchantNo !== merchantNo) return null
  return { outTradeNo: notice.data.outTradeNo }
}
