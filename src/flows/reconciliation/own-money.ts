import type { App } from '../../app.ts'
import * as ownMoney from '../../store/own-money.ts'

const DAY_MS = 86_400_000

/** What finance reconciles beside the orders: own money of one business date (Asia/Shanghai). */
export const ownMoneyOf = (app: App, date: string): Promise<ownMoney.OwnMoneyRow[]> => {
  const from = Date.parse(`${date}T00:00:00+08:00`)
  return ownMoney.ofWindow(app.db, { from, until: from + DAY_MS })
}
