import type { App } from '../../app.ts'
import * as cashiers from '../../store/hrss-cashiers.ts'
import * as payments from '../../store/hrss-payments.ts'

const DAY_MS = 86_400_000
/** Sealed one by one: what is left over is forgotten the next time. */
const AT_ONCE = 200

/**
 * Personal data is kept no longer than it is needed: a pushed cashier for its minutes, who paid until
 * nobody asks about a payment any more. What is not over stays, and so does the money itself.
 */
export async function forgetHrss(app: App): Promise<void> {
  const now = app.clock.now()
  await cashiers.purge(app.db, now)
  const before = now - app.settings.HRSS_PAY_KEPT_DAYS * DAY_MS
  await payments.forgetPersons(app.db, before, AT_ONCE)
}
