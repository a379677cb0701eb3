/** One call: sealed, sent, read in the order protocol, business, state (README.md 1, 2). */
import { sm4EcbDecrypt, sm4EcbEncrypt } from '../../crypto/sm4.ts'
import type { Secret } from '../../errors.ts'
import { type RecordExchange, recorder } from '../exchange.ts'
import type { HttpReply, Send } from '../http-client.ts'
import type { OneCodeAnswer } from '../one-code.ts'
import { saidOf, shown } from './mapping.ts'
import { ANSWER, type RequestEnvelope, SEALED, SENSITIVE } from './messages.ts'
import { NO_PASSWORD, SUCCESS } from './return-codes.ts'

export interface TransportSettings {
  readonly baseUrl: string
  readonly orgId: string
  /** orgId, or what the feedback form says instead, `&` and six digits. */
  readonly reqtType: string
  /** 16 bytes, as issued. */
  readonly key: Secret<Buffer>
  readonly timeoutMs: number
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
}

export interface OneCodeCall {
  readonly name: 'signedQuery' | 'genPayCert'
  /** For the record: the serial number, or nothing. */
  readonly number: string
  readonly input: object
}

/** @returns `done` with the opened object; its members are still to be checked. */
export type OneCodeSend = (call: OneCodeCall) => Promise<OneCodeAnswer<unknown>>

export const seal = (input: object, key: Buffer): string =>
  sm4EcbEncrypt(key, JSON.stringify(input)).toString('hex').toUpperCase()

const BLOCK = 16
/** The longest answer of the document is far below. */
const LONGEST_SEALED = 16_384

/** Null for anything but a whole JSON object under this key: no part of it is used. */
export function open(sealed: string, key: Buffer): unknown {
  const inShape = /^(?:[0-9a-f]{2})+$/i.test(sealed) && sealed.length % (2 * BLOCK) === 0
  if (!inShape || sealed.length > LONGEST_SEALED) return null
  try {
    const bytes = sm4EcbDecrypt(key, Buffer.from(sealed, 'hex'))
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

export function oneCodeSend(settings: TransportSettings): OneCodeSend {
  const record = recorder({ ...settings, upstream: 'one-code', sensitive: SENSITIVE })
  const nextTimestamp = monotonic(settings.now)
  return async ({ name, number, input }) => {
    const envelope: RequestEnvelope = {
      reqtType: settings.reqtType,
      encData: seal(input, settings.key.reveal()),
      version: '1.0.0',
      orgId: settings.orgId,
      timestamp: nextTimestamp(),
    }
    const answered = record(name, number, { ...envelope, input })
    const reply = await settings.send({
      method: 'POST',
      url: `${settings.baseUrl}/cfc/api/${name}`,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        accept: 'application/json',
      },
      body: JSON.stringify(envelope),
      timeoutMs: settings.timeoutMs,
    })
    const { answer, wrote } = read(reply, settings.key.reveal())
    answered(reply.kind === 'answer' ? String(reply.status) : reply.kind, wrote)
    return answer
  }
}

/** Two calls of one millisecond differ too. */
function monotonic(now: () => number): () => string {
  let last = 0
  return () => {
    last = Math.max(now(), last + 1)
    return String(last).padStart(13, '0')
  }
}

interface Read {
  readonly answer: OneCodeAnswer<unknown>
  readonly wrote: unknown
}

const unknown = (cause: string, wrote: unknown = null): Read => ({
  answer: { kind: 'unknown', cause, said: null },
  wrote,
})

function read(reply: HttpReply, key: Buffer): Read {
  if (reply.kind === 'unsent') return { answer: reply, wrote: null }
  if (reply.kind === 'unknown') return unknown(reply.cause)
  if (reply.status < 200 || reply.status > 299) return unknown(`http-${reply.status}`)
  const parsed = ANSWER.safeParse(jsonOf(reply.body))
  if (!parsed.success) return unknown('answer-unreadable')
  const { code, message, success, data } = parsed.data
  const wrote = { code, message, success }
  // The one other code that may come with a result: the matter itself went on, without a password.
  const mayCarryResult = code === SUCCESS || code === NO_PASSWORD
  if (!mayCarryResult) return { answer: saidOf(code, message), wrote }
  if (success === false) return { answer: businessFailure(message), wrote }
  const sealed = SEALED.safeParse(data)
  const opened = sealed.success ? open(sealed.data.encData, key) : null
  if (opened !== null)
    return { answer: { kind: 'done', value: opened }, wrote: { ...wrote, data: opened } }
  return code === SUCCESS ? unknown('integrity', wrote) : { answer: saidOf(code, message), wrote }
}

const businessFailure = (message: string | null | undefined): OneCodeAnswer<never> => ({
  kind: 'refused',
  code: 'success-false',
  message: shown(message) || '一码付业务异常',
  handling: 'other-payment',
})

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return null
  }
}
