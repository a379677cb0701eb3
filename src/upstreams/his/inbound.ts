import { nonce, type Random } from '../../payment/numbers.ts'
import { type HeadersIn, openField, signAnswer, verifyRequest } from '../signed-request.ts'
import type { HisProtection } from './transport.ts'

/** HIS calling us: the same keys and the same signed-request form, the other way round. */
export interface InboundLink {
  check(request: {
    method: string
    /** Path with query as sent. */
    path: string
    headers: HeadersIn
    body: Buffer
  }): Promise<{ trusted: true; nonce: string } | { trusted: false; reason: string }>
  /** Headers for our answer. */
  sign(answer: {
    status: number
    requestNonce: string
    body: string
  }): Readonly<Record<string, string>>
  /** Opens an `sm4:` field; clear text passes only under legacy protection. */
  openField(text: string): string | null
}

/** @param world.seen remembers a nonce and says whether it was there already. */
export function inboundLink(
  protection: HisProtection,
  world: { now: () => number; random: Random; seen: (nonce: string) => Promise<boolean> },
): InboundLink {
  if (protection.kind === 'bearer')
    return {
      check: async () => ({ trusted: true, nonce: '' }),
      sign: () => ({}),
      openField: (text) => text,
    }
  const { us, them, fieldKey } = protection
  return {
    check: (request) => verifyRequest(request, { ...them, now: world.now(), seen: world.seen }),
    sign: (answer) => signAnswer(answer, us, { now: world.now(), nonce: nonce(world.random) }),
    openField: (text) => openField(text, fieldKey.reveal()),
  }
}
