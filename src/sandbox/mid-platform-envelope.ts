/** The envelope of the mid-platform, both directions (upstreams/mid-platform/README.md 2). */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { parseObject, timeOf } from './answers.ts'
import type { SandboxCrypto } from './registry.ts'
import { shanghai } from './shanghai.ts'

/** The code passes appSecret as "userId", but what takes effect is the default id (2.4). */
const USER_ID = '1234567812345678'
const SKEW_MS = 15 * 60_000
const UNSIGNED = new Set(['signData', 'encData', 'extra'])

export type KeyOrder = 'ordinal' | 'ignore-case'

/** Whose envelope: `privateKeyHex` signs what is sealed, `publicKeyHex` checks what is opened. */
export interface EnvelopeLink {
  readonly appId: string
  readonly appSecret: string
  readonly privateKeyHex: string
  readonly publicKeyHex: string
  readonly version: string
  readonly timestampFormat: 'yyyyMMddHHmmss' | 'ms' | 's'
  readonly sort: KeyOrder
  readonly crypto: SandboxCrypto
}

export type Opened =
  | {
      readonly kind: 'opened'
      /** The decrypted text, for telling an identical resend. */
      readonly text: string
      readonly data: Record<string, unknown>
    }
  | { readonly kind: 'distrusted'; readonly reason: string }
const distrust = (reason: string): Opened => ({ kind: 'distrusted', reason })

/** Canonical JSON of 2.3: sorted, compact, leaves as strings, null, "" and empty arrays dropped. */
export function canonical(value: unknown, sort: KeyOrder): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, sort)).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(text(value))
  const members = Object.entries(value)
    .filter(([, member]) => !isEmpty(member))
    .toSorted(([a], [b]) => compare(fold(a, sort), fold(b, sort)))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member, sort)}`).join(',')}}`
}

const fold = (key: string, sort: KeyOrder): string =>
  sort === 'ignore-case' ? key.toLowerCase() : key

/** By UTF-16 unit, as Java's TreeMap and .NET's Ordinal do; never by locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  )
}

function text(leaf: unknown): string {
  if (typeof leaf === 'string') return leaf
  if (typeof leaf === 'number' || typeof leaf === 'boolean') return String(leaf)
  // The reference Java crashes on null in an array; a platform that crashes answers nothing good.
  throw new Error('null or non-JSON leaf in an array')
}

/** Sign text of 2.2 over the members of an envelope, `data` being plain. */
export function signText(
  members: Record<string, unknown>,
  appSecret: string,
  sort: KeyOrder,
): string {
  const pairs = Object.entries(members)
    .filter(([key, value]) => !UNSIGNED.has(key) && !isEmpty(value))
    .map(([key, value]) => {
      const written = typeof value === 'object' ? canonical(value, sort) : text(value)
      return `${key}=${written}&`
    })
  return `${pairs.toSorted((a, b) => compare(a, b)).join('')}key=${appSecret}`
}

/** SM4 key of 2.5: the first 16 *characters* of the upper-case hex, used as ASCII. */
export function deriveKey(appId: string, appSecret: string): Buffer {
  const cipher = createCipheriv('sm4-ecb', Buffer.from(appId, 'ascii').subarray(0, 16), null)
  const sealed = Buffer.concat([cipher.update(appSecret, 'utf8'), cipher.final()])
  return Buffer.from(sealed.toString('hex').toUpperCase().slice(0, 16), 'ascii')
}

export function encrypt(plain: string, key: Buffer): string {
  const cipher = createCipheriv('sm4-ecb', key, null)
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return sealed.toString('hex').toUpperCase()
}

/** @returns null for what is not hex of whole, well padded blocks. */
export function decrypt(sealed: string, key: Buffer): string | null {
  if (!/^(?:[0-9a-fA-F]{32})+$/.test(sealed)) return null
  try {
    const decipher = createDecipheriv('sm4-ecb', key, null)
    const plain = Buffer.concat([decipher.update(Buffer.from(sealed, 'hex')), decipher.final()])
    return new TextDecoder('utf-8', { fatal: true }).decode(plain)
  } catch {
    return null
  }
}

export function writeTimestamp(at: number, format: EnvelopeLink['timestampFormat']): string {
  if (format === 'ms') return String(at)
  return format === 's' ? String(Math.floor(at / 1000)) : shanghai.compact(at)
}

function readTimestamp(written: unknown, format: EnvelopeLink['timestampFormat']): number {
  if (typeof written !== 'string') return Number.NaN
  if (format === 'ms') return /^\d{13}$/.test(written) ? Number(written) : Number.NaN
  if (format === 's') return /^\d{10}$/.test(written) ? Number(written) * 1000 : Number.NaN
  return /^\d{14}$/.test(written) ? timeOf(written) : Number.NaN
}

export function openEnvelope(link: EnvelopeLink, body: Buffer, now: number): Opened {
  const envelope = parseObject(body.toString('utf8'))
  if (!envelope) return distrust('报文不是 JSON 对象')
  if ('data' in envelope) return distrust('明文 data 不得上送')
  const { appId, encType, signType, version, timestamp, encData, signData } = envelope
  if (appId !== link.appId) return distrust('appId 未登记')
  if (encType !== 'SM4' || signType !== 'SM2') return distrust('encType 或 signType 不支持')
  if (version !== link.version) return distrust('version 不支持')
  const skew = Math.abs(now - readTimestamp(timestamp, link.timestampFormat))
  if (!(skew <= SKEW_MS)) return distrust('timestamp 格式不正确或偏差过大')
  if (typeof encData !== 'string' || typeof signData !== 'string')
    return distrust('缺少 encData 或 signData')
  const plain = decrypt(encData, deriveKey(link.appId, link.appSecret))
  const data = plain === null ? null : parseObject(plain)
  if (plain === null || !data) return distrust('解密失败')
  return isSigned(link, { ...envelope, data }, signData)
    ? { kind: 'opened', text: plain, data }
    : distrust('验签失败')
}

function isSigned(link: EnvelopeLink, members: Record<string, unknown>, signData: string): boolean {
  const signature = Buffer.from(signData, 'base64')
  if (signature.length !== 64 || signature.toString('base64') !== signData) return false
  const key = { publicKeyHex: link.publicKeyHex, userId: USER_ID }
  try {
    const signed = signText(members, link.appSecret, link.sort)
    return link.crypto.sm2Verify(Buffer.from(signed, 'utf8'), signature, key)
  } catch {
    return false
  }
}

/** Signs over plain `data`, then encrypts it; `extra` are the members only an answer has. */
export function sealEnvelope(
  link: EnvelopeLink,
  content: { data: Record<string, unknown>; at: number; extra?: Record<string, unknown> },
): Record<string, unknown> {
  const members = {
    ...content.extra,
    appId: link.appId,
    encType: 'SM4',
    signType: 'SM2',
    version: link.version,
    timestamp: writeTimestamp(content.at, link.timestampFormat),
  }
  const signed = signText({ ...members, data: content.data }, link.appSecret, link.sort)
  const signature = link.crypto.sm2Sign(Buffer.from(signed, 'utf8'), link.privateKeyHex, USER_ID)
  return {
    ...members,
    encData: encrypt(JSON.stringify(content.data), deriveKey(link.appId, link.appSecret)),
    signData: signature.toString('base64'),
  }
}
