/** Refunds that somebody asks for (table 3): every scenario, then every way one goes wrong. */
import { z } from 'zod'
import type { Evidence } from './evidence.ts'
import { row } from './failures.ts'
import { payMyself, payWithInsurance, type Row, type Scene, until } from './row.ts'

/** Step 2 to 6 as they reach the upstreams; questions in between are not listed by the standard. */
const STEPS_OF_TABLE_3 = ['refund-check', '6203', 'refund', 'refund-notice', 'refund-write-back']

const happened = ({ call, result }: Evidence['calls'][number]): boolean =>
  result === 'effect' || (call === 'refund-check' && result === 'question')

/** Once each and in this order; HIS and the channel are told side by side. */
function exactly(...expected: readonly string[]): (evidence: Evidence) => string[] {
  return ({ calls }) => {
    const found = calls
      .filter(happened)
      .flatMap(({ call }) => (STEPS_OF_TABLE_3.includes(call) ? [call] : []))
    const same = JSON.stringify(toldLast(found)) === JSON.stringify(toldLast(expected))
    return same ? [] : [`退费的调用应为 ${expected.join('、')}，实为 ${found.join('、')}`]
  }
}

const TOLD = ['refund-notice', 'refund-write-back']
const toldLast = (calls: readonly string[]): string[] => [
  ...calls.filter((call) => !TOLD.includes(call)),
  ...calls.filter((call) => TOLD.includes(call)).toSorted(),
]

const ACCEPTED = z.object({ id: z.string() })

/** Pays, waits until HIS has it, asks for the money back. */
export function payThenRefund(pay: Row['play'], amount?: (selfPayFen: number) => number) {
  return async (scene: Scene): Promise<void> => {
    const { patient, must } = scene
    await pay(scene)
    const order = await until(
      () => patient.look(),
      ({ status, hisWriteBack }) => status === 'paid' && hisWriteBack === 'done',
    )
    must(
      order.hisWriteBack === 'done',
      `退费前应已入账，实为 ${order.status}/${order.hisWriteBack}`,
    )
    const answer = await patient.askRefund(amount?.(order.amounts.selfPayFen))
    must(ACCEPTED.safeParse(answer.body).success, `退费申请应答 ${answer.status}`)
  }
}

/** Every fen of the order went back and the patient is told so. */
function allBack({ order }: Evidence): string[] {
  const { refundedFen, amounts, selfPay, insurance } = order
  const legs = [selfPay.status, insurance.status].every((leg) => ['none', 'refunded'].includes(leg))
  return legs && refundedFen === amounts.totalFen ? [] : ['退回的金额或两部分的状态不对']
}

const WHOLE = { '6203': 1, refund: 1, 'refund-notice': 1, 'refund-write-back': 1 } as const
const refunded = { status: 'refunded', writeBack: 'done', effects: WHOLE, also: allBack } as const

const SCENARIOS: readonly Row[] = [
  row('R00', {
    id: '退费 混合',
    title: '退费 混合：校验、医保、自费、通知、入账各一次',
    suffix: 'M',
    play: payThenRefund(payWithInsurance),
    expect: {
      ...refunded,
      also: (evidence) => [...allBack(evidence), ...exactly(...STEPS_OF_TABLE_3)(evidence)],
    },
  }),
  row('R00', {
    id: '退费 纯医保',
    title: '退费 纯医保：没有自费退费',
    suffix: 'I',
    play: payThenRefund(payWithInsurance),
    expect: {
      ...refunded,
      effects: { ...WHOLE, refund: 0 },
      also: (evidence) => [
        ...allBack(evidence),
        ...exactly('refund-check', '6203', 'refund-notice', 'refund-write-back')(evidence),
      ],
    },
  }),
  row('R00', {
    id: '退费 纯自费',
    title: '退费 纯自费：没有医保退费和通知',
    suffix: 'S',
    play: payThenRefund(payMyself),
    expect: {
      ...refunded,
      effects: { refund: 1, 'refund-write-back': 1 },
      also: (evidence) => [
        ...allBack(evidence),
        ...exactly('refund-check', 'refund', 'refund-write-back')(evidence),
      ],
    },
  }),
  row('R00', {
    id: '退费 纯自费 部分',
    title: '退费 纯自费：部分退，订单仍为已支付',
    suffix: 'S',
    play: payThenRefund(payMyself, (selfPayFen) => Math.floor(selfPayFen * 0.6)),
    expect: {
      status: 'paid',
      effects: { refund: 1, 'refund-write-back': 1 },
      also: ({ order }) =>
        order.refundedFen === Math.floor(order.amounts.selfPayFen * 0.6)
          ? []
          : [`部分退费后已退 ${order.refundedFen} 分`],
    },
  }),
]

const asks = (code: string, told: Pick<Row, 'title' | 'expect'> & Partial<Row>): Row =>
  row(code, { play: payThenRefund(payWithInsurance), ...told })

const FAILURES: readonly Row[] = [
  asks('R01', {
    title: '6203 已生效而应答丢失：问 6301，不再退',
    expect: { ...refunded, seen: ['6301 question'] },
  }),
  asks('R02', {
    title: '6203 请求未到达：同号重发',
    expect: { ...refunded, seen: ['6203 lost-request'] },
  }),
  asks('R03', {
    title: '6203 异常而实已退：问清后继续',
    expect: { ...refunded, seen: ['6301 question'] },
  }),
  asks('R05', {
    title: '6203 被拒：自费未动，转人工',
    expect: {
      status: 'needs-review',
      writeBack: 'done',
      effects: { 'self-pay-order': 1, 'mixed-submit': 1 },
      bankHolds: true,
      insuranceSettled: true,
      workItems: ['refund-refused'],
    },
  }),
  asks('R06', {
    title: '自费退费久未有果：只问不重退',
    expect: { ...refunded, seen: ['refund-query question'] },
  }),
  asks('R07', {
    title: '自费退费最终失败：换号再退一次',
    expect: { ...refunded, also: allBack, effects: { ...WHOLE, refund: 2 } },
  }),
  asks('R08', {
    title: '已退的自费次日又被退回：发现并转人工',
    on: 'quick-recheck',
    play: async (scene) => {
      await payThenRefund(payWithInsurance)(scene)
      const { patient, sandboxUrl, billNo } = scene
      await until(
        () => patient.look(),
        ({ status }) => status === 'refunded',
      )
      const ledger = await fetch(`${sandboxUrl}/sandbox/ledger?bill=${billNo}`)
      const { refunds } = z
        .object({ refunds: z.array(z.object({ refundNo: z.string() }).loose()) })
        .parse(await ledger.json())
      const body = JSON.stringify({ refundNo: refunds[0]?.refundNo })
      await fetch(`${sandboxUrl}/sandbox/refunds/reverse`, { method: 'POST', body })
    },
    expect: {
      status: 'needs-review',
      writeBack: 'done',
      effects: { ...WHOLE, 'self-pay-order': 1, 'mixed-submit': 1 },
      bankHolds: true,
      workItems: ['refund-reversed'],
    },
  }),
  asks('R09', {
    title: '退费通知五次被拒后受理：不影响已退的钱',
    expect: { ...refunded, seen: ['refund-notice refused'] },
  }),
  asks('R10', {
    title: 'HIS 不允许退费：什么都没有动',
    expect: { status: 'paid', effects: {}, also: exactly('refund-check') },
  }),
  asks('R11', {
    title: '退费入账时 HIS 停机：恢复后入账一次',
    expect: { ...refunded, seen: ['refund-write-back lost-request'] },
  }),
]

export const REFUNDS: readonly Row[] = [...SCENARIOS, ...FAILURES]
