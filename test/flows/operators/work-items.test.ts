import { expect, it } from 'vitest'
import { sandboxEnvironment } from '../../../scripts/parts/sandbox-environment.ts'
import { type App, buildApp } from '../../../src/app.ts'
import { readSettings } from '../../../src/config.ts'
import { AppError, Secret } from '../../../src/errors.ts'
import { askAPerson } from '../../../src/flows/background.ts'
import {
  addOperator,
  type Operator,
  recogniseOperator,
} from '../../../src/flows/operators/operators.ts'
import {
  confirmWorkItem,
  openWorkItems,
  resolveWorkItem,
  takeWorkItem,
} from '../../../src/flows/operators/work-items.ts'
import { allSelfPay } from '../../../src/payment/amounts.ts'
import { type Attempt, newAttempt } from '../../../src/payment/attempt.ts'
import { fen, ZERO } from '../../../src/payment/money.ts'
import { ulid } from '../../../src/payment/numbers.ts'
import type { Order } from '../../../src/payment/order.ts'
import { makeParameters } from '../../../src/sandbox/parameters.ts'
import type { Db } from '../../../src/store/database.ts'
import * as events from '../../../src/store/events.ts'
import * as intents from '../../../src/store/intents.ts'
import * as orders from '../../../src/store/orders.ts'
import * as refunds from '../../../src/store/refunds.ts'
import * as workItems from '../../../src/store/work-items.ts'
import type { MixedState } from '../../../src/upstreams/bank.ts'
import {
  type Answer,
  done,
  type InsuranceOrderState,
  unknown,
} from '../../../src/upstreams/upstream.ts'
import { describeDatabases, dump } from '../../support/database.ts'
import { seededRandom } from '../../support/random.ts'
import { MORNING, VirtualClock } from '../../support/virtual-clock.ts'

const parameters = makeParameters(seededRandom(3))

/** The service on this database; nothing answers but what `bank` says to a mixed question. */
async function appOn(db: Db, bank: () => Answer<MixedState> = () => unknown('test')): Promise<App> {
  const environment = sandboxEnvironment(parameters, {
    sandboxUrl: 'http://127.0.0.1:9',
    publicUrl: 'http://127.0.0.1:18080',
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'p'.repeat(32),
  })
  const { app, stop } = await buildApp(readSettings(environment), {
    clock: new VirtualClock(),
    random: seededRandom(5),
    send: async () => ({ kind: 'unsent', cause: 'test' }),
  })
  await stop()
  return { ...app, db, bank: { ...app.bank, mixedOrder: async () => bank() } }
}

const wang: Operator = { name: '王敏', recognised: true }
const li: Operator = { name: '李强', recognised: true }

async function orderIn(app: App, changes: Partial<Order>, attempt: Partial<Attempt> = {}) {
  const id = ulid(MORNING, app.random)
  const order: Order = {
    id,
    version: 1,
    billNo: `MZ${id}`,
    businessType: 'consultation',
    patientId: 'P1',
    channel: 'wechat',
    surface: 'mini-program',
    payMode: 'insurance',
    userId: new Secret('openid-1'),
    clientIp: '127.0.0.1',
    deviceId: 'device-0000000001',
    state: 'created',
    scenario: 'self-pay-only',
    amounts: allSelfPay(fen(5_000)),
    refundedFen: ZERO,
    selfPay: 'waiting',
    insurance: 'waiting',
    hisWriteBack: 'none',
    refundPromise: null,
    createdAt: MORNING,
    expiresAt: MORNING + 1_800_000,
    paidAt: null,
    ...changes,
    attempt: { ...newAttempt(1), ...attempt },
  }
  await orders.insert(app.db, order)
  return order
}

type Item = Pick<workItems.WorkItem, 'kind' | 'actions'>

async function itemFor(app: App, order: Order, item: Item): Promise<string> {
  await askAPerson(app, app.db, { ...item, order, sentence: '测试事项。' })
  return (await openWorkItems(app))[0]?.id ?? ''
}

const MISMATCH: Item = { kind: 'amounts-mismatch', actions: ['close-order', 'note'] }
const UNKNOWN: Item = { kind: 'still-unknown', actions: ['ask-bank', 'note'] }
const DISPUTED: Item = {
  kind: 'impossible-legs',
  actions: ['ask-bank', 'ask-insurer', 'full-refund', 'note'],
}
const REFUSED: Item = { kind: 'write-back-refused', actions: ['full-refund', 'note'] }

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  )

describeDatabases((_name, openFresh) => {
  it('lists what is open, oldest first, and who took it', async () => {
    const app = await appOn(await openFresh())
    const id = await itemFor(app, await orderIn(app, { state: 'paid' }), REFUSED)
    await takeWorkItem(app, { id, operator: wang })
    await takeWorkItem(app, { id, operator: li })
    const [item] = await openWorkItems(app)
    expect(item?.owner).toBe('李强')
    expect(item?.history.map(({ operator, action }) => [operator, action])).toEqual([
      ['王敏', 'take'],
      ['李强', 'take'],
    ])
  })

  it('closes an order that was never ordered at the bank, and revokes and releases it', async () => {
    const app = await appOn(await openFresh())
    const order = await orderIn(app, { state: 'needs-review' }, { payOrdId: 'PAY1' })
    const id = await itemFor(app, order, MISMATCH)
    const decision = { id, operator: wang, action: 'close-order', note: '已核对' }
    const { item } = await resolveWorkItem(app, decision)
    expect(item.state).toBe('resolved')
    expect((await orders.byId(app.db, order.id))?.state).toBe('closed')
    const later = (await intents.ofOrder(app.db, order.id)).map(({ effect }) => effect)
    expect(later.toSorted()).toEqual(['release-bill', 'revoke-upload'])
    const [event] = await events.ofOrder(app.db, order.id)
    expect(event).toMatchObject({ what: 'closed-by-operator', detail: { operator: '王敏' } })
    expect(await codeOf(resolveWorkItem(app, decision))).toBe('invalid-request')
  })

  it('never closes an order that has a number at the bank', async () => {
    const app = await appOn(await openFresh())
    const order = await orderIn(app, { state: 'needs-review' }, { outTradeNo: 'C1' })
    const id = await itemFor(app, order, MISMATCH)
    const decision = { id, operator: wang, action: 'close-order', note: '已核对' }
    expect(await codeOf(resolveWorkItem(app, decision))).toBe('invalid-request')
    expect((await orders.byId(app.db, order.id))?.state).toBe('needs-review')
    expect(await openWorkItems(app)).toHaveLength(1)
  })

  it('asks the bank for real, and a result ends the item together with the order', async () => {
    const attempt = { mixTradeNo: 'MIX1', institutionNo: 'INS1', outTradeNo: 'C1', t0: MORNING }
    const legs = { overall: 'success', selfPay: 'success', insurance: 'none' } as const
    const state = { mixTradeNo: 'MIX1', institutionNo: 'INS1', legs }
    const app = await appOn(await openFresh(), () =>
      done({ ...state, amounts: order.amounts, paidAt: MORNING, failReason: null }),
    )
    const order = await orderIn(app, { state: 'processing', payMode: 'self-pay' }, attempt)
    const id = await itemFor(app, order, UNKNOWN)
    const decision = { id, operator: wang, action: 'ask-bank', note: '患者来电' }
    const { item, said } = await resolveWorkItem(app, decision)
    expect(said).toContain('支付成功')
    expect(item.state).toBe('resolved')
    const paid = await orders.byId(app.db, order.id)
    expect(paid?.state).toBe('paid')
    expect(paid?.attempt.asked.refresh).toBe(1)
  })

  it('keeps the item open when the bank still does not know', async () => {
    const attempt = { mixTradeNo: 'MIX1', institutionNo: 'INS1', outTradeNo: 'C1', t0: MORNING }
    const app = await appOn(await openFresh())
    const order = await orderIn(app, { state: 'processing', payMode: 'self-pay' }, attempt)
    const id = await itemFor(app, order, UNKNOWN)
    const decision = { id, operator: wang, action: 'ask-bank', note: '患者来电' }
    expect((await resolveWorkItem(app, decision)).item.state).toBe('open')
    expect((await orders.byId(app.db, order.id))?.state).toBe('processing')
  })

  it('tells what the mid-platform says of the insurance part, and decides nothing by it', async () => {
    const app = await appOn(await openFresh())
    const held = { insuranceReturned: false, cashReturned: false }
    const told = { ordStas: '6', phase: 'settled', amounts: null, ...held } as const
    const saying = (answer: Answer<InsuranceOrderState>): App => ({
      ...app,
      insurer: { ...app.insurer, query: async () => answer },
    })
    const patient = new Secret({ name: '张三丰', idNo: '510101199001010010' })
    const attempt = { payOrdId: 'PAY1', payToken: new Secret('TOKEN1'), patient }
    const order = await orderIn(app, { state: 'processing' }, attempt)
    const id = await itemFor(app, order, DISPUTED)
    await resolveWorkItem(app, { id, operator: wang, action: 'full-refund', note: '银行已退' })
    const asked = { id, operator: li, action: 'ask-insurer', note: '复核' }
    const { item, said } = await resolveWorkItem(saying(done(told)), asked)
    expect(said).toContain('已结算（ordStas 6）')
    expect(item.history.at(-1)?.note).toContain(said)
    expect(item.state).toBe('open')
    expect(await orders.byId(app.db, order.id)).toMatchObject({ state: 'processing', version: 1 })
    const confirmed = await confirmWorkItem(app, { id, operator: li })
    expect(confirmed.said).toContain('已记录决定')
    const silent = await resolveWorkItem(saying(unknown('test')), asked)
    expect(silent.said).toContain('没有给出可采信的答复')
  })

  it('lets nobody decide alone about money', async () => {
    const app = await appOn(await openFresh())
    const order = await orderIn(app, { state: 'paid' })
    const id = await itemFor(app, order, REFUSED)
    expect(await codeOf(confirmWorkItem(app, { id, operator: li }))).toBe('invalid-request')
    for (const action of ['full-refund', 'note']) {
      await resolveWorkItem(app, { id, operator: wang, action, note: '账单已作废' })
      expect(await codeOf(confirmWorkItem(app, { id, operator: wang }))).toBe('forbidden')
    }
    expect((await openWorkItems(app))[0]?.state).toBe('open')
  })

  it('records a decision about money without pretending that it moved', async () => {
    const app = await appOn(await openFresh())
    const order = await orderIn(app, { state: 'needs-review' })
    const id = await itemFor(app, order, REFUSED)
    await resolveWorkItem(app, { id, operator: wang, action: 'full-refund', note: '已作废' })
    const { item, said } = await confirmWorkItem(app, { id, operator: li })
    expect(said).toContain('这笔订单的状态不能由系统退款')
    expect(item.state).toBe('open')
    expect((await orders.byId(app.db, order.id))?.state).toBe('needs-review')
    await resolveWorkItem(app, { id, operator: wang, action: 'note', note: '流水号 1、2' })
    expect((await confirmWorkItem(app, { id, operator: li })).item.state).toBe('resolved')
  })

  it('[SC-R01] begins the full refund of a paid order when two have decided it', async () => {
    const app = await appOn(await openFresh())
    const order = await orderIn(app, { state: 'paid' })
    const id = await itemFor(app, order, REFUSED)
    await resolveWorkItem(app, { id, operator: wang, action: 'full-refund', note: '已作废' })
    expect(await refunds.ofOrder(app.db, order.id)).toEqual([])
    const { item } = await confirmWorkItem(app, { id, operator: li })
    expect(item.state).toBe('resolved')
    expect(await refunds.ofOrder(app.db, order.id)).toEqual([
      expect.objectContaining({ state: 'checking', requestedBy: 'operator', requester: li.name }),
    ])
  })

  it('offers no action beyond those of the item, and none without a note', async () => {
    const app = await appOn(await openFresh())
    const id = await itemFor(app, await orderIn(app, { state: 'needs-review' }), MISMATCH)
    for (const wrong of [
      { action: 'full-refund', note: 'x' },
      { action: 'rm', note: 'x' },
      { action: 'note', note: ' ' },
      { action: 'note', note: 'x'.repeat(501) },
    ])
      expect(await codeOf(resolveWorkItem(app, { id, operator: wang, ...wrong }))).toBe(
        'invalid-request',
      )
    expect(await codeOf(takeWorkItem(app, { id: 'none', operator: wang }))).toBe('not-found')
  })

  it('lets only one of two operators write the next line of an item', async () => {
    const app = await appOn(await openFresh())
    const id = await itemFor(app, await orderIn(app, { state: 'paid' }), REFUSED)
    const both = [wang, li].map((operator) => codeOf(takeWorkItem(app, { id, operator })))
    const [item] = (await Promise.all(both), await openWorkItems(app))
    const written = (await Promise.all(both)).filter((code) => code === 'no error').length
    expect(item?.history).toHaveLength(written)
  })

  it('[SC-S08] knows an operator by their own key alone, which rests nowhere', async () => {
    const app = await appOn(await openFresh())
    const key = await addOperator(app, '王敏')
    const other = await addOperator(app, '李强')
    expect(await recogniseOperator(app, '王敏', key)).toEqual(wang)
    expect(await codeOf(recogniseOperator(app, '王敏', other))).toBe('unauthenticated')
    expect(await codeOf(recogniseOperator(app, '无此人', key))).toBe('unauthenticated')
    expect(await codeOf(addOperator(app, '王敏'))).toBe('invalid-request')
    expect(await codeOf(addOperator(app, 'a b'))).toBe('invalid-request')
    const text = await dump(app.db)
    expect(text).toContain('scrypt:')
    expect(text).not.toContain(key.reveal())
  })
})
