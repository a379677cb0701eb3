import type { App } from '../../app.ts'
import { HRSS_STATE_RULES, nextTellingAt } from '../../payment/hrss-payment.ts'
import { commitAs } from '../../store/database.ts'
import * as notices from '../../store/hrss-notices.ts'
import * as payments from '../../store/hrss-payments.ts'
import type { HrssCall, HrssOrderState, HrssPayStatus } from '../../upstreams/hrss-pay.ts'
import { reportOrphan } from '../background.ts'
import { type HeldPayment, platformOf } from './held-payment.ts'
import { askThePlatform, isOfAnother, settleHrss } from './settle.ts'

/**
 * 5.2: verified, stored, acknowledged after commit, applied at our own pace. A repeat is the same row
 * and gets the same answer. @returns the answer in the platform's form
 */
export async function takeHrssNotice(app: App, call: HrssCall): Promise<string> {
  const platform = platformOf(app)
  const notice = platform.readNotice(call)
  if (!notice.verified) {
    app.log.warn({ audit: 'hrss-notice-not-believed', reason: notice.reason }, 'notice refused')
    return platform.acknowledge(false, '通知未通过校验')
  }
  try {
    await store(app, app.hash(`hrss-pay:${notice.content}`), notice.state)
  } catch (err) {
    app.log.error({ err }, 'hrss-pay: notice not stored')
    return platform.acknowledge(false, '暂时无法保存，请稍后重发')
  }
  app.wake()
  return platform.acknowledge(true, '')
}

async function store(app: App, id: string, state: HrssOrderState): Promise<void> {
  const paymentId = await payments.idOf(app.db, state.mchOrderId)
  await commitAs(app.db, 'hrss-notice', async (trx) => {
    const fresh = await notices.insert(trx, {
      id,
      paymentId,
      mchOrderId: state.mchOrderId,
      payOrderId: state.payOrderId ?? '',
      status: state.status,
      amountFen: state.amountFen,
      paidAt: state.paidAt,
      state: paymentId === null ? 'unmatched' : 'new',
      receivedAt: app.clock.now(),
    })
    // Of a static code of way 1 nobody here ever gave a number; elsewhere it is odd.
    const odd = paymentId === null && !app.settings.HRSS_PAY_TYPED_AMOUNTS
    if (fresh && odd) await reportOrphan({ ...app, db: trx }, id)
  })
}

/** What rests in the inbox, as the platform said it. */
const stateOf = (row: notices.HrssNoticeRow): HrssOrderState => ({
  mchOrderId: row.mchOrderId,
  payOrderId: row.payOrderId,
  status: STATUSES.find((one) => one === row.status) ?? 'unknown',
  refundStatus: 'none',
  amountFen: row.amountFen,
  paidAt: row.paidAt,
})

const STATUSES: readonly HrssPayStatus[] = [
  'waiting',
  'paying',
  'paid',
  'failed',
  'cancelled',
  'abnormal',
]

/** By setting: applied, repeats ignored; or only a reason to ask, the answer counting (RS-74). */
export async function applyHrssNotices(app: App, held: HeldPayment): Promise<void> {
  const rows = await notices.ofPayment(app.db, held.payment.id)
  for (const row of rows.filter(({ state }) => state === 'new')) {
    const state = stateOf(row)
    // Another content than one that was applied before: then the platform itself must say.
    const differs = rows.some((other) => other.state === 'applied')
    const byQuery = app.settings.HRSS_PAY_NOTICE === 'query' || differs || state.amountFen === null
    if (!byQuery || isOfAnother(held.payment, state)) await settleHrss(app, held, state)
    else if (isUndecided(held, await askWithNumber(app, held, state))) {
      await notices.rest(app.db, row.id, nextLookAt(app, row))
      continue
    }
    await notices.markApplied(app.db, row.id)
  }
}

/** Nobody asks again about a payment that is over, so a notice of it waits for an answer that decides. */
function isUndecided({ payment }: HeldPayment, told: HrssPayStatus | null): boolean {
  const isOver = !HRSS_STATE_RULES[payment.state].holdsBill
  return (
    told === null || (isOver && (told === 'waiting' || told === 'paying' || told === 'unknown'))
  )
}

const nextLookAt = ({ clock, settings }: App, { receivedAt }: notices.HrssNoticeRow): number =>
  nextTellingAt(receivedAt, clock.now(), settings.RETRY_FIRST_MS * 5)

/** The notice may be the first to tell the platform's number: asked with it, the answer must repeat it. */
async function askWithNumber(
  app: App,
  held: HeldPayment,
  { payOrderId }: HrssOrderState,
): Promise<HrssPayStatus | null> {
  if (held.payment.payOrderId !== null) return askThePlatform(app, held, 'notice')
  const { mchOrderId } = held.payment
  const answer = await held.platform.order({ mchOrderId, payOrderId })
  if (answer.kind !== 'done') return null
  await settleHrss(app, held, answer.value)
  return answer.value.status
}
