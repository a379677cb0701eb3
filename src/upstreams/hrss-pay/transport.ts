/** One call: encrypted, signed, sent as a form; checked, decrypted, recorded (README.md 2). */
import { nonce, pick, type Random } from '../../payment/numbers.ts'
import { type Content, parseObject, utf8 } from '../content.ts'
import type { Recorder } from '../exchange.ts'
import type { HttpReply, Send } from '../http-client.ts'
import { ANSWER, BIZ_DATA } from './messages.ts'
import { type ReturnCode, returnCode } from './return-codes.ts'
import type { HrssSigning } from './signing.ts'

export interface Access {
  readonly baseUrl: string
  /** 接入标识 */
  readonly accessKey: string
  /** 应用 id */
  readonly appId: string
}

/** `declined`: the gateway took it, the business said no. `coded`: the gateway itself said why not. */
export type HrssReply =
  | { readonly kind: 'answered'; readonly content: Content }
  | { readonly kind: 'declined'; readonly message: string }
  | { readonly kind: 'coded'; readonly row: ReturnCode; readonly message: string }
  | Exclude<HttpReply, { kind: 'answer' }>

export interface HrssServiceCall {
  readonly service: string
  /** How the record names it. */
  readonly name: string
  readonly number: string
  readonly parameters: Content
  readonly timeoutMs: number
}

export interface Link {
  readonly access: Access
  readonly signing: HrssSigning
  readonly send: Send
  readonly record: Recorder
  readonly now: () => number
  readonly random: Random
}

export function hrssCalls(link: Link): (call: HrssServiceCall) => Promise<HrssReply> {
  const serial = serials(link)
  return async (call) => {
    const aaz001 = serial()
    const written = link.record(call.name, call.number, { aaz001, ...call.parameters })
    const reply = await link.send({
      method: 'POST',
      url: `${link.access.baseUrl}/${call.service}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      body: new URLSearchParams(formOf(link, call.parameters, aaz001)).toString(),
      timeoutMs: call.timeoutMs,
    })
    if (reply.kind !== 'answer') {
      written(`${reply.kind}: ${reply.cause}`, null)
      return reply
    }
    const { told, read } = readAnswer(link, reply, aaz001)
    written(String(reply.status), told)
    return read
  }
}

/** 业务流水号: 20 digits that no two calls of this process share. */
function serials({ now, random }: Link): () => string {
  let count = 0
  return () => {
    count = (count + 1) % 1_000
    return `${now()}${String(count).padStart(3, '0')}${pick(random, '0123456789', 4)}`
  }
}

/** The very text that is signed is the one that is sent (README.md 2.2). */
export function formOf(
  { access, signing, now, random }: Pick<Link, 'access' | 'signing' | 'now' | 'random'>,
  parameters: Content,
  aaz001: string,
): Record<string, string> {
  const data = signing.encrypt(JSON.stringify(parameters))
  const fields = {
    access_key: access.accessKey,
    biz_content: JSON.stringify({ aaz001, appid: access.appId, data }),
    format: 'json',
    request_id: nonce(random).slice(0, 30),
    timestamp: String(now()),
    version: '1.0',
  }
  return { ...fields, sign: signing.sign(fields) }
}

interface Read {
  /** For the record. */
  readonly told: unknown
  readonly read: HrssReply
}

const unreadable = (told: unknown, cause: string): Read => ({
  told,
  read: { kind: 'unknown', cause },
})

function readAnswer(link: Link, reply: { status: number; body: Buffer }, aaz001: string): Read {
  if (reply.status !== 200) return unreadable(null, `http-${reply.status}`)
  const answer = ANSWER.safeParse(parseObject(utf8(reply.body) ?? ''))
  if (!answer.success) return unreadable(null, 'answer-unreadable')
  const { code, msg, sub_code, sub_msg, biz_data } = answer.data
  const told = { code, msg, sub_code, sub_msg }
  const row = returnCode(code, sub_code ?? '')
  if (row === null) return unreadable(told, `unlisted-code ${code} ${sub_code ?? ''}`)
  if (row.handling !== 'done') {
    const message = sub_msg || row.subMsg || msg
    return { told, read: { kind: 'coded', row, message } }
  }
  return readBusiness(link, { told, aaz001 }, biz_data)
}

/** What answers another call is not ours: the effect is as unknown as without an answer. */
function readBusiness(
  { access, signing }: Link,
  { told, aaz001 }: { told: Content; aaz001: string },
  bizData: string | Content | null | undefined,
): Read {
  const given = typeof bizData === 'string' ? parseObject(bizData) : bizData
  const business = BIZ_DATA.safeParse(given)
  if (!business.success) return unreadable(told, 'business-answer-unreadable')
  const { data, ...rest } = business.data
  const all = { ...told, biz_data: rest }
  if (rest.aaz001 !== aaz001 || rest.appid !== access.appId)
    return unreadable(all, 'answer-to-another-call')
  if (rest.code === '0') return { told: all, read: { kind: 'declined', message: rest.message } }
  if (rest.code !== '1') return unreadable(all, `unlisted-business-code ${rest.code}`)
  const clear = data == null ? null : signing.decrypt(data)
  const content = clear === null ? null : parseObject(clear)
  if (content === null) return unreadable(all, 'data-undecryptable')
  return { told: { ...all, data: content }, read: { kind: 'answered', content } }
}
