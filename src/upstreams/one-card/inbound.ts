/** The platform calling us: white list, headers, signature and repeat, answered in its words (README.md 7). */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { OneCardService } from '../../payment/one-card.ts'
import { parseObject, utf8 } from '../content.ts'
import type { OneCardAnswer, OneCardCalls, OneCardRequest, OneCardVerdict } from '../one-card.ts'
import { type AnswerForm, failure, success } from './envelope.ts'
import { openContent, sealContent, type Sealing } from './fields.ts'
import {
  bodyHashOf,
  type Caller,
  type Headers,
  type Part,
  signatureOf,
  type SignatureProfile,
} from './profiles.ts'

/** Older is refused; from further ahead than the clocks of two houses differ, too. */
const WINDOW_MS = 5 * 60_000
const AHEAD_MS = 60_000

export interface InboundSettings {
  readonly profile: SignatureProfile
  /** As the platform introduces itself; its key is not the one we sign with. */
  readonly caller: Caller
  readonly signBody: boolean
  readonly sealing: Sealing
  readonly services: ReadonlyMap<OneCardService, string>
  readonly disabled: ReadonlySet<OneCardService>
  readonly form: AnswerForm
  readonly now: () => number
  /** Remembers a message and says whether it was there already; asked last. */
  readonly seen: (message: string) => Promise<boolean>
}

type Refusal = readonly [code: string, message: string]

export function platformRequests(settings: InboundSettings): OneCardCalls {
  const { form, sealing } = settings
  const unreadable = (): OneCardAnswer => failure(form, '95270001', '提取参数出错!')
  const refuse = ([code, message]: Refusal): OneCardVerdict => ({
    believed: false,
    reason: `${code} ${message}`,
    answer: failure(form, code, message),
  })
  return {
    unreadable,
    unavailable: () => failure(form, '95279503', '后端服务不可用,请您稍后重试!'),
    succeed: (data) => success(form, data === null ? null : sealContent(sealing, data)),
    check: async (request) => {
      const headers = onceEach(request.rawHeaders)
      const refusal =
        refusalAtTheDoor(settings, request) ??
        missing(settings, headers) ??
        wrong(settings, headers, request) ??
        unsigned(settings, headers, request) ??
        (await repeated(settings, headers))
      if (refusal !== null) return refuse(refusal)
      const sent = parseObject(utf8(request.body) ?? '')
      const content = openContent(sealing, sealing.scope === 'data' ? sent?.['data'] : sent)
      if (content !== null) return { believed: true, content }
      return { believed: false, reason: 'content', answer: unreadable() }
    },
  }
}

function refusalAtTheDoor(
  { services, disabled }: InboundSettings,
  { listed, service }: OneCardRequest,
): Refusal | null {
  if (!listed) return ['95279403', 'Illegal IP!']
  if (!services.has(service)) return ['95279404', '请求没有匹配到相应服务!']
  return disabled.has(service) ? ['95279404', '您所调用的服务已注销!'] : null
}

/** Names in lower case. One that came twice is as good as none: nobody knows which was signed. */
function onceEach(raw: readonly string[]): Headers {
  const found = new Map<string, string | null>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    found.set(name, found.has(name) ? null : (raw[at + 1] ?? ''))
  }
  return Object.fromEntries(
    [...found].flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
}

const valueOf = ({ profile }: InboundSettings, headers: Headers, part: Part): string | null => {
  const name = profile.headers[part]
  return name === null ? null : (headers[name.toLowerCase()] ?? '')
}

const MISSING: readonly (readonly [Part, ...Refusal])[] = [
  ['account', '95270711', '获取不到平台账户!'],
  ['accessKey', '95270712', '获取不到平台AK!'],
  ['signature', '95270714', '获取不到签名!'],
  ['timestamp', '95270715', '获取不到时间戳!'],
  ['app', '95270718', '获取不到系统编码!'],
  ['node', '95270719', '获取不到节点端点!'],
  ['protocol', '95270720', '获取不到调用协议!'],
]

function missing(settings: InboundSettings, headers: Headers): Refusal | null {
  const found = MISSING.find(([part]) => valueOf(settings, headers, part) === '')
  return found === undefined ? null : [found[1], found[2]]
}

const WRONG: readonly (readonly [
  Exclude<Part, 'service' | 'timestamp' | 'signature'>,
  ...Refusal,
])[] = [
  ['app', '95270721', '系统编码错误!'],
  ['node', '95270722', '节点编码错误!'],
  ['protocol', '95270723', '调用协议错误!'],
  ['account', '95270713', '平台账户或AK错误!'],
  ['accessKey', '95270713', '平台账户或AK错误!'],
]

function wrong(
  settings: InboundSettings,
  headers: Headers,
  { service }: OneCardRequest,
): Refusal | null {
  const found = WRONG.find(([part]) => {
    const value = valueOf(settings, headers, part)
    return value !== null && !isSame(value, settings.caller[part])
  })
  if (found !== undefined) return [found[1], found[2]]
  const number = settings.services.get(service) ?? ''
  const also = Object.entries(settings.profile.also(number))
  const names = [[settings.profile.headers.service ?? '', number], ...also]
  const isOther = names.some(([name = '', value]) => headers[name.toLowerCase()] !== value)
  return isOther ? ['95270727', '接口编码错误!'] : null
}

function unsigned(
  settings: InboundSettings,
  headers: Headers,
  { body }: OneCardRequest,
): Refusal | null {
  const { profile, caller, signBody, now } = settings
  const timestamp = valueOf(settings, headers, 'timestamp') ?? ''
  const ageMs = now() - Number(timestamp)
  if (!/^\d{13}$/.test(timestamp) || ageMs < -AHEAD_MS) return ['95270717', '时间戳错误!']
  if (ageMs > WINDOW_MS) return ['95279401', '签名时间戳超时!']
  const signed = Object.fromEntries(
    profile.signed.map((name) => [name, headers[name.toLowerCase()] ?? '']),
  )
  const bodyHash = signBody ? bodyHashOf(body) : null
  const expected = signatureOf(profile, { headers: signed, bodyHash, key: caller.secretKey })
  const given = valueOf(settings, headers, 'signature') ?? ''
  return isSame(given, expected) ? null : ['95270716', '数字签名错误!']
}

async function repeated(settings: InboundSettings, headers: Headers): Promise<Refusal | null> {
  const parts = (['accessKey', 'timestamp', 'signature'] as const).map((part) =>
    valueOf(settings, headers, part),
  )
  return (await settings.seen(`one-card:${parts.join('|')}`)) ? ['95279401', '重复的请求!'] : null
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** By their hashes: neither length nor first wrong letter shows in the time it takes. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))
