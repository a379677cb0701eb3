/** The SM2/SM4 envelope (README.md 2): build, sign, encrypt; decrypt, verify. */
import { anyKey } from '../../crypto/any-key.ts'
import {
  type Sm2Engine,
  type Sm2PrivateKey,
  type Sm2PublicKey,
  type Sm2Signer,
  sm2Signer,
  type Sm2Verifier,
  sm2Verifier,
} from '../../crypto/sm2.ts'
import { sm4EcbDecrypt, sm4EcbEncrypt } from '../../crypto/sm4.ts'
import { Secret } from '../../errors.ts'
import { compactTime } from '../../payment/numbers.ts'
import {
  type CanonicalRules,
  isJsonObject,
  type Json,
  type JsonObject,
  readJson,
  signText,
} from './canonical.ts'

export interface EnvelopeKeys {
  readonly appId: string
  readonly appSecret: Secret
  /** Encoding `raw`. */
  readonly sign: Sm2Signer
  /** With the platform's key, which is not our own pair's. Encoding `raw`. */
  readonly verify: Sm2Verifier
  /** 16 bytes. */
  readonly sm4Key: Secret<Buffer>
}

export interface EnvelopeProfile extends CanonicalRules {
  readonly version: string
  readonly timestampFormat: 'yyyyMMddHHmmss' | 'ms' | 's'
}

export interface KeyMaterial {
  readonly appId: string
  readonly appSecret: Secret
  readonly privateKey: Sm2PrivateKey
  /** Two while the platform changes it. */
  readonly platformKeys: readonly Sm2PublicKey[]
  /** Default: the standard's; some code passes appSecret, but never effectively (2.4). */
  readonly userId?: string
  readonly engine?: Sm2Engine
}

export function envelopeKeys(material: KeyMaterial): EnvelopeKeys {
  const { appId, appSecret, privateKey, platformKeys, userId, engine } = material
  const options = {
    encoding: 'raw',
    ...(userId === undefined ? {} : { userId }),
    ...(engine === undefined ? {} : { engine }),
  } as const
  return {
    appId,
    appSecret,
    sign: sm2Signer(privateKey, options),
    verify: anyKey(platformKeys.map((key) => sm2Verifier(key, options))),
    sm4Key: new Secret(derivedKey(appId, appSecret)),
  }
}

/** @param payload the JSON text to encrypt, byte for byte. @returns the request body. */
export function sealEnvelope(
  payload: string,
  from: { keys: EnvelopeKeys; profile: EnvelopeProfile; now: number },
): string {
  const { keys, profile, now } = from
  const members = {
    appId: keys.appId,
    encType: 'SM4',
    signType: 'SM2',
    timestamp: timestamp(now, profile.timestampFormat),
    version: profile.version,
  }
  const text = signText({ ...members, data: readJson(payload) }, keys.appSecret.reveal(), profile)
  return JSON.stringify({
    ...members,
    encData: encrypt(payload, keys),
    signData: keys.sign(text).toString('base64'),
  })
}

/** `data` is null when there was no encData: failing answers may come without (2.1). */
export interface OpenedEnvelope {
  readonly members: JsonObject
  readonly data: Json
  readonly signature: 'good' | 'bad' | 'missing'
}

/** @throws Error when the text is no envelope or does not decrypt. */
export function openEnvelope(
  text: string,
  from: { keys: EnvelopeKeys; profile: EnvelopeProfile },
): OpenedEnvelope {
  const { keys, profile } = from
  const envelope = readJson(text)
  if (!isJsonObject(envelope)) throw new Error('the answer is not a JSON object')
  const { encData, signData, ...members } = envelope
  const data = isPresent(encData) ? decrypt(encData, keys) : null
  if (!isPresent(signData)) return { members, data, signature: 'missing' }
  const signed = signText({ ...members, data }, keys.appSecret.reveal(), profile)
  const good = keys.verify(signed, rawSignature(signData))
  return { members, data, signature: good ? 'good' : 'bad' }
}

function isPresent(member: Json | undefined): member is Json {
  return member !== undefined && member !== null && member !== ''
}

const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/

function rawSignature(signData: Json): Buffer {
  const written = typeof signData === 'string' && SIGNATURE.test(signData) ? signData : ''
  return Buffer.from(written, 'base64')
}

/** 2.5: 16 *characters* of the upper-case hex serve as the key, not 16 bytes of the cipher text. */
function derivedKey(appId: string, appSecret: Secret): Buffer {
  const key = Buffer.from(appId).subarray(0, 16)
  const hex = sm4EcbEncrypt(key, appSecret.reveal()).toString('hex').toUpperCase()
  return Buffer.from(hex.slice(0, 16), 'ascii')
}

function encrypt(payload: string, keys: EnvelopeKeys): string {
  return sm4EcbEncrypt(keys.sm4Key.reveal(), payload).toString('hex').toUpperCase()
}

/** Either case: a real 6203 reply had lower-case hex (2.5). */
function decrypt(encData: Json, keys: EnvelopeKeys): Json {
  if (typeof encData !== 'string' || !/^([0-9a-f]{2})+$/i.test(encData))
    throw new Error('encData is not hex')
  const sealed = Buffer.from(encData, 'hex')
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return readJson(text.decode(sm4EcbDecrypt(keys.sm4Key.reveal(), sealed)))
}

function timestamp(now: number, format: EnvelopeProfile['timestampFormat']): string {
  if (format === 'ms') return String(now)
  return format === 's' ? String(Math.floor(now / 1000)) : compactTime(now)
}
