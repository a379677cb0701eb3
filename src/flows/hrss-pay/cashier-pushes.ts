import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import type { HrssCashierShown } from '../../payment/hrss-payment.ts'
import * as cashiers from '../../store/hrss-cashiers.ts'
import { commitAs } from '../../store/database.ts'
import type { HrssCall } from '../../upstreams/hrss-pay.ts'
import { platformOf } from './held-payment.ts'

/** As long as somebody stands at a counter with the code in hand. */
const LIFE_MS = 300_000

/**
 * 6.3: somebody scanned the code that our front end shows (电子健康码), and the front end is to open the
 * cashier. It opens a page and moves no money. @returns the answer in the platform's form
 */
export async function takeCashierPush(app: App, call: HrssCall): Promise<string> {
  const platform = platformOf(app)
  const push = platform.readCashierPush(call)
  if ('reason' in push) {
    app.log.warn({ audit: 'hrss-cashier-not-believed', reason: push.reason }, 'push refused')
    return platform.acknowledge(false, '推送未通过校验')
  }
  const { qrCode: code, cashier } = push
  const expiresAt = app.clock.now() + LIFE_MS
  await commitAs(app.db, 'hrss-cashier', (trx) =>
    cashiers.put(trx, { code, cashier: JSON.stringify(cashier), expiresAt }),
  )
  return platform.acknowledge(true, '')
}

/** @throws AppError `not-found` while nobody has scanned this code */
export async function pushedCashier(app: App, code: string): Promise<HrssCashierShown> {
  platformOf(app)
  const cashier = await cashiers.find(app.db, code, app.clock.now())
  if (cashier === null) throw new AppError('not-found', '尚未收到这个码的收银台。')
  return JSON.parse(cashier)
}
