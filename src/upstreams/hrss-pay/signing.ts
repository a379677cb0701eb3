/** The text that is signed, the signature, and the SM4 data of both directions (README.md 2). */
import { anyKey } from '../../crypto/any-key.ts'
import {
  type Sm2Encoding,
  type Sm2Engine,
  type Sm2PrivateKey,
  type Sm2PublicKey,
  sm2Signer,
  sm2Verifier,
} from '../../crypto/sm2.ts'
import { sm4EcbDecrypt, sm4EcbEncrypt } from '../../crypto/sm4.ts'
import type { Secret } from '../../errors.ts'
import { utf8 } from '../content.ts'

export interface HrssKeys {
  readonly privateKey: Sm2PrivateKey
  /** Two while they change it. */
  readonly theirKeys: readonly Sm2PublicKey[]
  /** The channel key (渠道密钥), 16 bytes. */
  readonly dataKey: Secret<Buffer>
  readonly signatureFormat: Sm2Encoding
  /** Fields that the source string leaves out. */
  readonly signExclude: readonly string[]
  readonly engine?: Sm2Engine
}

export interface HrssSigning {
  readonly sign: (fields: Readonly<Record<string, string>>) => string
  readonly verify: (fields: Readonly<Record<string, string>>, signature: string) => boolean
  readonly encrypt: (text: string) => string
  /** Null when it is not strict Base64, or not under this key. */
  readonly decrypt: (data: string) => string | null
}

/** `key1=value1&key2=value2` of the non-empty fields in ASCII order, values as they are. */
export function sourceString(
  fields: Readonly<Record<string, string>>,
  exclude: readonly string[],
): string {
  return Object.entries(fields)
    .filter(([name, value]) => value !== '' && !exclude.includes(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

export function hrssSigning(keys: HrssKeys): HrssSigning {
  const { engine, signatureFormat, signExclude } = keys
  const options = engine === undefined ? {} : { engine }
  const sign = sm2Signer(keys.privateKey, { ...options, encoding: signatureFormat })
  const verifierOf = (encoding: Sm2Encoding) =>
    anyKey(keys.theirKeys.map((key) => sm2Verifier(key, { ...options, encoding })))
  const verifiers = { raw: verifierOf('raw'), der: verifierOf('der') }
  return {
    sign: (fields) => sign(sourceString(fields, signExclude)).toString('base64'),
    verify: (fields, signature) => {
      const bytes = strictBase64(signature)
      if (bytes === null) return false
      const verify = bytes.length === 64 ? verifiers.raw : verifiers.der
      return verify(sourceString(fields, signExclude), bytes)
    },
    encrypt: (text) => sm4EcbEncrypt(keys.dataKey.reveal(), text).toString('base64'),
    decrypt: (data) => {
      const bytes = strictBase64(data)
      if (bytes === null || bytes.length === 0) return null
      try {
        return utf8(sm4EcbDecrypt(keys.dataKey.reveal(), bytes))
      } catch {
        return null
      }
    },
  }
}

/** `Buffer.from` forgives stray characters; two texts of one value would be two notices. */
export function strictBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
