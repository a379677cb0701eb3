/** Rows of patients who leave, come back too late, or take their time. */
import { row } from './failures.ts'
import { payHere, type Row, type Scene, upToCashier } from './row.ts'
import { pause } from './patient.ts'

/** Longer than an authorisation lives on the service with a short life. */
const SLOW_MS = 10_000

async function toTheCashier(scene: Scene, payMode: 'insurance' | 'self-pay') {
  if (payMode === 'insurance') await upToCashier(scene)
  else await scene.patient.open(payMode)
  return scene.patient.checkOut()
}

function cancelAtTheCashier(payMode: 'insurance' | 'self-pay'): Row['play'] {
  return async (scene) => {
    const { patient, must } = scene
    const cashier = await toTheCashier(scene, payMode)
    if (!cashier) return must(false, '没有收银台')
    const { status } = await patient.cancel()
    must(status === 200, `取消应答 200，实为 ${status}`)
    // Without a prepay order the cashier opens, and the bureau refuses what was revoked.
    const opened = await patient.payOnPhone(cashier)
    must(!opened || cashier['prepayId'] === undefined, '取消之后收银台仍可付款')
  }
}

async function payThenCancel(scene: Scene): Promise<void> {
  const cashier = await toTheCashier(scene, 'insurance')
  if (!cashier) return scene.must(false, '没有收银台')
  scene.must(await scene.patient.payOnPhone(cashier), '收银台拒绝付款')
  const { status } = await scene.patient.cancel()
  scene.must(status === 409, `付款之后取消应答 409，实为 ${status}`)
}

async function takeTime({ patient }: Scene): Promise<void> {
  await patient.open('insurance')
  await patient.preSettle()
  await pause(SLOW_MS)
  await patient.checkOut()
  await patient.preSettle()
  await payHere(patient)
}

async function leave(scene: Scene): Promise<void> {
  await toTheCashier(scene, 'insurance')
}

export const ENDINGS: readonly Row[] = [
  row('M', {
    title: '混合：在收银台前取消，问、关、再问之后才关闭',
    suffix: 'M',
    play: cancelAtTheCashier('insurance'),
    expect: { status: 'closed', effects: { close: 1, '6401': 1 } },
  }),
  row('I', {
    title: '纯医保：在收银台前取消，6401 即关闭',
    suffix: 'I',
    play: cancelAtTheCashier('insurance'),
    expect: { status: 'closed', effects: { '6401': 1 } },
  }),
  row('S', {
    title: '纯自费：在收银台前取消',
    suffix: 'S',
    play: cancelAtTheCashier('self-pay'),
    expect: { status: 'closed', effects: { close: 1 } },
  }),
  row('M', {
    title: '付款与取消同时：付款有效，不关闭',
    suffix: 'M',
    play: payThenCancel,
    expect: { status: 'paid', codes: ['already-paid'] },
  }),
  row('M', {
    title: '混合：离开不付，到期关闭并归还账单',
    suffix: 'M',
    on: 'short-life',
    long: true,
    play: leave,
    expect: { status: 'closed', effects: { '6401': 1 } },
  }),
  row('I', {
    title: '纯医保：离开不付，到期关闭并归还账单',
    suffix: 'I',
    on: 'short-life',
    long: true,
    play: leave,
    expect: { status: 'closed', effects: { '6401': 1 } },
  }),
  row('M', {
    title: '患者太慢：授权过期，先撤销再重新上传，仍是同一订单',
    suffix: 'M',
    on: 'short-life',
    play: takeTime,
    expect: {
      status: 'paid',
      effects: { userQuery: 2, '6201': 2, '6202': 2, '6401': 1 },
      codes: ['not-pre-settled'],
    },
  }),
]
