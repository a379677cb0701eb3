/** The signed-request form between the hospital's HIS and its neighbours (upstreams/his/README.md 2). */
import { createCipheriv, createHash } from 'node:crypto'
import { header, hex, json } from './answers.ts'
import type { SandboxContext } from './registry.ts'
import type { SandboxReply, SandboxRequest } from './world.ts'

const USER_ID = '1234567812345678'
const WINDOW_MS = 5 * 60_000
const NONCE = /^[A-Za-z0-9_-]{16,64}$/

export interface HisLink {
  /** Null when the request is believed, else why not. */
  distrust(request: SandboxRequest): string | null
  sign(request: SandboxRequest, reply: SandboxReply): SandboxReply
  /** Name, idNo, phone: `sm4:` + base64(IV ‖ SM4-CBC-PKCS7); clear under profile `bearer`. */
  conceal(text: string): string
}

const lines = (...parts: string[]): Buffer => Buffer.from(parts.map((part) => `${part}\n`).join(''))

const sm3Hex = (body: Buffer): string => createHash('sm3').update(body).digest('hex')

export function createHisLink(context: SandboxContext, prefix: string): HisLink {
  const { world, crypto, profiles } = context
  const { his } = context.parameters
  const nonces = new Map<string, number>()

  const signatureFault = (request: SandboxRequest): string | null => {
    const timestamp = header(request, 'x-timestamp')
    const nonce = header(request, 'x-nonce')
    if (header(request, 'x-app-id') !== his.appId) return 'X-App-Id 未登记'
    if (!/^\d{13}$/.test(timestamp)) return 'X-Timestamp 不是 13 位毫秒'
    if (Math.abs(Number(timestamp) - world.now()) > WINDOW_MS) return 'X-Timestamp 超出 5 分钟'
    if (!NONCE.test(nonce)) return 'X-Nonce 格式不正确'
    const { method, path, body } = request
    const signed = lines(method, `${prefix}${path}`, timestamp, nonce, sm3Hex(body))
    const signature = Buffer.from(header(request, 'x-signature'), 'base64')
    const key = { publicKeyHex: his.hospital.publicKeyHex, userId: USER_ID }
    if (signature.length !== 64 || !crypto.sm2Verify(signed, signature, key)) return '签名不正确'
    return rememberNonce(nonce)
  }

  const rememberNonce = (nonce: string): string | null => {
    // A nonce must outlive the window on both sides, or a request from the future could be replayed.
    for (const [old, at] of nonces) if (at < world.now() - 2 * WINDOW_MS) nonces.delete(old)
    if (nonces.has(nonce)) return 'X-Nonce 已使用'
    nonces.set(nonce, world.now())
    return null
  }

  return {
    distrust: (request) => {
      if (header(request, 'authorization') !== `Bearer ${his.token}`) return '令牌不正确'
      return profiles.his.protection === 'bearer' ? null : signatureFault(request)
    },
    sign: (request, reply) =>
      profiles.his.protection === 'bearer' || reply.kind === 'lost'
        ? reply
        : { ...reply, headers: answerHeaders(context, header(request, 'x-nonce'), reply) },
    conceal: (text) => {
      if (profiles.his.protection === 'bearer') return text
      const iv = Buffer.from(hex(world, 32), 'hex')
      const cipher = createCipheriv('sm4-cbc', Buffer.from(his.sm4KeyHex, 'hex'), iv)
      return `sm4:${Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64')}`
    },
  }
}

/** Signed over the status, the request's nonce, our stamp and the body, so that it answers no other. */
function answerHeaders(
  { world, crypto, parameters }: SandboxContext,
  asked: string,
  reply: Extract<SandboxReply, { kind: 'answer' }>,
): Record<string, string> {
  const { his } = parameters
  const timestamp = String(world.now())
  const nonce = hex(world, 32)
  const bodyHash = sm3Hex(Buffer.from(reply.body))
  const signed = lines(String(reply.status), asked, timestamp, nonce, bodyHash)
  return {
    'x-app-id': his.hisAppId,
    'x-timestamp': timestamp,
    'x-nonce': nonce,
    'x-signature': crypto.sm2Sign(signed, his.his.privateKeyHex, USER_ID).toString('base64'),
  }
}

/** RFC 9457. */
export function problem(status: number, code: string, detail: string): SandboxReply {
  const body = { type: `urn:his:${code}`, title: code, status, detail, code }
  return { ...json(status, body), contentType: 'application/problem+json' }
}
