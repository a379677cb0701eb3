/** Failure rows from the cashier on: callbacks, questions, refunds, the write-back at HIS. */
import { z } from 'zod'
import { AUTOMATIC_REFUNDS } from './automatic-refunds.ts'
import { callbacksOf, type Evidence } from './evidence.ts'
import { row } from './failures.ts'
import { readOwnRecord } from './databases.ts'
import { WRITE_BACK } from './write-back.ts'
import { payWithInsurance, type Row, type Scene, until, upToCashier } from './row.ts'

const REFUNDS: readonly Row[] = [
  ...AUTOMATIC_REFUNDS,
  row('F32', {
    title: '自费与医保均失败：无资金占用',
    expect: { status: 'failed', effects: { '6401': 1 } },
  }),
  row('F38', {
    title: '总订单失败而自费订单仍可付：先关单再判失败',
    expect: { status: 'failed', effects: { '6401': 1, close: 1 } },
  }),
  row('F31', {
    title: '不可能的组合：转人工，不动资金',
    expect: {
      status: 'needs-review',
      insuranceSettled: true,
      workItems: ['impossible-legs'],
    },
  }),
]

async function callbackStorm(scene: Scene): Promise<void> {
  const { patient, sandboxUrl } = scene
  await upToCashier(scene)
  const cashier = await patient.checkOut()
  if (!cashier) return
  await Promise.all([patient.payOnPhone(cashier), patient.refresh(), patient.refresh()])
  await until(
    () => patient.look(),
    ({ status }) => status === 'paid',
  )
  await fetch(`${sandboxUrl}/sandbox/callbacks/resend`, {
    method: 'POST',
    body: JSON.stringify({ mixTradeNo: cashier.mixTradeNo }),
  })
}

/** The patient waits with the password until the bank was asked this often. */
function payAfterQuestions(questions: number): Row['play'] {
  return async (scene) => {
    const { patient, service, must } = scene
    await upToCashier(scene)
    const cashier = await patient.checkOut()
    if (!cashier) return must(false, '没有收银台')
    const own = await until(
      () => readOwnRecord(service.database, scene.billNo),
      ({ asked, transactionRecords }) =>
        asked.grid >= questions && (questions < 13 || transactionRecords.length > 0),
    )
    must(own.asked.grid === questions, `付款前定时查询 ${own.asked.grid} 次`)
    const { status } = await patient.look()
    must(status === 'processing', `付款前应为 processing，实为 ${status}`)
    if (questions === 13) must(own.transactionRecords.join() === 'open', '应有一条交易流水')
    must(await patient.payOnPhone(cashier), '收银台拒绝付款')
  }
}

async function forgedFirst(scene: Scene): Promise<void> {
  const { patient, must, billNo, sandboxUrl, service } = scene
  await upToCashier(scene)
  const cashier = await patient.checkOut()
  if (!cashier) return must(false, '没有收银台')
  const heard = await until(
    () => callbacksOf(sandboxUrl, billNo),
    (callbacks) => callbacks.length > 0,
  )
  must(
    heard.every(({ accepted }) => !accepted),
    '伪造的回调被接受了',
  )
  const own = await until(
    () => readOwnRecord(service.database, billNo),
    ({ asked }) => asked.forged > 0,
    2_000,
  )
  must(own.asked.forged === 1, `伪造回调引起 ${own.asked.forged} 次提前查询`)
  const { status } = await patient.look()
  must(['awaiting-payment', 'processing'].includes(status), `伪造回调之后状态为 ${status}`)
  must(await patient.payOnPhone(cashier), '收银台拒绝付款')
}

async function payThenRefresh(scene: Scene): Promise<void> {
  await payWithInsurance(scene)
  const order = await until(
    () => scene.patient.refresh(),
    ({ status }) => status === 'paid',
  )
  scene.must(order.status === 'paid', `主动查询后应为 paid，实为 ${order.status}`)
}

async function seeOwnMoneyFirst(scene: Scene): Promise<void> {
  await payWithInsurance(scene)
  const order = await until(
    () => scene.patient.look(),
    ({ selfPay, status }) => selfPay.status === 'paid' || status === 'paid',
  )
  scene.must(order.status === 'processing', `医保未决时应为 processing，实为 ${order.status}`)
}

/** The platform's word alone changes nothing: the order waits for the bank. */
async function notifiedBeforePaying(scene: Scene): Promise<void> {
  const { patient, must, billNo, sandboxUrl, service } = scene
  await upToCashier(scene)
  const cashier = await patient.checkOut()
  if (!cashier) return must(false, '没有收银台')
  const url = `${service.url}/callbacks/mid-platform/settlement`
  const body = JSON.stringify({ billNo, url })
  const answer = await fetch(`${sandboxUrl}/sandbox/settlement-notices`, { method: 'POST', body })
  const ack = z.object({ status: z.number(), body: z.string() }).parse(await answer.json())
  must(ack.status === 200 && JSON.parse(ack.body).success === true, '6302 未被接受')
  await until(
    () => readOwnRecord(service.database, billNo),
    ({ asked }) => asked.callback > 0,
    2_000,
  )
  const { status } = await until(
    () => patient.look(),
    (order) => order.status === 'processing',
    2_000,
  )
  must(status === 'processing', `6302 之后应为 processing，实为 ${status}`)
  must(await patient.payOnPhone(cashier), '收银台拒绝付款')
}

function untilCallbacks(wanted: number): Row['play'] {
  return async (scene) => {
    await payWithInsurance(scene)
    await until(
      () => callbacksOf(scene.sandboxUrl, scene.billNo),
      (callbacks) => callbacks.length >= wanted,
    )
  }
}

/** Nobody told the result, and nothing but this kind of question was asked. */
function learntBy(why: 'grid' | 'refresh' | 'callback'): (evidence: Evidence) => readonly string[] {
  return ({ own: { asked }, callbacks }) => [
    ...(callbacks.some(({ kind }) => kind === 'mixed-order') ? ['混合回调没有丢失'] : []),
    ...Object.entries(asked)
      .filter(([reason, times]) => (reason === why ? times === 0 : times > 0))
      .map(([reason, times]) => `${reason} 查询 ${times} 次`),
  ]
}

const CALLBACKS: readonly Row[] = [
  row('F03', {
    title: '没有任何回调：由定时查询得知',
    suffix: 'IF03',
    expect: { status: 'paid', also: learntBy('grid') },
  }),
  row('F03', {
    title: '没有任何回调：患者返回后主动查询得知',
    suffix: 'IF03',
    on: 'no-schedule',
    play: payThenRefresh,
    expect: { status: 'paid', also: learntBy('refresh') },
  }),
  row('F03', {
    title: '混合回调丢失：自费回调引出一次查询得知',
    on: 'no-schedule',
    expect: { status: 'paid', also: learntBy('callback') },
  }),
  row('F04', {
    title: '回调十次、同时查询、又补发一次：只回写一次',
    play: callbackStorm,
    expect: {
      status: 'paid',
      also: ({ callbacks }) => [
        ...(callbacks.length > 10 ? [] : [`只收到 ${callbacks.length} 次回调`]),
        ...(callbacks.every(({ accepted }) => accepted) ? [] : ['有回调应答不合格']),
      ],
    },
  }),
  row('F15', {
    title: '伪造的成功回调：不改变任何状态，只提前查询一次',
    play: forgedFirst,
    expect: { status: 'paid' },
  }),
  row('F26', {
    title: '查询与回调的金额都不对：不作结果，期满转人工',
    on: 'short-tail',
    long: true,
    expect: {
      status: 'processing',
      bankHolds: true,
      insuranceSettled: true,
      workItems: ['still-unknown'],
    },
  }),
  row('F27', {
    title: '自费回调晚于混合回调，且各两次',
    play: untilCallbacks(4),
    expect: {
      status: 'paid',
      also: ({ callbacks }) => (callbacks.length === 4 ? [] : [`回调 ${callbacks.length} 次`]),
    },
  }),
  row('I', {
    title: '医保中台 6302 先到：只提前查询一次，结果以银行为准',
    suffix: 'I',
    play: notifiedBeforePaying,
    expect: {
      status: 'paid',
      also: ({ own }) => (own.asked.callback === 1 ? [] : ['6302 没有引起一次查询']),
    },
  }),
  row('F28', {
    title: '自费先成功，医保过一阵才成功',
    play: seeOwnMoneyFirst,
    expect: { status: 'paid' },
  }),
]

const QUESTIONS: readonly Row[] = [
  row('M', {
    title: '窗口内 13 次查询都无结果，之后才付款',
    suffix: 'M',
    long: true,
    play: payAfterQuestions(13),
    expect: {
      status: 'paid',
      gridQuestions: 13,
      also: ({ own }) => (own.transactionRecords.join() === 'resolved' ? [] : ['交易流水没有了结']),
    },
  }),
  row('M', {
    title: '始终没有结果：预下单最长有效期过后转人工',
    suffix: 'M',
    on: 'short-tail',
    long: true,
    play: async (scene) => {
      await upToCashier(scene)
      await scene.patient.checkOut()
    },
    expect: { status: 'processing', gridQuestions: 13, workItems: ['still-unknown'] },
  }),
  ...(
    [
      ['F24', '前三次查询应答太慢'],
      ['F25', '前三次查询应答签名错误'],
      ['F29', '前三次查询返回未列出的状态'],
      ['F30', '前三次查询返回 HTML 502'],
    ] as const
  ).map(([code, title]) =>
    row(code, { title, play: payAfterQuestions(4), expect: { status: 'paid' } }),
  ),
]

export const FAILURES_AFTER_PAYING: readonly Row[] = [
  ...CALLBACKS,
  ...QUESTIONS,
  ...REFUNDS,
  ...WRITE_BACK,
]
