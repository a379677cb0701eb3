/** What the one-card platform (社会保障一卡通应用平台) and the hospital do for each other, by our names. */

/** Services that the platform allocates to us, by our name; its numbers stand in the settings (HN-05). */
export const CONSUMED = [
  'person',
  'presence',
  'presence-result',
  'card',
  'shown-code',
  'scan-code',
  'scan-result',
  'use-record',
  'pay',
  'pay-code',
  'code-holder',
  'code-pay',
  'pay-query',
  'grant',
  'grant-query',
] as const
export type Consumed = (typeof CONSUMED)[number]

/** Services of ours that the platform calls. */
export const PROVIDED = ['rights', 'order', 'payment-notice'] as const
export type Provided = (typeof PROVIDED)[number]

export type OneCardService = Consumed | Provided

/** How somebody pays: online (线上), scanning our code (主扫), or showing theirs (被扫). */
export const ONE_CARD_PAYMENTS = ['online', 'shown', 'scanned'] as const
export type OneCardPaymentKind = (typeof ONE_CARD_PAYMENTS)[number]

/** `open`: intended, the platform may know it; `waiting`: it does; the others are ends. */
export const ONE_CARD_STATES = ['open', 'waiting', 'paid', 'failed', 'closed'] as const
export type OneCardState = (typeof ONE_CARD_STATES)[number]

export const isOver = (state: OneCardState): boolean => state !== 'open' && state !== 'waiting'

/** While somebody can still pay, often; then ever more seldom, and never given up. */
export function nextQuestionAt(now: number, expiresAt: number): number {
  if (now < expiresAt) return now + ASK_EVERY_MS
  return now + Math.min(Math.max(now - expiresAt, ASK_EVERY_MS), ASK_SELDOM_MS)
}

const ASK_EVERY_MS = 5_000
const ASK_SELDOM_MS = 600_000

/** 1, 2, 4 … seconds, then every ten minutes for as long as it takes. */
export const nextTryAt = (now: number, tries: number): number =>
  now + Math.min(1_000 * 2 ** Math.min(tries, 10), ASK_SELDOM_MS)
