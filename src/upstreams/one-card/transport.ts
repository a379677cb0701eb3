/** One call of a service: paced, sealed, signed, sent, its answer classed, recorded (README.md 2 to 5). */
import type { Consumed, OneCardService } from '../../payment/one-card.ts'
import type { Content } from '../content.ts'
import type { Recorder } from '../exchange.ts'
import type { HttpReply, Send } from '../http-client.ts'
import type { Outcome } from '../upstream.ts'
import { type Handling, handlingOf } from './return-codes.ts'
import { readEnvelope } from './envelope.ts'
import { openContent, sealContent, type Sealing } from './fields.ts'
import type { Pace } from './pace.ts'
import { bodyHashOf, type Caller, signedHeaders, type SignatureProfile } from './profiles.ts'

export interface Line {
  readonly url: string
  readonly profile: SignatureProfile
  readonly caller: Caller
  readonly signBody: boolean
  readonly sealing: Sealing
  /** Our name -> the platform's number; what is not there was not allocated. */
  readonly services: ReadonlyMap<OneCardService, string>
  readonly disabled: ReadonlySet<OneCardService>
  readonly send: Send
  readonly record: Recorder
  readonly pace: Pace
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly alarm: (about: { service: string; code: string; message: string }) => void
  readonly timeoutMs: number
}

export interface Call {
  readonly service: Consumed
  /** Under which the record finds it. */
  readonly number: string
  readonly content: Content
  /** It changes something: what may have been carried out is never sent again here. */
  readonly effect: boolean
}

/** The Data of a success: null where there is none. */
export type Reply = Outcome<Content | null>

/** Back-off: 1, 2, 4 s, never more than the cap, then it is given up as not sent. */
const BACK_OFF_MS = [1_000, 2_000, 4_000] as const
/** An application that was stopped is corrected by people (HN-13): until then one call an hour. */
const STOPPED_MS = 3_600_000

const unsent = (cause: string): Reply => ({ kind: 'unsent', cause })

export function platformCalls(line: Line): (call: Call) => Promise<Reply> {
  const stopped = new Map<string, number>()
  const timestamp = ascending(line.now)
  return async (call) => {
    const number = line.services.get(call.service)
    if (number === undefined)
      return { kind: 'refused', code: 'service-unallocated', message: '一卡通平台未分配此项服务' }
    if (line.disabled.has(call.service))
      return { kind: 'refused', code: 'service-disabled', message: '此项一卡通服务已停用' }
    const rests = Math.max(stopped.get('') ?? 0, stopped.get(number) ?? 0)
    if (rests > line.now()) return unsent('stopped-by-platform')
    return tries(line, call, {
      once: () => exchange(line, call, { number, timestamp: timestamp() }),
      stop: (whole) => void stopped.set(whole ? '' : number, line.now() + STOPPED_MS),
    })
  }
}

/** No two requests of this process share their timestamp: the platform would call one a repeat. */
function ascending(now: () => number): () => string {
  let last = 0
  return () => {
    last = Math.max(now(), last + 1)
    return String(last)
  }
}

type Said =
  | { readonly kind: 'refusal'; readonly code: string; readonly message: string }
  | Extract<Reply, { kind: 'done' | 'unknown' | 'unsent' }>

interface Trying {
  readonly once: () => Promise<Said>
  readonly stop: (whole: boolean) => void
}

async function tries(line: Line, call: Call, { once, stop }: Trying): Promise<Reply> {
  let signedAgain = false
  for (let backedOff = 0; ;) {
    if (!(await line.pace.turn())) return unsent('too-many-calls-of-ours')
    const said = await once()
    if (said.kind !== 'refusal') return said
    const { code, message } = said
    const handling = handlingOf(said, call.effect)
    if (handling === 'sign-again' && !signedAgain) {
      signedAgain = true
      continue
    }
    const pauseMs = BACK_OFF_MS[backedOff]
    if (handling === 'back-off' && pauseMs !== undefined) {
      backedOff += 1
      line.pace.rest(pauseMs)
      await line.sleep(pauseMs)
      continue
    }
    if (handling === 'stop-all' || handling === 'stop-service') stop(handling === 'stop-all')
    if (handling !== 'back-off' && handling !== 'ask')
      line.alarm({ service: call.service, code, message })
    return meaning(handling, code, message)
  }
}

function meaning(handling: Handling | null, code: string, message: string): Reply {
  switch (handling) {
    case 'back-off':
      return unsent(`code-${code}`)
    case 'ask':
    case null:
      return { kind: 'unknown', cause: `code-${code}` }
    case 'alarm':
    case 'stop-all':
    case 'stop-service':
    case 'sign-again':
      return { kind: 'refused', code, message }
  }
}

async function exchange(
  line: Line,
  call: Call,
  { number, timestamp }: { number: string; timestamp: string },
): Promise<Said> {
  const answered = line.record(call.service, call.number, call.content)
  const sealed = sealContent(line.sealing, call.content)
  const body = JSON.stringify(line.sealing.scope === 'data' ? { data: sealed } : sealed)
  const bodyHash = line.signBody ? bodyHashOf(body) : null
  const headers = signedHeaders(line.profile, line.caller, { service: number, timestamp, bodyHash })
  const reply = await line.send({
    method: 'POST',
    url: line.url,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
    timeoutMs: line.timeoutMs,
  })
  const said = read(line, reply)
  answered(reply.kind === 'answer' ? String(reply.status) : reply.kind, said)
  return said
}

/** The envelope decides, whatever the status: nobody agreed on one. */
function read({ sealing }: Line, reply: HttpReply): Said {
  if (reply.kind !== 'answer') return reply
  const envelope = readEnvelope(reply.body)
  if (envelope === null) return { kind: 'unknown', cause: `http-${reply.status}-unreadable` }
  if (!envelope.success)
    return { kind: 'refusal', code: envelope.code, message: envelope.message.slice(0, 200) }
  if (envelope.data === null || envelope.data === undefined || envelope.data === '')
    return { kind: 'done', value: null }
  const data = openContent(sealing, envelope.data)
  return data === null
    ? { kind: 'unknown', cause: 'data-unreadable' }
    : { kind: 'done', value: data }
}
