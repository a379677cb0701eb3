/** A desk that takes a bill itself locks it: no order is opened beside it (`POST /his/bills/{billNo}/lock`). */
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import * as billLocks from '../store/bill-locks.ts'
import { commitAs, type Db } from '../store/database.ts'
import * as oneCodePayments from '../store/one-code-payments.ts'
import * as orders from '../store/orders.ts'
import { beingPaid } from './being-paid.ts'
import { letGoIfExpired } from './open-order.ts'

interface DeskLock {
  readonly billNo: string
  readonly desk: string
  readonly until: number
}

/** A desk is about to take this bill itself, until `until`. @throws AppError `bill-being-paid` */
export async function lockBill(app: App, lock: DeskLock): Promise<void> {
  await letGoIfExpired(app, lock.billNo)
  await commitAs(app.db, 'bill-locked', (trx) => takeForDesk(app, trx, lock))
}

/** Within the transaction of whatever the desk begins. @throws AppError `bill-being-paid` */
export async function takeForDesk(app: App, trx: Db, lock: DeskLock): Promise<void> {
  const now = app.clock.now()
  if (!(await billLocks.take(trx, { ...lock, since: now }))) {
    const other = await billLocks.find(trx, lock.billNo, now)
    throw beingPaid(`窗口（${other?.desk ?? ''}）`, other?.since ?? now)
  }
  const holder = await orders.holderOf(trx, lock.billNo)
  if (holder?.state === 'paid') throw new AppError('bill-already-paid')
  if (holder) throw beingPaid('线上', holder.createdAt)
}

/**
 * @returns the lock that another desk has all the same; null when nobody has one.
 * @throws AppError `bill-being-paid` while a desk's 一码付 of it is not over
 */
export async function unlockBill(
  app: App,
  { billNo, desk }: { billNo: string; desk: string },
): Promise<{ desk: string; until: number } | null> {
  const open = await oneCodePayments.openOfBill(app.db, billNo)
  if (open) throw beingPaid(`窗口（${open.desk}）`, open.createdAt)
  await billLocks.release(app.db, billNo, desk)
  return billLocks.find(app.db, billNo, app.clock.now())
}
