/** Failure rows up to the cashier: authorisation, upload, insurance order, orders at the bank. */
import { count } from './evidence.ts'
import {
  onAlipay,
  payHere,
  payMyself,
  payWithInsurance,
  type Row,
  type Scene,
  upToCashier,
} from './row.ts'

type Told = Pick<Row, 'title' | 'expect'> & Partial<Omit<Row, 'title' | 'expect'>>

/** Unless it says otherwise, a row is a mixed consultation bill that the patient tries to pay. */
export function row(code: string, told: Told): Row {
  return {
    id: `${code} ${told.title}`,
    business: 'consultation',
    suffix: `M${code.slice(0, 3)}`,
    on: 'usual',
    play: payWithInsurance,
    ...told,
  }
}

async function thenPayMyself(scene: Scene): Promise<void> {
  await upToCashier(scene)
  const { status } = await scene.patient.look()
  scene.must(status === 'failed', `医保不成之后应为 failed，实为 ${status}`)
  await payMyself(scene)
}

/** The patient changes their mind before step 8: the insurance order is revoked and replaced. */
async function changeToSelfPay(scene: Scene): Promise<void> {
  await upToCashier(scene)
  const answer = await scene.patient.open('self-pay')
  scene.must(answer.status === 201, `换支付方式应答 201，实为 ${answer.status}`)
  await payHere(scene.patient)
}

async function everythingTwice({ patient, must }: Scene): Promise<void> {
  const [first, second] = await Promise.all([patient.open('insurance'), patient.open('insurance')])
  const statuses = [first.status, second.status].toSorted((a, b) => a - b)
  must(
    JSON.stringify(statuses) === '[200,201]' || statuses[1] === 409,
    `同时发起两次应答 ${statuses.join('、')}`,
  )
  await patient.preSettle()
  const [cashier, again] = await Promise.all([patient.checkOut(), patient.checkOut()])
  must(JSON.stringify(cashier) === JSON.stringify(again), '两次收银台参数不同')
  if (!cashier) return
  const paid = await Promise.all([patient.payOnPhone(cashier), patient.payOnPhone(cashier)])
  must(paid.filter(Boolean).length === 1, '收银台应只成功一次')
}

const AUTHORISATION: readonly Row[] = [
  row('F05', {
    title: '授权换号应答丢失：授权码作废，患者重新授权',
    expect: { status: 'paid', effects: { userQuery: 2 }, codes: ['authorisation-lost'] },
  }),
  row('F33', {
    title: '参保人不是就诊人：不上传',
    play: upToCashier,
    expect: {
      status: 'created',
      codes: ['person-mismatch'],
      effects: { '6201': 0, '6202': 0 },
    },
  }),
  row('F41', {
    title: '亲情付：亲属为就诊人付款',
    expect: { status: 'paid' },
  }),
  row('F41', {
    title: '亲情付的亲属改用自费：订单不带亲情关系',
    play: changeToSelfPay,
    expect: { status: 'paid', effects: { '6401': 1 } },
  }),
  row('F42', {
    title: '付款人既不是就诊人也不是亲情付：不上传',
    play: upToCashier,
    expect: {
      status: 'created',
      codes: ['person-mismatch'],
      effects: { '6201': 0, '6202': 0 },
    },
  }),
]

const BEFORE_THE_BANK: readonly Row[] = [
  row('F06', {
    title: '6201 应答丢失，原文重发被接受',
    expect: { status: 'paid', seen: ['6201 repeat'] },
  }),
  row('F07', {
    title: '6201 应答丢失，重发被拒：不再猜，改用自费付清',
    play: thenPayMyself,
    expect: {
      status: 'paid',
      codes: ['upstream-refused'],
      seen: ['6201 refused'],
      effects: { '6202': 0 },
      workItems: ['upload-lost'],
    },
  }),
  row('F08', {
    title: '6202 应答丢失：用 6301 问到结果',
    expect: { status: 'paid', seen: ['6301 question'] },
  }),
  row('F14', {
    title: '6201 首次请求未到达',
    expect: { status: 'paid', seen: ['6201 lost-request'] },
  }),
  row('F16', {
    title: '6202 金额不平：停在步骤 8 之前',
    play: upToCashier,
    expect: {
      status: 'needs-review',
      codes: ['amounts-mismatch'],
      effects: { '6401': 1 },
      workItems: ['amounts-mismatch'],
    },
  }),
  row('F17', {
    title: '步骤 8 之前账单在 HIS 变化：关闭并撤销上传',
    expect: { status: 'closed', codes: ['bill-changed'], effects: { '6401': 1 } },
  }),
  row('F34', {
    title: '6202 被医保局拒绝：撤销上传，改用自费付清',
    play: thenPayMyself,
    expect: {
      status: 'paid',
      codes: ['upstream-refused'],
      effects: { '6202': 0, '6401': 1 },
    },
  }),
  row('F35', {
    title: '签到流水号失效：重新签到后继续',
    expect: { status: 'paid', seen: ['1101 refused', '1101 question'] },
  }),
  row('F36', {
    title: '改用自费；6401 两次被拒后成功',
    play: changeToSelfPay,
    expect: {
      status: 'paid',
      effects: { '6401': 1 },
      also: ({ calls }) => (count(calls, '6401', 'refused') === 2 ? [] : ['6401 应先被拒绝两次']),
    },
  }),
  row('M', {
    title: '患者每一步都点两次',
    suffix: 'M',
    play: everythingTwice,
    expect: { status: 'paid' },
  }),
]

const AT_THE_BANK: readonly Row[] = [
  row('F09', {
    title: '步骤 8 应答丢失：先关闭并问清，再用第二个号',
    expect: { status: 'paid', effects: { 'self-pay-order': 2, close: 1 } },
  }),
  row('F10', {
    title: '步骤 9 应答丢失：找回的是同一订单',
    expect: { status: 'paid', seen: ['mixed-submit repeat'] },
  }),
  row('F10', {
    title: '步骤 9 应答丢失：按从业机构订单号查到',
    on: 'by-institution-number',
    expect: {
      status: 'paid',
      seen: ['mixed-query question'],
      also: ({ calls }) => (count(calls, 'mixed-submit', 'repeat') === 0 ? [] : ['不必重发']),
    },
  }),
  row('F11', {
    title: '步骤 9 及重发都无应答：由回调得知',
    expect: {
      status: 'paid',
      codes: [],
      also: ({ callbacks }) => (callbacks.length > 0 ? [] : ['没有回调']),
    },
  }),
  row('F12', {
    title: '步骤 9 首次请求未到达',
    expect: { status: 'paid', seen: ['mixed-submit lost-request'] },
  }),
  row('F13', {
    title: '步骤 8 首次请求未到达',
    expect: { status: 'paid', seen: ['self-pay-order lost-request'] },
  }),
  row('F37', {
    title: '回调早于步骤 9 的应答',
    expect: { status: 'paid' },
  }),
  row('F39', {
    title: '步骤 8 应答丢失，首次关单被告知“正在支付”',
    on: { lose: { call: /^POST .*\/((yb)?consumepurchase\/|self-pay-orders$)/, andDie: false } },
    expect: {
      status: 'paid',
      seen: ['close refused'],
      effects: { 'self-pay-order': 2, close: 1 },
    },
  }),
]

export const FAILURES_BEFORE_PAYING: readonly Row[] = [
  ...AUTHORISATION,
  ...AUTHORISATION.map(onAlipay),
  ...BEFORE_THE_BANK,
  ...AT_THE_BANK,
]
