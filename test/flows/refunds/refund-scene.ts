/** A paid order whose money somebody wants back, and the people who decide about it. */
import type { Operator } from '../../../src/flows/operators/operators.ts'
import { requestRefund, type RefundRequest } from '../../../src/flows/refunds/request-refund.ts'
import type { ByHand } from '../../../src/flows/refunds/return-by-hand.ts'
import {
  confirmWorkItem,
  needsTwo,
  resolveWorkItem,
} from '../../../src/flows/operators/work-items.ts'
import { ACTIONS } from '../../../src/flows/operators/action-rules.ts'
import type { Refund } from '../../../src/payment/refunds.ts'
import * as refunds from '../../../src/store/refunds.ts'
import { done } from '../../../src/upstreams/upstream.ts'
import type { OpenFresh } from '../../support/database.ts'
import { flowWorld, type World, type WorldOptions } from '../../support/flow-world.ts'
import { atT0, callsBack, happens, legs, PAID, says, type Scene } from '../patient.ts'

export const DAY_MS = 86_400_000
export const SELDOM = { lookEveryMs: 3_600_000 }
export const OWN_MONEY = { scenario: 'self-pay-only' } as const

const ASKED: Omit<RefundRequest, 'orderId'> = {
  refundNo: null,
  amountFen: null,
  reason: '未就诊',
  requestedBy: 'patient',
  requester: 'user',
}

/** What the bank says of a refund that it will never make. */
export const FAILED = () =>
  done({ status: 'failed', amountFen: null, refundedAt: null, bankRefundNo: null } as const)

const [wang, li]: [Operator, Operator] = [
  { name: '王敏', recognised: true },
  { name: '李强', recognised: true },
]

/**
 * An order that was paid a moment ago, and that HIS has booked unless it is away.
 * @param before what the outside does from the very beginning
 */
export async function paid(
  openFresh: OpenFresh,
  options: WorldOptions = {},
  before?: (world: World) => void,
) {
  const world = await flowWorld(openFresh, options)
  before?.(world)
  const scene: Scene = { world, at: world.start() }
  const payMode = options.scenario === 'self-pay-only' ? 'self-pay' : 'insurance'
  const { id, order, t0 } = await atT0(scene, { payMode })
  const told = {
    'self-pay-only': legs('success', 'success', 'none'),
    'insurance-only': legs('success', 'none', 'success'),
    mixed: PAID,
  }[options.scenario ?? 'mixed']
  happens(scene, order, told)
  await callsBack(scene, says(order, told))
  await world.clock.advanceTo(t0 + 2_000)
  const asks = (wish: Partial<RefundRequest> = {}, at = scene.at) =>
    world.run(requestRefund(at.app, { ...ASKED, orderId: id, ...wish }))
  const later = async (ms: number): Promise<Refund[]> => {
    await world.clock.advanceTo(world.clock.now() + ms)
    return refunds.ofOrder(world.db, id)
  }
  const decides = (action: (typeof ACTIONS)[number], byHand?: ByHand, at = scene.at) =>
    decide(world, { at, action, ...(byHand && { byHand }) })
  return { world, scene, id, order, asks, later, decides }
}

/** Whoever is needed does this about the open item that offers it. @returns what they were told */
export async function decide(
  world: World,
  { at, action, byHand }: { at: Scene['at']; action: (typeof ACTIONS)[number]; byHand?: ByHand },
): Promise<string> {
  const item = (await world.workItems()).find(({ actions }) => actions.includes(action))
  if (!item) throw new Error(`no open item offers ${action}`)
  const wish = { id: item.id, operator: wang, action, note: '已核实', ...(byHand && { byHand }) }
  const { said } = await world.run(resolveWorkItem(at.app, wish))
  if (!needsTwo(item, action)) return said
  return (await world.run(confirmWorkItem(at.app, { id: item.id, operator: li }))).said
}
