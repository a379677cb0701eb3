/** Keys and algorithms of the gateway, chosen once by configuration and never by a message. */
import { aesCbcDecrypt, aesCbcEncrypt } from '../../crypto/aes.ts'
import { anyKey, type Verifier } from '../../crypto/any-key.ts'
import { LEAST_RSA_BITS, rsaKeyFacts, rsaSigner, rsaVerifier } from '../../crypto/rsa.ts'
import {
  type Sm2Encoding,
  type Sm2Engine,
  sm2KeyText,
  sm2PrivateKey,
  sm2PublicKey,
  sm2Signer,
  sm2Verifier,
} from '../../crypto/sm2.ts'
import { sm4CbcDecrypt, sm4CbcEncrypt } from '../../crypto/sm4.ts'
import type { Secret } from '../../errors.ts'

/** What we may sign with; the gateway's `RSA` is SHA-1, and nobody here signs with that (SC-B03). */
export type SignType = 'SM2' | 'RSA2'
export type GatewaySignAlg = 'SM2' | 'SHA256' | 'SHA1'

export interface IcbcSecurity {
  /** What the application is registered with; requests and acknowledgements carry it. */
  readonly signType: SignType
  readonly sign: (text: string) => Buffer
  readonly verifyGateway: (text: string, signature: Buffer) => boolean
  /** The one `sign_type` that a callback may name. */
  readonly callbackSignType: SignType | 'RSA'
  readonly verifyCallback: (text: string, signature: Buffer) => boolean
  readonly cipher: IcbcCipher
}

export interface IcbcCipher {
  readonly type: 'SM4' | 'AES'
  readonly encrypt: (text: string) => string
  /** @throws Error when it is not base64 of a cipher text under this key. */
  readonly decrypt: (base64: string) => string
}

/** Texts: SM2 keys as hex, base64 or PEM; RSA keys as base64 (PKCS#8, SPKI) or PEM. */
export interface IcbcKeys {
  readonly signType: SignType
  readonly appPrivateKey: Secret
  readonly gatewaySignAlg: GatewaySignAlg
  /** Two while the bank changes it. */
  readonly gatewayPublicKeys: readonly string[]
  /** Where callbacks are signed otherwise than answers: documented is RSA, always (README.md 1.6). */
  readonly callback?: {
    readonly signAlg: GatewaySignAlg
    readonly publicKeys: readonly string[]
  }
  readonly encryptType: 'SM4' | 'AES'
  /** SM4: 32 hex digits. AES: base64 of 16, 24 or 32 bytes. */
  readonly cipherKey: Secret
  readonly sm2UserId?: string
  readonly sm2Encoding?: Sm2Encoding
  readonly sm2Engine?: Sm2Engine
  /** Only in a sandbox may the gateway have the key whose private half is printed in the manual. */
  readonly allowPublishedTestKey?: boolean
}

const CALLBACK_SIGN_TYPE: Record<GatewaySignAlg, IcbcSecurity['callbackSignType']> = {
  SM2: 'SM2',
  SHA1: 'RSA',
  SHA256: 'RSA2',
}

/** @throws Error for a key that cannot be read, is too short, or is the published test key (1.3). */
export function icbcSecurity(keys: IcbcKeys): IcbcSecurity {
  const answers = { signAlg: keys.gatewaySignAlg, publicKeys: keys.gatewayPublicKeys }
  const callback = keys.callback ?? answers
  const verifierOf = ({ signAlg, publicKeys }: typeof answers): Verifier =>
    anyKey(publicKeys.map((publicKey) => verifier(keys, signAlg, publicKey)))
  return {
    signType: keys.signType,
    sign: signer(keys),
    verifyGateway: verifierOf(answers),
    callbackSignType: CALLBACK_SIGN_TYPE[callback.signAlg],
    verifyCallback: verifierOf(callback),
    cipher: cipher(keys),
  }
}

function signer(keys: IcbcKeys): (text: string) => Buffer {
  const key = keys.appPrivateKey.reveal()
  if (keys.signType === 'SM2') return sm2Signer(sm2PrivateKey(sm2KeyText(key)), sm2Options(keys))
  return rsaSigner(key)
}

function verifier(keys: IcbcKeys, alg: GatewaySignAlg, publicKey: string): Verifier {
  if (alg === 'SM2') return sm2Verifier(sm2PublicKey(sm2KeyText(publicKey)), sm2Options(keys))
  const { bits, modulusPrefixHex } = rsaKeyFacts(publicKey, 'public')
  const isTestKey = modulusPrefixHex === TEST_KEY_BEGINS
  if (isTestKey && keys.allowPublishedTestKey !== true)
    throw new Error('the gateway key is the published test key: anybody can sign for it')
  return rsaVerifier(publicKey, alg, isTestKey ? bits : LEAST_RSA_BITS)
}

/** Modulus of API_GATEWAY.pub in the SDK, 1,024 bits; README.md 4.1 prints its private half. */
const TEST_KEY_BEGINS = 'b01601c3e24cc454'

function sm2Options(keys: IcbcKeys) {
  return {
    encoding: keys.sm2Encoding ?? 'der',
    ...(keys.sm2UserId === undefined ? {} : { userId: keys.sm2UserId }),
    ...(keys.sm2Engine === undefined ? {} : { engine: keys.sm2Engine }),
  }
}

/** Both ciphers are CBC with an IV of zero bytes: the bank's rule, not ours (README.md 1.5). */
const ZERO_IV = Buffer.alloc(16)
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function cipher(keys: IcbcKeys): IcbcCipher {
  const sm4 = keys.encryptType === 'SM4'
  const key = Buffer.from(keys.cipherKey.reveal(), sm4 ? 'hex' : 'base64')
  const encrypt = sm4 ? sm4CbcEncrypt : aesCbcEncrypt
  const decrypt = sm4 ? sm4CbcDecrypt : aesCbcDecrypt
  // Asked once at start, so that a wrong key stops the service and not the first payment.
  encrypt(key, ZERO_IV, '')
  return {
    type: keys.encryptType,
    encrypt: (text) => encrypt(key, ZERO_IV, text).toString('base64'),
    decrypt: (base64) => {
      if (!BASE64.test(base64)) throw new Error('not base64')
      const clear = decrypt(key, ZERO_IV, Buffer.from(base64, 'base64'))
      return new TextDecoder('utf-8', { fatal: true }).decode(clear)
    },
  }
}
