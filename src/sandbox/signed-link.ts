/** The signed-request form as a neighbour of the hospital speaks it (upstreams/his/README.md 2). */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { header, hex, type Told } from './answers.ts'
import type { Sm2KeyPair } from './parameters.ts'
import type { SandboxContext } from './registry.ts'
import type { SandboxRequest, World } from './world.ts'

const USER_ID = '1234567812345678'
const WINDOW_MS = 5 * 60_000
const NONCE = /^[A-Za-z0-9_-]{16,64}$/
const SM4_FIELD = /^sm4:([A-Za-z0-9+/]+={0,2})$/
const BLOCK = 16

/** Who is on either side: the neighbour that we pretend to be, and the hospital. */
export interface LinkParties {
  readonly appId: string
  readonly keys: Sm2KeyPair
  readonly hospitalAppId: string
  readonly hospitalKeys: Sm2KeyPair
  readonly sm4KeyHex: string
}

const lines = (...parts: string[]): Buffer => Buffer.from(parts.map((part) => `${part}\n`).join(''))

const sm3Hex = (body: Buffer | string): string =>
  createHash('sm3').update(Buffer.from(body)).digest('hex')

export interface SignedLink {
  /** Null when the request is believed, else why not; `prefix` is where we are mounted. */
  readonly distrust: (request: SandboxRequest, prefix: string) => string | null
  /** Signed over the status and the request's nonce, so that it answers no other. */
  readonly sign: (request: SandboxRequest, reply: Told) => Told
  /** Headers of a request of ours. */
  readonly signRequest: (path: string, body: string) => Record<string, string>
  /** Null when the answer to our request is believed, else why not. */
  readonly distrustAnswer: (
    answer: Message & { status: number },
    requestNonce: string,
  ) => string | null
  /** `sm4:` + base64(IV ‖ SM4-CBC-PKCS7) */
  readonly conceal: (text: string) => string
  /** Null for what is no such field, or not under this key. */
  readonly reveal: (field: string) => string | null
}

interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

export function createSignedLink(context: SandboxContext, parties: LinkParties): SignedLink {
  const { world } = context
  const remember = nonceMemory(world)
  const fault = (first: readonly string[], message: Message): string | null =>
    signatureFault({ context, parties }, first, message)
  const stamped = (first: readonly string[], body: string): Record<string, string> =>
    signedHeaders({ context, parties }, first, body)
  return {
    distrust: (request, prefix) =>
      fault([request.method, `${prefix}${request.path}`], request) ??
      remember(header(request, 'x-nonce')),
    sign: (request, reply) => ({
      ...reply,
      headers: stamped([String(reply.status), header(request, 'x-nonce')], reply.body),
    }),
    signRequest: (path, body) => stamped(['POST', path], body),
    distrustAnswer: (answer, requestNonce) => fault([String(answer.status), requestNonce], answer),
    ...fieldCipher(world, Buffer.from(parties.sm4KeyHex, 'hex')),
  }
}

/** A nonce must outlive the window on both sides, or a request from the future could be replayed. */
function nonceMemory(world: World): (nonce: string) => string | null {
  const nonces = new Map<string, number>()
  return (nonce) => {
    for (const [old, at] of nonces) if (at < world.now() - 2 * WINDOW_MS) nonces.delete(old)
    if (nonces.has(nonce)) return 'X-Nonce 已使用'
    nonces.set(nonce, world.now())
    return null
  }
}

interface Ends {
  readonly context: SandboxContext
  readonly parties: LinkParties
}

/** Null when the hospital signed these lines in time, else why they are not believed. */
function signatureFault(
  { context: { world, crypto }, parties }: Ends,
  first: readonly string[],
  message: Message,
): string | null {
  const timestamp = header(message, 'x-timestamp')
  const nonce = header(message, 'x-nonce')
  if (header(message, 'x-app-id') !== parties.hospitalAppId) return 'X-App-Id 未登记'
  if (!/^\d{13}$/.test(timestamp)) return 'X-Timestamp 不是 13 位毫秒'
  if (Math.abs(Number(timestamp) - world.now()) > WINDOW_MS) return 'X-Timestamp 超出 5 分钟'
  if (!NONCE.test(nonce)) return 'X-Nonce 格式不正确'
  const signed = lines(...first, timestamp, nonce, sm3Hex(message.body))
  const signature = Buffer.from(header(message, 'x-signature'), 'base64')
  const key = { publicKeyHex: parties.hospitalKeys.publicKeyHex, userId: USER_ID }
  const isRight = signature.length === 64 && crypto.sm2Verify(signed, signature, key)
  return isRight ? null : '签名不正确'
}

function signedHeaders(
  { context: { world, crypto }, parties }: Ends,
  first: readonly string[],
  body: string,
): Record<string, string> {
  const timestamp = String(world.now())
  const nonce = hex(world, 32)
  const signed = lines(...first, timestamp, nonce, sm3Hex(body))
  return {
    'x-app-id': parties.appId,
    'x-timestamp': timestamp,
    'x-nonce': nonce,
    'x-signature': crypto.sm2Sign(signed, parties.keys.privateKeyHex, USER_ID).toString('base64'),
  }
}

function fieldCipher(world: World, key: Buffer): Pick<SignedLink, 'conceal' | 'reveal'> {
  return {
    conceal: (text) => {
      const iv = Buffer.from(hex(world, 2 * BLOCK), 'hex')
      const cipher = createCipheriv('sm4-cbc', key, iv)
      return `sm4:${Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64')}`
    },
    reveal: (field) => {
      const bytes = Buffer.from(SM4_FIELD.exec(field)?.[1] ?? '', 'base64')
      try {
        const decipher = createDecipheriv('sm4-cbc', key, bytes.subarray(0, BLOCK))
        const clear = Buffer.concat([decipher.update(bytes.subarray(BLOCK)), decipher.final()])
        return new TextDecoder('utf-8', { fatal: true }).decode(clear)
      } catch {
        return null
      }
    },
  }
}
