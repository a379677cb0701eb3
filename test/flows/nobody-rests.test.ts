/** In every state that is no end, whoever lets go of a row leaves it due: nothing rests for ever. */
import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { holdOrder } from '../../src/flows/held-order.ts'
import { actOn } from '../../src/flows/hrss-pay/held-payment.ts'
import { BACKGROUND_EFFECTS } from '../../src/payment/effects.ts'
import {
  HRSS_STATE_RULES,
  HRSS_STATES,
  hrssOrderNo,
  type HrssPayment,
} from '../../src/payment/hrss-payment.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import { isFinal, ORDER_STATES, type OrderState, STATES } from '../../src/payment/states.ts'
import type { Db } from '../../src/store/database.ts'
import * as hrssPayments from '../../src/store/hrss-payments.ts'
import * as intents from '../../src/store/intents.ts'
import { testApp, type TestApp } from '../support/app.ts'
import { storedOrder } from '../support/orders.ts'
import { describeDatabases } from '../support/database.ts'
import { connected } from '../upstreams/hrss-pay/platform.ts'

describeDatabases((_, openFresh) => {
  let app: TestApp
  let db: Db
  beforeEach(async () => {
    db = await openFresh()
    app = await testApp({ db, hrssPay: connected().platform })
  })

  const dueAt = async (table: string, id: string): Promise<number | null> => {
    const row: { due_at: number | string | null } | undefined = await db
      .q(table)
      .where({ id })
      .first('due_at')
    return row?.due_at == null ? null : Number(row.due_at)
  }

  async function letGo(state: OrderState, work: boolean): Promise<number | null> {
    const t0 = app.clock.now()
    const order = await storedOrder(db, { state }, { t0 })
    const [effect] = BACKGROUND_EFFECTS
    if (work)
      await intents.open(db, {
        effect,
        number: order.id,
        orderId: order.id,
        attemptNo: 1,
        dueAt: t0,
        createdAt: t0,
      })
    await holdOrder(app, { orderId: order.id, waitMs: 0 }, async () => {})
    return dueAt('orders', order.id)
  }

  describe('[SC-X02] an order that is let go of', () => {
    it.each(ORDER_STATES)('in %s is due exactly when its state has a recovery', async (state) => {
      expect((await letGo(state, false)) !== null).toBe(STATES[state].recovery !== 'nothing')
    })

    it.each(ORDER_STATES)('in %s is due while work is left', async (state) => {
      expect(await letGo(state, true)).not.toBeNull()
    })

    it('has a recovery, or what moves it is work or a person: two states and no more', () => {
      const rests = ORDER_STATES.filter(
        (state) => STATES[state].recovery === 'nothing' && !isFinal(state),
      )
      expect(rests).toEqual(['refunding', 'needs-review'])
    })
  })

  describe('[RS-60] a payment by 人社支付平台 that is let go of', () => {
    it.each(HRSS_STATES)('in %s is due unless that is an end', async (state) => {
      const id = `01J${state.toUpperCase().replace('-', '').padEnd(23, '0')}`
      const lease = { owner: 'o', until: app.clock.now() + 20_000 }
      await hrssPayments.insert(db, { ...PAYMENT, id, state, mchOrderId: hrssOrderNo(id) }, lease)
      await actOn(app, { id, owner: 'o' }, async () => {})
      const isEnd = state === 'paid' || !HRSS_STATE_RULES[state].holdsBill
      expect((await dueAt('hrss_payments', id)) === null).toBe(isEnd)
    })
  })
})

const PAYMENT: HrssPayment = {
  id: '',
  version: 1,
  billNo: 'MZ1',
  way: 'online',
  orderType: '10001',
  state: 'ordering',
  mchOrderId: '',
  payOrderId: null,
  sealed: new Secret({
    person: { idType: '01', idNo: '510101199001011237', name: '张三' },
    qrCode: null,
    returnUrl: null,
    cashier: null,
  }),
  amountFen: fen(100),
  reservedFen: ZERO,
  refundedFen: ZERO,
  writeBack: 'none',
  createdAt: 0,
  expiresAt: 1_800_000,
  paidAt: null,
  toldAt: null,
  askedAt: null,
}
