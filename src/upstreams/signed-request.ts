/**
 * The signed-request form (upstreams/his/README.md 2): HIS, the standard bank and the collection.
 * Requests are signed over METHOD, path with query as sent, timestamp, nonce and the lower-case hex
 * SM3 of the raw body; answers over STATUS, the request's nonce, timestamp, nonce and body hash;
 * each line ends with `\n`. Signatures are SM3withSM2 with the default user ID, base64 of raw r‖s.
 */
import type { Sm2Signer, Sm2Verifier } from '../crypto/sm2.ts'
import { sm3Hex } from '../crypto/sm3.ts'
import { sm4CbcDecrypt, sm4CbcEncrypt } from '../crypto/sm4.ts'
import type { Random } from '../payment/numbers.ts'

/** A message older or newer than this is not believed, whatever its signature (SC-S10). */
export const WINDOW_MS = 5 * 60_000
/** A nonce seen from the far end of the window must be remembered until the near end has passed. */
export const NONCE_LIFE_MS = 2 * WINDOW_MS

export type SignedHeaders = Readonly<
  Record<'x-app-id' | 'x-timestamp' | 'x-nonce' | 'x-signature', string>
>

/** Header names in any case; a header that came twice is an array and is not believed. */
export type HeadersIn = Readonly<Record<string, string | readonly string[] | undefined>>

/** Who signs. */
export interface Signatory {
  readonly appId: string
  /** Encoding `raw`. */
  readonly sign: Sm2Signer
}

/** Whose signature is expected. */
export interface Counterpart {
  readonly appId: string
  /** Encoding `raw`. */
  readonly verify: Sm2Verifier
}

export interface Stamp {
  readonly now: number
  /** 16-64 `[A-Za-z0-9_-]`, fresh for each message. */
  readonly nonce: string
}

export interface RequestToSign {
  readonly method: string
  /** Path with query exactly as sent. */
  readonly path: string
  readonly body: Buffer | string
}

export interface SignedRequestIn extends RequestToSign {
  readonly headers: HeadersIn
}

export interface AnswerToSign {
  readonly status: number
  readonly requestNonce: string
  readonly body: Buffer | string
}

export interface SignedAnswerIn extends AnswerToSign {
  readonly headers: HeadersIn
}

export type Verdict =
  | { readonly trusted: true; readonly nonce: string }
  | { readonly trusted: false; readonly reason: SignatureFault }

export type SignatureFault =
  | 'header-missing'
  | 'header-malformed'
  | 'unknown-app-id'
  | 'outside-window'
  | 'bad-signature'
  | 'nonce-seen'

export function signRequest(
  request: RequestToSign,
  signatory: Signatory,
  stamp: Stamp,
): SignedHeaders {
  const { method, path, body } = request
  return signed([method.toUpperCase(), path], { body, signatory, stamp })
}

/** @param answer carries the nonce of the request it answers, so that it answers no other. */
export function signAnswer(
  answer: AnswerToSign,
  signatory: Signatory,
  stamp: Stamp,
): SignedHeaders {
  const { status, requestNonce, body } = answer
  return signed([String(status), requestNonce], { body, signatory, stamp })
}

/**
 * Verification of a request that reached us, over the bytes as received; never throws.
 * @param from.seen remembers a nonce for at least `NONCE_LIFE_MS` and says whether it was there
 * already. It is asked last, so that nothing unsigned can fill the memory.
 */
export async function verifyRequest(
  request: SignedRequestIn,
  from: Counterpart & {
    readonly now: number
    readonly seen: (nonce: string) => Promise<boolean> | boolean
  },
): Promise<Verdict> {
  const { method, path } = request
  const verdict = verified([method.toUpperCase(), path], request, from)
  if (verdict.trusted && (await from.seen(verdict.nonce))) return fault('nonce-seen')
  return verdict
}

/** Verification of an answer to our request; it is bound to that request by its nonce. */
export function verifyAnswer(
  answer: SignedAnswerIn,
  from: Counterpart & { readonly now: number },
): Verdict {
  return verified([String(answer.status), answer.requestNonce], answer, from)
}

/**
 * Verification of a notice that reached us, now or out of the store: its age never rejects it
 * (docs/rulings.md 2.2), and a repeat is recognised by what it says, not by its nonce.
 */
export function verifyNotice(request: SignedRequestIn, from: Counterpart): Verdict {
  return signatureVerdict([request.method.toUpperCase(), request.path], request, from)
}

const SM4_FIELD = /^sm4:([A-Za-z0-9+/]+={0,2})$/
const BLOCK = 16

/**
 * `sm4:` + base64(IV ‖ SM4-CBC-PKCS7), a fresh IV each.
 * @returns null when the text is not such a field, or not under this key.
 */
export function openField(text: string, key: Buffer): string | null {
  const bytes = Buffer.from(SM4_FIELD.exec(text)?.[1] ?? '', 'base64')
  if (bytes.length < 2 * BLOCK || bytes.length % BLOCK !== 0) return null
  try {
    const plain = sm4CbcDecrypt(key, bytes.subarray(0, BLOCK), bytes.subarray(BLOCK))
    return new TextDecoder('utf-8', { fatal: true }).decode(plain)
  } catch {
    return null
  }
}

/** The same the other way. */
export function sealField(text: string, key: Buffer, random: Random): string {
  const iv = Buffer.from(Array.from({ length: BLOCK }, () => Math.floor(random() * 256)))
  return `sm4:${Buffer.concat([iv, sm4CbcEncrypt(key, iv, text)]).toString('base64')}`
}

interface Signing {
  readonly body: Buffer | string
  readonly signatory: Signatory
  readonly stamp: Stamp
}

function signed(first: readonly [string, string], signing: Signing): SignedHeaders {
  const { body, signatory, stamp } = signing
  const timestamp = String(stamp.now)
  const text = lines([...first, timestamp, stamp.nonce, sm3Hex(body)])
  return {
    'x-app-id': signatory.appId,
    'x-timestamp': timestamp,
    'x-nonce': stamp.nonce,
    'x-signature': signatory.sign(text).toString('base64'),
  }
}

function verified(
  first: readonly [string, string],
  message: { readonly headers: HeadersIn; readonly body: Buffer | string },
  from: Counterpart & { readonly now: number },
): Verdict {
  const age = Math.abs(Number(header(message.headers, 'x-timestamp')) - from.now)
  const verdict = signatureVerdict(first, message, from)
  return verdict.trusted && age > WINDOW_MS ? fault('outside-window') : verdict
}

function signatureVerdict(
  first: readonly [string, string],
  message: { readonly headers: HeadersIn; readonly body: Buffer | string },
  from: Counterpart,
): Verdict {
  const appId = header(message.headers, 'x-app-id')
  const timestamp = header(message.headers, 'x-timestamp')
  const nonce = header(message.headers, 'x-nonce')
  const signature = header(message.headers, 'x-signature')
  if (!appId || !timestamp || !nonce || !signature) return fault('header-missing')
  if (!wellFormed({ timestamp, nonce, signature })) return fault('header-malformed')
  if (appId !== from.appId) return fault('unknown-app-id')
  const text = lines([...first, timestamp, nonce, sm3Hex(message.body)])
  if (!from.verify(text, Buffer.from(signature, 'base64'))) return fault('bad-signature')
  return { trusted: true, nonce }
}

function wellFormed(given: { timestamp: string; nonce: string; signature: string }): boolean {
  return (
    /^\d{13}$/.test(given.timestamp) &&
    /^[A-Za-z0-9_-]{16,64}$/.test(given.nonce) &&
    // Exactly 64 bytes: Buffer.from would skip anything that is not base64.
    /^[A-Za-z0-9+/]{86}==$/.test(given.signature)
  )
}

const fault = (reason: SignatureFault): Verdict => ({ trusted: false, reason })

const lines = (parts: readonly string[]): string => parts.map((part) => `${part}\n`).join('')

function header(headers: HeadersIn, name: string): string | null {
  const found = Object.entries(headers).filter(([key]) => key.toLowerCase() === name)
  const value = found.length === 1 ? found[0]?.[1] : null
  return typeof value === 'string' ? value : null
}
