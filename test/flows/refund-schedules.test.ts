import { expect, it } from 'vitest'
import { requestRefund, type RefundRequest } from '../../src/flows/request-refund.ts'
import { refundAgain } from '../../src/flows/refund-actions.ts'
import type { Refund } from '../../src/payment/refunds.ts'
import * as refunds from '../../src/store/refunds.ts'
import { done, refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type World } from '../support/flow-world.ts'
import { ABSENT, UNKNOWN } from './line.ts'
import { atT0, callsBack, happens, legs, PAID, says, type Scene } from './patient.ts'

const DAY_MS = 86_400_000
const SELDOM = { lookEveryMs: 3_600_000 }
const ASKED: Omit<RefundRequest, 'orderId'> = {
  refundNo: null,
  amountFen: null,
  reason: 'x',
  requestedBy: 'patient',
  requester: 'user',
}
const FAILED = () =>
  done({ status: 'failed', amountFen: null, refundedAt: null, bankRefundNo: null } as const)
type Options = Parameters<typeof flowWorld>[1]

describeDatabases((_, openFresh) => {
  async function paid(options: Options = {}, before?: (world: World) => void) {
    const world = await flowWorld(openFresh, options)
    before?.(world)
    const scene: Scene = { world, at: world.start() }
    const payMode = options?.scenario === 'self-pay-only' ? 'self-pay' : 'insurance'
    const { id, order, t0 } = await atT0(scene, { payMode })
    const told = {
      'self-pay-only': legs('success', 'success', 'none'),
      'insurance-only': legs('success', 'none', 'success'),
      mixed: PAID,
    }[options?.scenario ?? 'mixed']
    happens(scene, order, told)
    await callsBack(scene, says(order, told))
    await world.clock.advanceTo(t0 + 2_000)
    const asks = (wish: Partial<RefundRequest> = {}, at = scene.at) =>
      world.run(requestRefund(at.app, { ...ASKED, orderId: id, ...wish }))
    const later = async (ms: number): Promise<Refund[]> => {
      await world.clock.advanceTo(world.clock.now() + ms)
      return refunds.ofOrder(world.db, id)
    }
    const again = async () => {
      const [item] = await world.workItems()
      return world.run(
        refundAgain(scene.at.app, { orderId: id, operator: 'op', note: 'n', item: item! }),
      )
    }
    return { world, scene, id, order, asks, later, again }
  }

  it('[SC-R06] taken back while its notice is still refused, then returned again: whole, and told', async () => {
    const { world, id, asks, later, again } = await paid(SELDOM)
    world.outside.noticeRefund.always(() => refused('busy', 'x'))
    await asks()
    await later(3 * 3_600_000)
    world.outside.askRefund.next(FAILED)
    const [r] = await later(2 * DAY_MS)
    console.log(
      'A1',
      r?.state,
      (await world.order(id)).state,
      world.outside.noticeRefund.count,
      (await world.workItems()).map((w) => w.kind),
    )
    world.outside.noticeRefund.asUsual()
    const releases = world.outside.release.count
    await later(3 * 3_600_000)
    console.log(
      'A2 notices',
      world.outside.noticeRefund.count,
      (await refunds.ofOrder(world.db, id))[0]?.state,
    )
    world.outside.askRefund.next(FAILED, ABSENT)
    await again()
    const [r2] = await later(DAY_MS)
    const o = await world.order(id)
    console.log(
      'A3',
      r2?.state,
      r2?.done,
      o.state,
      o.refundedFen,
      o.amounts,
      'releases',
      world.outside.release.count - releases,
      (await world.intents(id)).map((i) => [i.effect, i.number.slice(-4), i.state, i.answer]),
      [...world.outside.refunds.keys()],
    )
    expect(o.refundedFen).toBe(o.amounts.totalFen)
  })

  it('[SC-R04] 6203 refused though it had worked: going on asks 6301 before a second one', async () => {
    const { world, id, asks, later, again } = await paid()
    world.outside.refundInsurance.next(async (q) => {
      await world.outside.refundInsurance.usual(q)
      return refused('refund-refused', '失败')
    })
    await asks()
    await later(60_000)
    const asked = world.outside.query.count
    await again()
    const [r] = await later(60_000)
    console.log(
      'B',
      r?.state,
      r?.number,
      'queries',
      world.outside.query.count - asked,
      world.outside.refundInsurance.said.map((s) => s.question.refundNo),
      (await world.order(id)).state,
    )
    expect(world.outside.refundInsurance.count).toBe(1)
  })

  it('[SC-R03] an authorisation that is refused for good stops the refund, whatever was lost before', async () => {
    const { world, id, asks, later } = await paid(SELDOM)
    world.outside.authoriseRefund.next(UNKNOWN)
    world.outside.authoriseRefund.always(() => refused('expired', '授权已失效'))
    await asks()
    const [r] = await later(5 * DAY_MS)
    console.log(
      'C',
      r?.state,
      (await world.order(id)).state,
      world.outside.refundInsurance.count,
      (await world.workItems()).map((w) => [w.kind, w.actions]),
    )
    expect(r?.state).toBe('needs-review')
  })

  it('[SC-R04] a first 6203 that never arrived and repeats that are refused: a person decides', async () => {
    const { world, id, asks, later } = await paid(SELDOM)
    world.outside.refundInsurance.next(UNKNOWN)
    world.outside.refundInsurance.always(() => refused('refund-refused', '已清算'))
    await asks()
    const [r] = await later(5 * DAY_MS)
    console.log(
      'C2',
      r?.state,
      (await world.order(id)).state,
      world.outside.refundInsurance.count,
      (await world.workItems()).map((w) => [w.kind, w.actions]),
    )
    expect(r?.state).toBe('needs-review')
  })

  it('[SC-R01] HIS is not told of a payment that has gone back', async () => {
    const { world, id, asks, later } = await paid(SELDOM, (w) =>
      w.outside.writeBack.always(UNKNOWN),
    )
    console.log('D0', (await world.order(id)).hisWriteBack)
    await asks({ requestedBy: 'operator', requester: 'op' })
    const [r] = await later(4 * 3_600_000)
    world.outside.writeBack.asUsual()
    await later(4 * 3_600_000)
    const o = await world.order(id)
    console.log(
      'D',
      r?.state,
      o.state,
      o.hisWriteBack,
      'refund check',
      world.outside.refundCheck.count,
      'his refund',
      world.outside.writeBackRefund.count,
    )
    expect(o.hisWriteBack === 'done' && world.outside.writeBackRefund.count === 0).toBe(false)
  })
})
