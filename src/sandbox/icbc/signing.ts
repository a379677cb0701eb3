/** Signatures and ciphers of the gateway, both directions (upstreams/icbc/README.md 1.3, 1.5). */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { NodeRSA } from 'node-rsa'
import { fromDer, toDer } from '../crypto.ts'
import type { RsaKeyPair } from '../parameters.ts'
import type { SandboxContext } from '../registry.ts'

export interface GatewaySigning {
  /** Registered by the application; requests and acknowledgements must carry it. */
  readonly appSignType: 'SM2' | 'RSA2'
  /** `sign_type` of callbacks: RSA for SHA-1 as documented, by analogy for the others. */
  readonly callbackSignType: SignType
  /** Verifies what the hospital signed. */
  verifyApp(text: string, signatureBase64: string): boolean
  /** Signs what the bank answers; base64. */
  signAnswer(text: string): string
  signCallback(text: string): string
  encrypt(text: string): string
  /** @returns null when it is not base64 or not a ciphertext under the shared key. */
  decrypt(base64: string): string | null
}

type SignType = 'SM2' | 'RSA2' | 'RSA'

const SIGN_TYPE = { SM2: 'SM2', SHA256: 'RSA2', SHA1: 'RSA' } as const
const SCHEME = { RSA2: 'pkcs1-sha256', RSA: 'pkcs1-sha1' } as const
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function createSigning(context: SandboxContext): GatewaySigning {
  const { profiles, parameters, crypto } = context
  const { app, gateway } = parameters.icbc
  const { signType, sm2UserId: userId, sm2Encoding } = profiles.icbc
  const answerSignType = SIGN_TYPE[profiles.icbc.gatewaySignAlg]
  const callbackSignType = SIGN_TYPE[profiles.icbc.callbackSignAlg]
  const appRsa = signType === 'SM2' ? null : rsaKeys(app.rsa)
  const isSm2 = answerSignType === 'SM2' && callbackSignType === 'SM2'
  const gatewayRsa = isSm2 ? null : rsaKeys(gateway.rsa)
  const sign = (text: string, type: SignType): string => {
    const message = Buffer.from(text)
    if (gatewayRsa !== null && type !== 'SM2')
      return withScheme(gatewayRsa.privateKey, SCHEME[type]).sign(message, 'base64')
    const raw = crypto.sm2Sign(message, gateway.sm2.privateKeyHex, userId)
    return (sm2Encoding === 'der' ? toDer(raw) : raw).toString('base64')
  }
  return {
    appSignType: signType,
    callbackSignType,
    verifyApp: (text, signatureBase64) => {
      if (signatureBase64 === '' || !BASE64.test(signatureBase64)) return false
      const message = Buffer.from(text)
      const bytes = Buffer.from(signatureBase64, 'base64')
      if (appRsa !== null && signType !== 'SM2')
        return withScheme(appRsa.publicKey, SCHEME[signType]).verify(message, bytes)
      const raw = sm2Encoding === 'der' ? fromDer(bytes) : bytes
      if (raw === null) return false
      return crypto.sm2Verify(message, raw, { publicKeyHex: app.sm2.publicKeyHex, userId })
    },
    signAnswer: (text) => sign(text, answerSignType),
    signCallback: (text) => sign(text, callbackSignType),
    ...ciphers(context),
  }
}

/** CBC, PKCS#5, IV of sixteen zero bytes, one key both ways (upstreams/icbc/README.md 1.5). */
function ciphers({ profiles, parameters }: SandboxContext) {
  const [name, key] =
    profiles.icbc.encryptType === 'SM4'
      ? ['sm4-cbc', Buffer.from(parameters.icbc.sm4KeyHex, 'hex')]
      : ['aes-128-cbc', Buffer.from(parameters.icbc.aesKeyBase64, 'base64')]
  const zero = Buffer.alloc(16)
  return {
    encrypt: (text: string): string => {
      const cipher = createCipheriv(name, key, zero)
      return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64')
    },
    decrypt: (base64: string): string | null => {
      if (!BASE64.test(base64)) return null
      try {
        const decipher = createDecipheriv(name, key, zero)
        const bytes = Buffer.concat([decipher.update(base64, 'base64'), decipher.final()])
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      } catch {
        return null
      }
    },
  }
}

function rsaKeys(pair: RsaKeyPair | null): { publicKey: NodeRSA; privateKey: NodeRSA } {
  if (pair === null)
    throw new Error('the profile signs with RSA: makeParameters(random, {rsa: true})')
  return {
    publicKey: new NodeRSA(pair.publicKeyPem, 'pkcs8-public-pem'),
    privateKey: new NodeRSA(pair.privateKeyPem, 'pkcs8-private-pem'),
  }
}

function withScheme(key: NodeRSA, signingScheme: 'pkcs1-sha256' | 'pkcs1-sha1'): NodeRSA {
  key.setOptions({ signingScheme })
  return key
}
