/**
 * One call to whoever answers `{code, message, ...}` in the signed-request form: sent, verified,
 * parsed, recorded. What it means is said elsewhere.
 */
import { z } from 'zod'
import { type Content, parseObject, utf8 } from './content.ts'
import type { Recorder } from './exchange.ts'
import type { Send } from './http-client.ts'
import type { Outcome } from './upstream.ts'

/** At the head of every answer. */
const RESULT = z.object({
  code: z.string().regex(/^[A-Z_]{1,32}$/),
  message: z.string().max(200),
})

/** `answered` was believed; its code may still be anything. */
export type SignedReply =
  | {
      readonly kind: 'answered'
      readonly code: string
      readonly message: string
      readonly content: Content
    }
  | Extract<Outcome<never>, { kind: 'unknown' | 'unsent' }>

export interface SignedCall {
  readonly path: string
  /** How the record names it. */
  readonly name: string
  readonly number: string
  readonly content: Content
  readonly timeoutMs: number
}

/** @param link.send signs and verifies. */
export function signedCalls(link: {
  readonly baseUrl: string
  readonly send: Send
  readonly record: Recorder
}): (call: SignedCall) => Promise<SignedReply> {
  return async (call) => {
    const answered = link.record(call.name, call.number, call.content)
    const reply = await link.send({
      method: 'POST',
      url: link.baseUrl + call.path,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(call.content),
      timeoutMs: call.timeoutMs,
    })
    if (reply.kind !== 'answer') {
      answered(`${reply.kind}: ${reply.cause}`, null)
      return reply
    }
    const read = readAnswer(reply)
    answered(String(reply.status), read.kind === 'answered' ? read.content : read)
    return read
  }
}

function readAnswer({ status, body }: { status: number; body: Buffer }): SignedReply {
  if (status !== 200) return { kind: 'unknown', cause: `http-${status}`, heard: true }
  const content = parseObject(utf8(body) ?? '')
  const result = RESULT.safeParse(content)
  if (content === null || !result.success)
    return { kind: 'unknown', cause: 'answer-unreadable', heard: true }
  return { kind: 'answered', ...result.data, content }
}
