/** Whatever comes of a refund: nobody's money waits without an owner, and what is over bothers nobody. */
import { describe, expect, it } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { done, refused } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { ABSENT, UNKNOWN } from '../line.ts'
import { DAY_MS, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const HOUR_MS = 3_600_000
const OWN = { parts: ['self-pay'], voucherNo: '20261121-0012' } as const
const ALL_WITH_CASH = {
  ...SELDOM,
  environment: { REFUND_TYPE: 'ALL', REFUND_ALL_RETURNS_CASH: 'yes' },
}
const PENDING = () => ({ kind: 'pending' }) as const
const REFUSED = () => refused<never>('refund-refused', '已清算')

type Paid = Awaited<ReturnType<typeof paid>>

const kinds = async ({ world }: Paid) => (await world.workItems()).map(({ kind }) => kind)

/** What refundqry says of a number that the bank cannot tell anything about. */
const NOBODY_KNOWS = () =>
  done({ status: 'unknown', amountFen: null, refundedAt: null, bankRefundNo: null } as const)

/** What 6301 says of an order of which 6203 gave these parts back. */
const said = (ordStas: string, insuranceReturned: boolean, cashReturned: boolean | null) => () =>
  done({
    ordStas,
    phase: insuranceReturned ? 'refunded' : 'unknown',
    amounts: null,
    insuranceReturned,
    cashReturned,
  } as const)

const cashIs = ({ world, order }: Paid, status: 'refunded' | 'paid'): void => {
  const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
  if (cash) cash.status = status
}

describeDatabases((_, openFresh) => {
  describe('[SC-X03] work that was overdue', () => {
    it('and is done after all: its item is over too, and the next part may be asked for', async () => {
      const scene = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      const { world, asks, later } = scene
      const { askRefund } = world.outside
      askRefund.next(ABSENT)
      askRefund.always(PENDING)
      await asks({ amountFen: 6_000 })
      await later(3 * HOUR_MS)
      expect(await kinds(scene)).toEqual(['refund-overdue'])
      askRefund.asUsual()
      await later(2 * HOUR_MS)
      expect(await kinds(scene)).toEqual([])
      await asks({ amountFen: 4_000 })
      await later(2 * HOUR_MS)
      expect((await world.order(scene.id)).state).toBe('refunded')
    })

    it('twice: the second time it is told anew, with what may be done about that part', async () => {
      const scene = await paid(openFresh, SELDOM)
      const { world, asks, later, decides } = scene
      const { refundInsurance, askRefund } = world.outside
      refundInsurance.always(UNKNOWN)
      await asks()
      await later(4 * HOUR_MS)
      expect(await kinds(scene)).toEqual(['refund-overdue'])
      refundInsurance.asUsual()
      askRefund.always(ABSENT)
      world.outside.selfPay.always(UNKNOWN)
      await later(4 * HOUR_MS)
      expect(await kinds(scene)).toEqual(['refund-overdue'])
      await decides('returned-by-hand', OWN)
      await later(HOUR_MS)
      expect((await world.order(scene.id)).state).toBe('refunded')
      expect(await kinds(scene)).toEqual([])
    })

    it('a note does not end it: the money is still owed', async () => {
      const scene = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      const { world, asks, later, decides } = scene
      world.outside.askRefund.always(PENDING)
      await asks()
      await later(3 * HOUR_MS)
      expect(await decides('note')).toContain('尚未了结')
      expect(await kinds(scene)).toEqual(['refund-overdue'])
    })

    it('a check that HIS never answers is ended by a person; nothing had moved', async () => {
      const scene = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      const { world, asks, later, decides } = scene
      const { refundCheck } = world.outside
      refundCheck.always(UNKNOWN)
      await asks()
      await later(3 * HOUR_MS)
      expect(await decides('reject-refund')).toContain('终止')
      refundCheck.asUsual()
      const [refund] = await later(DAY_MS)
      expect(refund?.state).toBe('rejected')
      expect(await world.order(scene.id)).toMatchObject({ state: 'paid', selfPay: 'paid' })
      expect([world.outside.refund.count, await kinds(scene)]).toEqual([0, []])
      await asks()
      await later(3 * HOUR_MS)
      expect((await world.order(scene.id)).state).toBe('refunded')
    })
  })

  describe('[SC-R05] [SC-R07] 6203 ALL, where the insurer returns the cash too', () => {
    it('under a second number: the cash is back, so nothing is sent and the refund ends', async () => {
      const scene = await paid(openFresh, ALL_WITH_CASH)
      const { world, asks, later, decides } = scene
      const { refundInsurance, refund } = world.outside
      refundInsurance.next(REFUSED)
      await asks()
      await later(2 * HOUR_MS)
      refundInsurance.next(async (question) => {
        cashIs(scene, 'refunded')
        return refundInsurance.usual(question)
      })
      await decides('refund-again')
      await later(2 * HOUR_MS)
      expect(await world.order(scene.id)).toMatchObject({ state: 'refunded', refundedFen: 10_000 })
      expect([refund.count, await kinds(scene)]).toEqual([0, []])
    })

    it('and gave back the cash alone: the refund cannot be called off as if nothing had moved', async () => {
      const scene = await paid(openFresh, ALL_WITH_CASH)
      const { world, asks, later, decides } = scene
      world.outside.refundInsurance.next(REFUSED)
      await asks()
      await later(2 * HOUR_MS)
      cashIs(scene, 'refunded')
      world.outside.query.always(said('9', false, true))
      await expect(decides('reject-refund')).rejects.toMatchObject({ code: 'invalid-request' })
      expect((await world.order(scene.id)).state).toBe('needs-review')
    })

    it.each([
      ['unknown of a number that never left', NOBODY_KNOWS],
      ['nothing', UNKNOWN],
    ] as const)('while the bank says %s: two people and a voucher end it', async (_, answer) => {
      const scene = await paid(openFresh, ALL_WITH_CASH)
      const { world, asks, later, decides } = scene
      world.outside.askRefund.always(answer)
      world.outside.query.always(said('7', true, null))
      await asks()
      await later(4 * HOUR_MS)
      expect(await kinds(scene)).toEqual(['refund-overdue'])
      await decides('returned-by-hand', OWN)
      await later(DAY_MS)
      expect(await world.order(scene.id)).toMatchObject({ state: 'refunded', refundedFen: 10_000 })
      expect([world.outside.refund.count, await kinds(scene)]).toEqual([0, []])
    })
  })

  it('[SC-R05] a number that only 6203 had is not waited for at the bank', async () => {
    const scene = await paid(openFresh, SELDOM)
    const { world, asks, later, decides } = scene
    const { refundInsurance, askRefund } = world.outside
    refundInsurance.next(REFUSED)
    askRefund.always((asked) =>
      asked.refundNo.endsWith('-2') ? askRefund.usual(asked) : NOBODY_KNOWS(),
    )
    await asks()
    await later(2 * HOUR_MS)
    await decides('refund-again')
    await later(2 * HOUR_MS)
    expect((await world.order(scene.id)).state).toBe('refunded')
    expect(world.outside.refund.count).toBe(1)
  })

  it('[SC-R02] an operator’s refund that HIS does not allow is told to a person', async () => {
    const scene = await paid(openFresh, SELDOM)
    const { world, asks, later } = scene
    world.outside.refundCheck.next(() => done({ allowed: false, reason: '发票不可作废' }))
    await asks({ requestedBy: 'operator', requester: '王敏' })
    await later(2 * HOUR_MS)
    expect(await world.workItems()).toMatchObject([
      { kind: 'refund-refused', sentence: expect.stringContaining('发票不可作废') },
    ])
  })

  it('[SC-R01] a number of its own is a wish of its own: it does not come true once the first is over', async () => {
    const { asks, later } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    const part = { amountFen: fen(100) }
    await asks({ ...part, refundNo: 'PR1' })
    await expect(asks({ ...part, refundNo: 'PR2' })).rejects.toThrow('refund-in-progress')
    expect((await asks({ ...part, refundNo: 'PR1' })).refundNo).toBe('PR1')
    expect(await later(HOUR_MS)).toHaveLength(1)
  })
})
