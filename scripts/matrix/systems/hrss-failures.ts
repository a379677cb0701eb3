/** 人社支付平台 where answers are lost, refused or odd: asked for, never guessed. */
import { becomes, callsFor, type Case, failure, must, same } from './case.ts'
import {
  begin,
  billWith,
  close,
  endsAs,
  holds,
  look,
  notice,
  open,
  paid,
  paidContent,
  payOnPhone,
  phone,
  refund,
  spoken,
} from './hrss-desk.ts'

/** From the document's table: what an order call comes to, and how often a refund call is made. */
const CODES: readonly (readonly [
  id: string,
  suffix: string,
  subCode: string,
  order: 'refused' | 'turned-away' | 'unknown',
])[] = [
  ['RS-31', 'S01', 'check.param.missing', 'refused'],
  ['RS-32', 'S02', 'check.param.invalid', 'refused'],
  ['RS-33', 'S03', 'check.service.server_busy', 'unknown'],
  ['RS-34', 'S04', 'check.service.undefine', 'refused'],
  ['RS-35', 'S05', 'check.service.error_status', 'turned-away'],
  ['RS-36', 'S06', 'check.service.access_limit', 'turned-away'],
  ['RS-37', 'S07', 'check.service.limit_ip', 'refused'],
  ['RS-38', 'S08', 'check.system.forbidden', 'refused'],
  ['RS-39', 'S09', 'check.system.limit_ip', 'refused'],
  ['RS-40', 'S10', 'check.aop.invalid_sign', 'refused'],
  ['RS-41', 'S11', 'auth.insufficient.service_permissions', 'refused'],
  ['RS-42', 'S12', 'auth.insufficient.code_permissions', 'refused'],
  ['RS-43', 'S13', 'run.error.internal', 'unknown'],
  ['RS-44', 'S14', 'run.error.circuit_breaker', 'turned-away'],
]

const MEANS = {
  refused: { answer: [502, 'upstream-refused'], sees: '拒绝，未下单' },
  'turned-away': { answer: [503, 'upstream-unavailable'], sees: '未受理，可重新开始' },
  unknown: { answer: [202, 'ordering'], sees: '结果未知，不重下单' },
} as const

const coded: readonly Case[] = CODES.map(([ids, suffix, subCode, order]) =>
  failure(ids, subCode, async (scene) => {
    const billNo = billWith(scene, suffix)
    const { status, body } = await begin(scene, { billNo, way: 'online' })
    const { answer, sees } = MEANS[order]
    same('应答', [status, status < 300 ? body['status'] : body['code']], answer)
    same('下单次数', callsFor(scene, 'order-online', billNo), 1)
    return `下单 1 次；${sees}`
  }),
)

/** The order's answer is worth nothing: nobody orders again, and the notice tells. */
const orderLost = (ids: string, title: string, suffix: string): Case =>
  failure(ids, title, async (scene) => {
    const payment = await open(scene, suffix, 'presented')
    same('状态', payment.status, 'ordering')
    const again = await begin(scene, { billNo: payment.billNo, way: 'presented' })
    same('再次下单', again.body['id'], payment.id)
    await payOnPhone(scene, payment)
    await endsAs(scene, payment, 'paid')
    same('下单次数', callsFor(scene, 'order-presented', payment.billNo), 1)
    await holds(scene, payment, payment.amountFen)
    return '下单 1 次，通知到达后已支付'
  })

/** Given back once, whatever became of the answer. */
const refundLost = (ids: string, title: string, suffix: string): Case =>
  failure(ids, title, async (scene) => {
    const payment = await paid(scene, suffix)
    await refund(scene, payment, { refundNo: 'T1', amountFen: payment.amountFen })
    await endsAs(scene, payment, 'refunded')
    await holds(scene, payment, 0)
    return `退款请求 ${callsFor(scene, 'refund', payment.billNo)} 次，只退一次`
  })

const closed = (title: string, suffix: string): Case =>
  failure('RS-58', title, async (scene) => {
    const payment = await open(scene, suffix)
    await close(scene, payment)
    await endsAs(scene, payment, 'closed')
    await holds(scene, payment, 0)
    return '查询确认已关闭'
  })

const DOWN_MS = 300_000

const OTHERS: readonly Case[] = [
  failure('RS-24', '外层 1、内层 0：业务失败', async (scene) => {
    const billNo = billWith(scene, 'S24')
    const { status, body } = await begin(scene, { billNo, way: 'online' })
    same('应答', [status, body['code']], [502, 'upstream-refused'])
    return String(body['detail'])
  }),
  orderLost('RS-51', '下单应答丢失', 'S20'),
  orderLost('RS-02 RS-24', '下单应答的 data 无法解密', 'S22'),
  orderLost('RS-25', '下单应答的 aaz001 不符', 'S23'),
  failure('RS-72', '通知早于下单应答', async (scene) => {
    const payment = await open(scene, 'S33')
    await endsAs(scene, payment, 'paid')
    return '只入账一次'
  }),
  failure('RS-59', 'payStatus 5 异常交易：转人工并继续查询', async (scene) => {
    const payment = await open(scene, 'S26')
    await notice(scene, spoken(scene, { ...paidContent(payment), payStatus: '5' }))
    await endsAs(scene, payment, 'needs-review')
    await payOnPhone(scene, payment)
    await endsAs(scene, payment, 'paid')
    return '先待核实，平台确认后已支付'
  }),
  failure('RS-58', '关闭与支付同时：以支付为准', async (scene) => {
    const payment = await open(scene, 'S27')
    const { body } = await close(scene, payment)
    same('应答', body['code'], 'already-paid')
    await endsAs(scene, payment, 'paid')
    await holds(scene, payment, payment.amountFen)
    return '已支付，款项在账'
  }),
  closed('关闭已生效，应答丢失', 'S20C'),
  closed('关闭请求未到达', 'S21C'),
  closed('关闭前后查询无应答', 'S20Q'),
  refundLost('RS-56', '退款已生效，应答丢失：同号查询', 'S20R'),
  refundLost('RS-56', '退款请求未到达：同号重发', 'S21R'),
  refundLost('RS-33', '退款时服务器繁忙：退避后同号重发', 'S03R'),
  refundLost('RS-44', '退款时熔断：退避后同号重发', 'S14R'),
  refundLost('RS-57', '退款应答无 refundOrderId', 'S25R'),
  refundLost('RS-57', '退款应答无 refundOrderId 且应答丢失', 'S25'),
  refundLost('RS-59', '退款最终失败：换号再退', 'S34R'),
  failure(
    'RS-06',
    '平台中断五分钟：两笔退款恢复后依次各发一次',
    async (scene) => {
      const payment = await paid(scene)
      await phone(scene, 'down', { down: true })
      await refund(scene, payment, { refundNo: 'T1', amountFen: 100 })
      await refund(scene, payment, { refundNo: 'T2', amountFen: 200 })
      scene.leap(DOWN_MS)
      await phone(scene, 'down', { down: false })
      scene.leap(DOWN_MS)
      const isBack = async () => (await look(scene, payment)).refundedFen === 300
      await becomes('退回', isBack)
      const sent = scene.sandbox.world.calls.filter(({ call }) => call === 'refund')
      same('到达次数', sent.length, 2)
      await holds(scene, payment, payment.amountFen - 300)
      return '两笔各到达一次，次序不变'
    },
    {},
  ),
  failure(
    'RS-06',
    '平台中断时的下单：不补发，账单由人核实',
    async (scene) => {
      await phone(scene, 'down', { down: true })
      const payment = await open(scene, '', 'presented')
      same('状态', payment.status, 'ordering')
      await phone(scene, 'down', { down: false })
      scene.leap(3_600_000)
      const items = () => scene.app.db.q('work_items').where({ kind: 'still-unknown' })
      await becomes('工单', async () => (await items()).length === 1)
      must(callsFor(scene, 'order-presented', payment.billNo) === 0, '补发了下单')
      return '没有补发，一个工单'
    },
    {},
  ),
]

export const FAILURE_CASES: readonly Case[] = [...coded, ...OTHERS]
