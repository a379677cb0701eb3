import type { App } from '../../app.ts'
import * as checks from '../../store/one-card-checks.ts'
import * as payments from '../../store/one-card-payments.ts'
import * as queue from '../../store/one-card-queue.ts'

const DAY_MS = 86_400_000

/**
 * Personal data is kept no longer than it is needed (HN-09): a check for a day after its end, what was
 * reported and whose payment it was for as long as the platform may ask for somebody's rights. What is
 * not over stays, and so does the money itself.
 */
export async function forgetOneCard(app: App): Promise<void> {
  if (app.oneCard === null) return
  const now = app.clock.now()
  await checks.purge(app.db, now - DAY_MS)
  const before = now - app.settings.ONE_CARD_KEPT_DAYS * DAY_MS
  await queue.purge(app.db, before)
  await payments.forgetPersons(app.db, before)
}
