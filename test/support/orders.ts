import { Secret } from '../../src/errors.ts'
import type { Amounts } from '../../src/payment/amounts.ts'
import { type AttemptChanges, newAttempt } from '../../src/payment/attempt.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import { ulid } from '../../src/payment/numbers.ts'
import type { Order } from '../../src/payment/order.ts'
import * as orders from '../../src/store/orders.ts'
import type { Db } from '../../src/store/database.ts'
import { seededRandom } from './random.ts'
import { MORNING } from './virtual-clock.ts'

const random = seededRandom(20_261_120)
let bills = 0

export const MIXED_AMOUNTS: Amounts = {
  totalFen: fen(10_000),
  fundFen: fen(5_500),
  accountFen: fen(1_500),
  otherFen: ZERO,
  selfPayFen: fen(3_000),
}

/** An order as it is right after opening; every call another bill. */
export function anOrder(changes: Partial<Order> = {}, attempt: AttemptChanges = {}): Order {
  bills += 1
  return {
    id: ulid(MORNING, random),
    version: 1,
    billNo: `MZ20261120${String(bills).padStart(6, '0')}-M`,
    businessType: 'consultation',
    patientId: 'P0001',
    channel: 'wechat',
    surface: 'mini-program',
    payMode: 'insurance',
    userId: new Secret('openid-0001'),
    clientIp: '10.0.0.8',
    deviceId: 'device-0001',
    state: 'created',
    scenario: null,
    amounts: MIXED_AMOUNTS,
    refundedFen: ZERO,
    selfPay: 'waiting',
    insurance: 'waiting',
    hisWriteBack: 'none',
    refundPromise: null,
    createdAt: MORNING,
    expiresAt: MORNING + 1_800_000,
    paidAt: null,
    attempt: { ...newAttempt(1), ...attempt },
    ...changes,
  }
}

export async function storedOrder(
  db: Db,
  changes: Partial<Order> = {},
  attempt: AttemptChanges = {},
): Promise<Order> {
  const order = anOrder(changes, attempt)
  if (!(await orders.insert(db, order))) throw new Error(`${order.billNo} is held already`)
  return order
}
