/** One JSON POST in the envelope of README.md 1. */
import { compactTime, plainTime, type Random } from '../../payment/numbers.ts'
import { recorder, type RecordExchange } from '../exchange.ts'
import type { HttpReply, Send } from '../http-client.ts'
import type { Outcome } from '../upstream.ts'
import type { Authenticator } from './authenticators.ts'
import { jsonOf, refusalOf } from './mapping.ts'
import { answerSchema, type RequestEnvelope, SENSITIVE } from './messages.ts'

/** What the bureau registered for one hospital. */
export interface Hospital {
  /** National code, 12 characters. */
  readonly fixmedinsCode: string
  readonly fixmedinsName: string
  readonly mdtrtareaAdmvs: string
  readonly recerSysCode: string
  readonly operator: string
  readonly operatorName: string
}

export interface TransportSettings {
  readonly hospital: Hospital
  readonly timeoutMs: number
  readonly authenticate: Authenticator
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: Random
  /** Of this process's messages, 0-9999 and round again; counted from a random start by default. */
  readonly nextSequence?: () => number
}

export interface CoreCall {
  readonly infno: string
  /** Service name, where the gateway grants rights by name. */
  readonly service: string
  readonly url: string
  /** Empty for 9001. */
  readonly signNo: string
  readonly input: Readonly<Record<string, unknown>>
}

/** @returns `done` with `output`. */
export type CoreSend = (call: CoreCall) => Promise<Outcome<unknown>>

export function coreSend(settings: TransportSettings): CoreSend {
  const { hospital } = settings
  const record = recorder({ ...settings, upstream: 'insurance-baseline', sensitive: SENSITIVE })
  const nextSequence = settings.nextSequence ?? counter(settings.random)
  return async (call) => {
    const at = settings.now()
    const sequence = String(nextSequence() % 10_000).padStart(4, '0')
    const msgid = hospital.fixmedinsCode + compactTime(at) + sequence
    const message = envelope(call, hospital, { at, msgid })
    const answered = record(call.service, msgid, message)
    const reply = await settings.send({
      method: 'POST',
      url: call.url,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        accept: 'application/json',
        ...settings.authenticate(call.service),
      },
      body: JSON.stringify(message),
      timeoutMs: settings.timeoutMs,
    })
    const value = reply.kind === 'answer' ? jsonOf(reply.body.toString('utf8')) : reply
    answered(reply.kind === 'answer' ? String(reply.status) : reply.kind, readable(value))
    return outcomeOf(reply, value)
  }
}

/** The start differs by process, so that two of them in one second do not share their numbers. */
function counter(random: Random): () => number {
  let last = Math.floor(random() * 10_000)
  return () => {
    last = (last + 1) % 10_000
    return last
  }
}

function envelope(
  call: CoreCall,
  hospital: Hospital,
  stamp: { at: number; msgid: string },
): RequestEnvelope {
  return {
    infno: call.infno,
    msgid: stamp.msgid,
    mdtrtarea_admvs: hospital.mdtrtareaAdmvs,
    insuplc_admdvs: '',
    recer_sys_code: hospital.recerSysCode,
    dev_no: '',
    dev_safe_info: '',
    cainfo: '',
    signtype: '',
    infver: 'V1.0',
    opter_type: '3',
    opter: hospital.operator,
    opter_name: hospital.operatorName,
    inf_time: plainTime(stamp.at),
    fixmedins_code: hospital.fixmedinsCode,
    fixmedins_name: hospital.fixmedinsName,
    sign_no: call.signNo,
    input: call.input,
  }
}

/** `output` as JSON text would pass the mask, which looks at names. */
function readable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('output' in value)) return value
  return { ...value, output: jsonOf(value.output) }
}

function outcomeOf(reply: HttpReply, value: unknown): Outcome<unknown> {
  if (reply.kind !== 'answer') return reply
  if (reply.status !== 200) return { kind: 'unknown', cause: `http-${reply.status}` }
  const parsed = answerSchema.safeParse(value)
  if (!parsed.success || parsed.data.infcode === '') return { kind: 'unknown', cause: 'no-infcode' }
  const { infcode, err_msg: message, output } = parsed.data
  if (infcode !== '0') return refusalOf(infcode, message ?? '')
  return { kind: 'done', value: jsonOf(output) }
}
