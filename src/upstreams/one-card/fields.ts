/** What the document wants under SM4 (README.md 3): who somebody is, alone or with all that is around it. */
import { sm4CbcDecrypt, sm4CbcEncrypt, sm4EcbDecrypt, sm4EcbEncrypt } from '../../crypto/sm4.ts'
import type { Secret } from '../../errors.ts'
import type { Random } from '../../payment/numbers.ts'
import { type Content, parseObject } from '../content.ts'

const PERSONAL: ReadonlySet<string> = new Set([
  'name',
  'idNo',
  'cardNo',
  'phone',
  'socialSecurityNo',
])

export interface Sealing {
  /** `cbc`: a random IV stands before the cipher text. */
  readonly mode: 'cbc' | 'ecb'
  /** Each personal member, or everything as one text. */
  readonly scope: 'field' | 'data'
  readonly key: Secret<Buffer>
  readonly random: Random
}

const BLOCK = 16
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function sealText({ mode, key, random }: Sealing, text: string): string {
  if (mode === 'ecb') return sm4EcbEncrypt(key.reveal(), text).toString('base64')
  const iv = Buffer.from(Array.from({ length: BLOCK }, () => Math.floor(random() * 256)))
  return Buffer.concat([iv, sm4CbcEncrypt(key.reveal(), iv, text)]).toString('base64')
}

/** @returns null for what is not under this key. */
export function openText({ mode, key }: Sealing, sealed: string): string | null {
  if (!BASE64.test(sealed)) return null
  const bytes = Buffer.from(sealed, 'base64')
  try {
    const clear =
      mode === 'ecb'
        ? sm4EcbDecrypt(key.reveal(), bytes)
        : sm4CbcDecrypt(key.reveal(), bytes.subarray(0, BLOCK), bytes.subarray(BLOCK))
    return new TextDecoder('utf-8', { fatal: true }).decode(clear)
  } catch {
    return null
  }
}

/** As it goes out. */
export function sealContent(sealing: Sealing, content: unknown): unknown {
  return sealing.scope === 'data'
    ? sealText(sealing, JSON.stringify(content))
    : eachPersonal(content, (text) => sealText(sealing, text))
}

/** As it came in: an object, the same as text, or all of it sealed. @returns null when it is none. */
export function openContent(sealing: Sealing, data: unknown): Content | null {
  const isText = typeof data === 'string'
  if (isText && !data.trimStart().startsWith('{')) return parseObject(openText(sealing, data) ?? '')
  // Whoever agreed to seal everything and sends it clear is not who was agreed with.
  if (sealing.scope === 'data') return null
  const content = isText ? parseObject(data) : data
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return null
  try {
    const clear = eachPersonal(content, (text) => {
      const opened = openText(sealing, text)
      if (opened === null) throw new NotSealed()
      return opened
    })
    return parseObject(JSON.stringify(clear))
  } catch (error) {
    if (error instanceof NotSealed) return null
    throw error
  }
}

class NotSealed extends Error {
  override name = 'NotSealed'
}

function eachPersonal(value: unknown, change: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => eachPersonal(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      PERSONAL.has(name) && typeof member === 'string'
        ? change(member)
        : eachPersonal(member, change),
    ]),
  )
}
