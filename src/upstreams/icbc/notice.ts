/** Callbacks (上行网关通知): read over the bytes as received, answered to the letter (README.md 1.6). */
import { sm3Hex } from '../../crypto/sm3.ts'
import {
  type Acknowledgement,
  type Notice,
  type NoticeKind,
  type RawNotice,
  unverifiedId,
} from '../bank.ts'
import { type Content, hintedNumber, isNumber, parseObject, utf8 } from '../content.ts'
import { mixedState } from './mapping.ts'
import { CASH_NOTICE, MIXED } from './messages.ts'
import type { IcbcSecurity } from './security.ts'
import { decrypted, signText } from './transport.ts'

export interface NoticeOptions {
  readonly appId: string
  readonly security: IcbcSecurity
  /** The path of each callback address as the bank knows it, in front of every proxy of ours. */
  readonly publicPath: Record<NoticeKind, string>
  /** Whether the answer carries `returnCode` beside `return_code`. */
  readonly includeReturnCode: boolean
}

/** The answer must be encrypted when the notice was. */
export type IcbcNotice = Notice & { readonly encrypted?: boolean }

type Form = ReadonlyMap<string, string>

/** Nothing in the content is looked at before the signature holds (SC-S02), except for the hint. */
export function readNotice(raw: RawNotice, options: NoticeOptions): IcbcNotice {
  const form = parseForm(raw.body)
  const reason = form === null ? 'form-unreadable' : distrust(form, raw.kind, options)
  if (form === null || reason !== null) return unverified(raw, { form, options }, reason)
  const encrypted = (form.get('encrypt_type') ?? '') !== ''
  const content = contentOf(form, options.security)
  const notice = content === null ? null : understand(raw, content)
  return notice === null
    ? unverified(raw, { form, options }, 'content-unreadable')
    : { ...notice, encrypted }
}

/** Why this is not the bank speaking to us; null when it is. */
function distrust(form: Form, kind: NoticeKind, options: NoticeOptions): string | null {
  const { security } = options
  const encryptType = form.get('encrypt_type') ?? ''
  if (form.get('app_id') !== options.appId) return 'app-id'
  // The sender may not choose the algorithm: what it names must be what was agreed.
  if (form.get('sign_type') !== security.callbackSignType) return 'sign-type'
  if (encryptType !== '' && encryptType !== security.cipher.type) return 'encrypt-type'
  const sign = form.get('sign') ?? ''
  const signature = Buffer.from(sign, 'base64')
  // Base64 has spare bits, so one signature has several spellings: only the bank's own is taken.
  if (sign === '' || signature.toString('base64') !== sign) return 'sign-missing'
  const text = signText(options.publicPath[kind], Object.fromEntries(form))
  return security.verifyCallback(text, signature) ? null : 'signature'
}

function contentOf(form: Form, security: IcbcSecurity): Content | null {
  const sent = form.get('biz_content') ?? ''
  const clear = (form.get('encrypt_type') ?? '') === '' ? sent : decrypted(sent, security)
  return clear === null ? null : parseObject(clear)
}

function understand(raw: RawNotice, content: Content): Notice | null {
  if (raw.kind === 'mixed-order') {
    const mixed = MIXED.safeParse(content)
    const state = mixed.success ? mixedState(mixed.data) : null
    return (
      state && { kind: raw.kind, verified: true, messageId: messageId(content, raw.body), state }
    )
  }
  const cash = CASH_NOTICE.safeParse(content)
  if (!cash.success || !isNumber(cash.data.out_trade_no)) return null
  return {
    kind: raw.kind,
    verified: true,
    messageId: messageId(content, raw.body),
    outTradeNo: cash.data.out_trade_no,
    paid: cash.data.return_code === '0',
  }
}

/** The bank's own number; it is optional, and then the bytes name themselves. */
function messageId(content: Content, body: Buffer): string {
  const id = content['msg_id']
  return typeof id === 'string' && /^[\w-]{1,40}$/.test(id) ? id : sm3Hex(body).slice(0, 32)
}

function unverified(
  raw: RawNotice,
  { form, options }: { form: Form | null; options: NoticeOptions },
  reason: string | null,
): IcbcNotice {
  const sent = form?.get('biz_content') ?? ''
  // A forger cannot encrypt, but a bank with a wrong key can: its hint is as good as any.
  const text = sent.trimStart().startsWith('{') ? sent : (decrypted(sent, options.security) ?? '')
  return {
    kind: 'unverified',
    verified: false,
    messageId: unverifiedId(raw),
    hint: hintOf(raw.kind, text),
    reason: reason ?? 'unknown',
  }
}

/** The mixed order's own number and the institution number, which a cash notice calls order_id. */
function hintOf(kind: NoticeKind, text: string) {
  return {
    mixTradeNo: kind === 'mixed-order' ? hintedNumber(text, 'mix_trade_no') : null,
    institutionNo: hintedNumber(text, kind === 'mixed-order' ? 'out_trade_no' : 'order_id'),
  }
}

/** @returns null for what has two readings: repeated names, broken escapes, text that is not UTF-8. */
function parseForm(body: Buffer): Form | null {
  const form = new Map<string, string>()
  for (const pair of (utf8(body) ?? '%').split('&')) {
    const at = pair.indexOf('=')
    const name = decodeText(at < 0 ? pair : pair.slice(0, at))
    const value = decodeText(at < 0 ? '' : pair.slice(at + 1))
    if (name === null || value === null || form.has(name)) return null
    if (name !== '') form.set(name, value)
  }
  return form
}

function decodeText(escaped: string): string | null {
  try {
    return decodeURIComponent(escaped.replaceAll('+', ' '))
  } catch {
    return null
  }
}

/**
 * The exact text of README.md 1.6: this order of members, no blanks; signed from behind the first
 * brace up to the sign. `-12345` is the bank's own word for "your signature does not hold".
 */
export function acknowledgement(
  notice: IcbcNotice,
  accepted: boolean,
  { security, includeReturnCode }: NoticeOptions,
): Acknowledgement {
  const [code, message] = answerOf(notice, accepted)
  const content = JSON.stringify({
    return_code: code,
    return_msg: message,
    msg_id: notice.messageId,
    ...(includeReturnCode ? { returnCode: String(code) } : {}),
  })
  const business = notice.encrypted === true ? `"${security.cipher.encrypt(content)}"` : content
  const text = `"response_biz_content":${business},"sign_type":"${security.signType}"`
  const sign = security.sign(text).toString('base64')
  return {
    contentType: 'application/json; charset=utf-8',
    headers: {},
    body: `{${text},"sign":"${sign}"}`,
  }
}

function answerOf(notice: Notice, accepted: boolean): readonly [code: number, message: string] {
  if (!notice.verified) return [-12345, 'sign-not-pass']
  // Positive is "failed": the bank sends again, which is what we want when nothing was committed.
  return accepted ? [0, 'success'] : [1, 'not-stored']
}
