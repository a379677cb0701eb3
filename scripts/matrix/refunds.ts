/** Refunds that somebody asks for (table 3): every scenario, then every way one goes wrong. */
import type { Evidence } from './evidence.ts'
import { decide } from './operators.ts'
import {
  ASKED,
  HIS,
  INSURANCE,
  MIXED,
  NOTICE,
  OWN,
  paidOutByHand,
  payThenRefund,
  refunding,
  returnedAndTakenBack,
  thenDecide,
} from './refunding.ts'
import { payMyself, payWithInsurance, type Row, until } from './row.ts'

/** Every fen of the order went back and the patient is told so. */
function allBack({ order }: Evidence): string[] {
  const { refundedFen, amounts, selfPay, insurance } = order
  const legs = [selfPay.status, insurance.status].every((leg) => ['none', 'refunded'].includes(leg))
  return legs && refundedFen === amounts.totalFen ? [] : ['退回的金额或两部分的状态不对']
}

const WHOLE = { '6203': 1, refund: 1, 'refund-notice': 1, 'refund-write-back': 1 } as const
const refunded = { status: 'refunded', writeBack: 'done', effects: WHOLE, also: allBack } as const
const PAID = { 'self-pay-order': 1, 'mixed-submit': 1 } as const

const SCENARIOS: readonly Row[] = [
  refunding('R00', {
    title: '退费 混合：校验、医保、自费、通知、入账各一次',
    suffix: 'M',
    expect: { ...refunded, calls: MIXED },
  }),
  refunding('R00', {
    title: '退费 混合：按配置向医保中台另取退费授权',
    suffix: 'M',
    on: 'authorised-refunds',
    expect: {
      ...refunded,
      calls: [...ASKED, '退3 refund-authorisation', INSURANCE, OWN, NOTICE, HIS],
    },
  }),
  refunding('R00', {
    title: '退费 纯医保：没有自费退费',
    suffix: 'I',
    expect: {
      ...refunded,
      calls: [...ASKED, INSURANCE, NOTICE, HIS],
      effects: { ...WHOLE, refund: 0 },
    },
  }),
  refunding('R00', {
    title: '退费 纯自费：没有医保退费和通知',
    suffix: 'S',
    play: payThenRefund(payMyself),
    expect: {
      ...refunded,
      calls: [...ASKED, OWN, HIS],
      effects: { refund: 1, 'refund-write-back': 1 },
    },
  }),
  refunding('R00', {
    title: '退费 纯自费：部分退，订单仍为已支付',
    suffix: 'S',
    play: payThenRefund(payMyself, (selfPayFen) => Math.floor(selfPayFen * 0.6)),
    expect: {
      calls: [...ASKED, OWN, HIS],
      status: 'paid',
      effects: { refund: 1, 'refund-write-back': 1 },
      also: ({ order }) =>
        order.refundedFen === Math.floor(order.amounts.selfPayFen * 0.6)
          ? []
          : [`部分退费后已退 ${order.refundedFen} 分`],
    },
  }),
  refunding('R00', {
    title: '退费 ALL：6203 不退自费时，自费仍由银行退一次',
    suffix: 'M',
    on: 'refund-all',
    expect: { ...refunded, calls: MIXED },
  }),
  refunding('R12', {
    title: '退费 ALL：渠道随医保一并退回自费，不再退',
    on: 'refund-all-with-cash',
    expect: {
      ...refunded,
      calls: [...ASKED, INSURANCE, NOTICE, HIS],
      effects: { ...WHOLE, refund: 0 },
    },
  }),
]

// ---------------------------------------------------------------- what goes wrong

const stopped = {
  status: 'needs-review',
  writeBack: 'done',
  effects: PAID,
  bankHolds: true,
  insuranceSettled: true,
  workItems: ['refund-refused'],
} as const
const REFUSED = `${INSURANCE}（被拒）`

const INSURANCE_FAILS: readonly Row[] = [
  refunding('R01', {
    title: '6203 已生效而应答丢失：问 6301，不再退',
    expect: { ...refunded, calls: MIXED, seen: ['6301 question'] },
  }),
  refunding('R02', {
    title: '6203 请求未到达：同号重发',
    expect: {
      ...refunded,
      calls: [...ASKED, `${INSURANCE}（未到达）`, INSURANCE, OWN, NOTICE, HIS],
      seen: ['6203 lost-request'],
    },
  }),
  refunding('R03', {
    title: '6203 异常而实已退：问清后继续',
    expect: { ...refunded, calls: MIXED, seen: ['6301 question'] },
  }),
  refunding('R04', {
    title: '6203 异常而未退：只问不重退，转人工',
    on: 'brief-exceptions',
    expect: { ...stopped, calls: [...ASKED, REFUSED], seen: ['6301 question'] },
  }),
  refunding('R04', {
    title: '6203 异常而未退：两人决定后换号再退',
    on: 'brief-exceptions',
    play: thenDecide({ action: 'refund-again', two: true }),
    expect: {
      ...refunded,
      calls: [...ASKED, REFUSED, INSURANCE, OWN, NOTICE, HIS],
      workItems: ['refund-refused'],
    },
  }),
  refunding('R05', {
    title: '6203 被拒：自费未动，转人工',
    expect: { ...stopped, calls: [...ASKED, REFUSED] },
  }),
  refunding('R05', {
    title: '6203 被拒：人工终止，订单恢复为已支付',
    play: thenDecide({ action: 'reject-refund', two: false }),
    expect: { calls: [...ASKED, REFUSED], status: 'paid', workItems: ['refund-refused'] },
  }),
  refunding('R05', {
    title: '6203 被拒：两部分在线下退回，凭证登记后告知渠道与 HIS',
    play: async (scene) => {
      await payThenRefund(payWithInsurance)(scene)
      const { patient, must } = scene
      await until(
        () => patient.look(),
        ({ status }) => status === 'needs-review',
      )
      for (const part of ['insurance', 'self-pay'])
        must(await paidOutByHand(scene, part), `模拟方没有线下退回 ${part}`)
      const more = ['--part', 'all', '--voucher', '20261121-0012']
      await decide(scene, { action: 'returned-by-hand', more, two: true })
    },
    expect: {
      calls: [...ASKED, REFUSED, NOTICE, HIS],
      ...refunded,
      effects: { 'refund-notice': 1, 'refund-write-back': 1 },
      workItems: ['refund-refused'],
    },
  }),
]

const OWN_MONEY_FAILS: readonly Row[] = [
  refunding('R06', {
    title: '自费退费久未有果：只问不重退',
    expect: { ...refunded, calls: MIXED, seen: ['refund-query question'] },
  }),
  refunding('R07', {
    title: '自费退费最终失败：换号再退一次',
    expect: {
      ...refunded,
      calls: [...ASKED, INSURANCE, OWN, OWN, NOTICE, HIS],
      effects: { ...WHOLE, refund: 2 },
    },
  }),
  refunding('R08', {
    title: '已退的自费次日又被退回：发现并转人工',
    on: 'quick-recheck',
    play: returnedAndTakenBack,
    expect: {
      calls: MIXED,
      status: 'needs-review',
      writeBack: 'done',
      effects: { ...WHOLE, ...PAID },
      bankHolds: true,
      workItems: ['refund-reversed'],
    },
  }),
  refunding('R08', {
    title: '已退的自费又被退回：两人决定后换号再退，再通知渠道',
    on: 'quick-recheck',
    play: async (scene) => {
      await returnedAndTakenBack(scene)
      await decide(scene, { action: 'refund-again', two: true })
    },
    expect: {
      calls: [...MIXED, OWN, NOTICE],
      ...refunded,
      effects: { ...WHOLE, refund: 2, 'refund-notice': 2 },
      workItems: ['refund-reversed'],
    },
  }),
]

const TELLING_FAILS: readonly Row[] = [
  refunding('R09', {
    title: '退费通知五次被拒后受理：不影响已退的钱',
    expect: {
      ...refunded,
      calls: [...ASKED, INSURANCE, OWN, NOTICE, ...Array(5).fill(`${NOTICE}（被拒）`), HIS],
      seen: ['refund-notice refused'],
    },
  }),
  refunding('R10', {
    title: 'HIS 不允许退费：什么都没有动',
    expect: { calls: ASKED, status: 'paid', effects: {} },
  }),
  refunding('R11', {
    title: '退费入账时 HIS 停机：恢复后入账一次',
    expect: {
      ...refunded,
      calls: [...MIXED, `${HIS}（未到达）`],
      seen: ['refund-write-back lost-request'],
    },
  }),
]

export const REFUNDS: readonly Row[] = [
  ...SCENARIOS,
  ...INSURANCE_FAILS,
  ...OWN_MONEY_FAILS,
  ...TELLING_FAILS,
]
