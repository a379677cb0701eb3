import type { App } from '../app.ts'
import * as attempts from '../store/attempts.ts'
import * as inbox from '../store/inbox.ts'

/**
 * 6302 (医保订单结算结果通知): stored before it is acknowledged, like the bank's own (invariant 6);
 * `applyNotices` writes it into the order's history and asks the bank.
 * @returns the plain acknowledgement for the platform
 */
export async function takeSettlementNotice(app: App, body: Buffer): Promise<string> {
  const notice = app.insurer.readNotice(body)
  if (!notice) {
    app.log.warn({ audit: 'settlement-notice' }, 'settlement notice not believed')
    return app.insurer.acknowledge(false)
  }
  const { payOrdId, ordStas } = notice
  const orderId = await attempts.byPayOrdId(app.db, payOrdId)
  if (orderId === null) {
    app.log.error({ payOrdId }, 'a settlement notice names no order of ours')
    return app.insurer.acknowledge(true)
  }
  const now = app.clock.now()
  const item = {
    id: app.hash(`settlement:${body.toString('latin1')}`),
    source: 'mid-platform',
    kind: 'settlement',
    raw: JSON.stringify({ payOrdId, ordStas }),
    receivedAt: now,
    readyAt: now,
  } as const
  await inbox.insert(app.db, item, { orderId })
  app.wake()
  return app.insurer.acknowledge(true)
}
