import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import type { OneCard } from '../../upstreams/one-card.ts'
import type { Answer } from '../../upstreams/upstream.ts'
import { nonce, ulid } from '../../payment/numbers.ts'
import type { Db } from '../../store/database.ts'
import type { Turn } from '../../store/leased-rows.ts'
import * as workItems from '../../store/work-items.ts'

/** @throws AppError `not-found` where the hospital has not joined the platform */
export function platformOf(app: App): OneCard {
  if (app.oneCard === null) throw new AppError('not-found', '本院未接入社会保障一卡通。')
  return app.oneCard.platform
}

/** Who waits for an answer gets the value, or hears why there is none (an error is never a match). */
export function answerOf<T>(answer: Answer<T>): T {
  switch (answer.kind) {
    case 'done':
      return answer.value
    case 'refused':
      throw new AppError('upstream-refused', '一卡通平台未受理此次请求。')
    case 'absent':
    case 'pending':
    case 'unknown':
    case 'unsent':
      throw new AppError('upstream-unavailable', '一卡通平台暂时没有应答，请稍后再试。')
  }
}

/**
 * Longer than a call with all its turns and back-off (upstreams/one-card/README.md 4.2, 5): whoever is
 * slower finds that somebody else went on.
 */
const leaseMs = ({ settings }: App): number => 10 * settings.CALL_TIMEOUT_MS + 10_000

export function turnOf(app: App): Turn {
  const now = app.clock.now()
  return { owner: nonce(app.random), now, until: now + leaseMs(app) }
}

/** The only key between card and business data (HN-14): the social security number, never in clear. */
export const personMark = (app: App, socialSecurityNo: string): string =>
  app.db.sealer.mark(socialSecurityNo.toUpperCase(), 'one-card.person')

/** Whose name somebody must say to hear of a payment, once the payer is forgotten. */
export const payerMark = (app: App, name: string): string =>
  app.db.sealer.mark(name, 'one-card.payer')

/** Something only a person can decide; once a number and kind. */
export async function askAboutOneCard(
  app: App,
  trx: Db,
  item: {
    readonly kind: workItems.WorkItemKind
    readonly number: string
    readonly sentence: string
  },
): Promise<void> {
  const now = app.clock.now()
  await workItems.create(trx, {
    id: ulid(now, app.random),
    subject: item.number,
    kind: item.kind,
    orderId: null,
    sentence: item.sentence,
    actions: ['note'],
    createdAt: now,
    opensAgain: false,
  })
}

const DAY_MS = 86_400_000

/** What nobody could finish in a day has somebody who hears of it; it goes on all the same. */
export async function tellOfDayOld(
  app: App,
  {
    createdAt,
    ...item
  }: { readonly number: string; readonly createdAt: number; readonly sentence: string },
): Promise<void> {
  if (app.clock.now() - createdAt > DAY_MS)
    await askAboutOneCard(app, app.db, { kind: 'still-unknown', ...item })
}
