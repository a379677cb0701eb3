/** One sealed POST: record, sign, encrypt, send, decrypt, verify, decide by `code` (1.2, 2.6). */
import { type Recorder, recorder, type RecordExchange } from '../exchange.ts'
import type { Send } from '../http-client.ts'
import { type Outcome, unlisted } from '../upstream.ts'
import { plain } from './canonical.ts'
import { type EnvelopeKeys, type EnvelopeProfile, openEnvelope, sealEnvelope } from './envelope.ts'
import { answerSchema, SENSITIVE } from './messages.ts'

export interface TransportSettings {
  /** Scheme, host and whatever stands before `/org/local/api/hos`; no slash at the end. */
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly keys: EnvelopeKeys
  readonly profile: TransportProfile
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  /** What a lenient profile lets pass. */
  readonly warn: (message: string) => void
}

export interface TransportProfile extends EnvelopeProfile {
  /** `lenient` believes answers whose signature fails and only warns: joint testing, never money. */
  readonly responseVerification: 'strict' | 'lenient'
}

export interface SealedCall {
  /** The infno, where the call has one. */
  readonly name: string
  /** Below `baseUrl`. */
  readonly path: string
  /** JSON text, sent byte for byte. */
  readonly payload: string
  /** The number under which the platform knows the matter. */
  readonly number: string
}

/** `done` carries the decrypted data, null when the answer had none. */
export type SealedSend = (call: SealedCall) => Promise<Outcome<unknown>>

export function sealedSend(settings: TransportSettings): SealedSend {
  const record = recorder({ ...settings, upstream: 'mid-platform', sensitive: SENSITIVE })
  return (call) => exchange(call, settings, record)
}

async function exchange(
  call: SealedCall,
  settings: TransportSettings,
  record: Recorder,
): Promise<Outcome<unknown>> {
  const { name, path, payload, number } = call
  const body = sealEnvelope(payload, { ...settings, now: settings.now() })
  const answered = record(name, number, JSON.parse(payload))
  const reply = await settings.send({
    method: 'POST',
    url: settings.baseUrl + path,
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' },
    body,
    timeoutMs: settings.timeoutMs,
  })
  if (reply.kind !== 'answer') {
    answered(reply.kind, { cause: reply.cause })
    return reply
  }
  const opened = open(reply.body, settings)
  answered(String(reply.status), opened)
  // A gateway's own status says nothing about what the platform behind it has done.
  if (reply.status !== 200) return { kind: 'unknown', cause: `http-${reply.status}` }
  return 'unreadable' in opened
    ? { kind: 'unknown', cause: opened.unreadable }
    : decide(opened, call, settings)
}

type Opened =
  | {
      readonly members: unknown
      readonly data: unknown
      readonly signature: 'good' | 'bad' | 'missing'
    }
  | { readonly unreadable: string }

function open(body: Buffer, settings: TransportSettings): Opened {
  try {
    const { members, data, signature } = openEnvelope(body.toString('utf8'), settings)
    return { members: plain(members), data: plain(data), signature }
  } catch {
    // The reason could quote the answer, and the answer could hold anything.
    return { unreadable: 'unreadable-answer' }
  }
}

const ZERO_CODES: ReadonlySet<string> = new Set(['0'])

function decide(
  opened: Exclude<Opened, { unreadable: string }>,
  call: SealedCall,
  settings: TransportSettings,
): Outcome<unknown> {
  const parsed = answerSchema.safeParse(opened.members)
  const code = parsed.data?.code ?? parsed.data?.respCode ?? ''
  if (!parsed.success || code === '') return { kind: 'unknown', cause: 'no-code' }
  const { message, respMsg, success } = parsed.data
  const ok = ZERO_CODES.has(code)
  const said = message ?? respMsg ?? ''
  // 2.1: a failing answer may come without encData and signData; it can only say no.
  const bareRefusal = !ok && opened.signature === 'missing' && opened.data === null
  if (opened.signature !== 'good' && !bareRefusal) {
    if (settings.profile.responseVerification === 'strict')
      return { kind: 'unknown', cause: `signature-${opened.signature}` }
    settings.warn(`mid-platform ${call.name} ${call.number}: signature ${opened.signature}`)
  }
  if (!ok) return { kind: 'refused', code, message: said }
  if (success === false || success === 'false') return unlisted('code-0-without-success')
  return { kind: 'done', value: opened.data }
}
