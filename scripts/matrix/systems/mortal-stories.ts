/** What a desk, a payer and HIS do while the service dies under them: each asks again until it is answered. */
import { billOf } from '../../../src/sandbox/his-bills.ts'
import { becomes, callsFor, collected, must, same, type Scene, type Told } from './case.ts'
import * as hrss from './hrss-desk.ts'
import * as oneCard from './one-card-desk.ts'
import * as oneCode from './one-code-desk.ts'

export interface Story {
  readonly ids: string
  readonly label: string
  /** @returns what was seen, once everything has come to rest. */
  readonly play: (scene: Scene) => Promise<string>
  /** Calls after whose effect, and before whose answer, the service dies too. */
  readonly between: readonly Between[]
}

export interface Between {
  readonly what: string
  readonly call: RegExp
  /** Which of them. */
  readonly nth?: number
}

const movedOnce = ({ sandbox }: Scene, billNo: string): void =>
  same('款项变动（笔）', sandbox.world.ledger.of(billNo).length, 1)

function hisKnows({ sandbox }: Scene, billNo: string, { refunds = 0 } = {}): void {
  const bill = billOf(sandbox.context, billNo)
  same('医院系统入账、退账（笔）', [bill?.settlements.size, bill?.refunds.size], [1, refunds])
}

// ---------------------------------------------------------------- 医保一码付

const OVER = ['paid', 'declined', 'needs-review']
const SCANS = 3

/** Nothing was taken and nothing will be: the operator scans again. */
async function paysAtCounter(scene: Scene): Promise<string> {
  const billNo = oneCode.counterBill('MY')
  for (let scans = 1; !(await hasPaid(scene, billNo)); scans += 1)
    must(scans < SCANS, '三次扫码都没有付成')
  movedOnce(scene, billNo)
  return `扣款请求 ${callsFor(scene, 'charge', billNo)} 次，只收一次`
}

async function hasPaid(scene: Scene, billNo: string): Promise<boolean> {
  const wish = oneCode.wishFor(billNo, await oneCode.scan(scene, billNo))
  const { status, body } = await scene.his('POST', oneCode.PAYMENTS, wish)
  if (body['code'] === 'bill-already-paid') return true
  must(status < 300, `收款请求被拒绝：${JSON.stringify(body)}`)
  let told: Told = body
  await becomes('结果', async () => {
    told = await oneCode.resultOf(scene, body['id'])
    return OVER.includes(String(told['status']))
  })
  must(told['status'] !== 'needs-review', '转了人工')
  if (told['status'] === 'declined') return false
  same('收到', collected(scene, billNo), told['selfPayFen'])
  return true
}

// ---------------------------------------------------------------- 人社支付平台

const hrssMoved = async (scene: Scene, billNo: string, times: number): Promise<void> =>
  same('款项变动（笔）', (await hrss.ledgerOf(scene, billNo)).movements.length, times)

async function paysAndIsRefunded(scene: Scene): Promise<string> {
  const payment = await hrss.open(scene)
  await hrss.endsAs(scene, payment, 'waiting')
  await hrss.payOnPhone(scene, payment)
  await hrss.endsAs(scene, payment, 'paid')
  const { billNo, amountFen } = payment
  await hrss.refund(scene, payment, { refundNo: 'T1', amountFen })
  await hrss.endsAs(scene, payment, 'refunded')
  await becomes('医院系统得知', async () => {
    const { hisWriteBack, refunds } = await hrss.look(scene, payment)
    return hisWriteBack === 'done' && refunds.every((one) => one.hisWriteBack === 'done')
  })
  await hrssMoved(scene, billNo, 2)
  await hrss.holds(scene, payment, 0)
  hisKnows(scene, billNo, { refunds: 1 })
  return '收一次，退一次，各入账一次'
}

async function isClosed(scene: Scene): Promise<string> {
  const payment = await hrss.open(scene)
  await hrss.endsAs(scene, payment, 'waiting')
  await hrss.close(scene, payment)
  await hrss.endsAs(scene, payment, 'closed')
  await hrssMoved(scene, payment.billNo, 0)
  return '已关闭，没有收款'
}

// ---------------------------------------------------------------- 一卡通

async function paid(scene: Scene, billNo: string, orderNo: string): Promise<void> {
  await oneCard.endsAs(scene, orderNo, 'paid')
  movedOnce(scene, billNo)
  hisKnows(scene, billNo)
}

async function paysOnline(scene: Scene): Promise<string> {
  const billNo = oneCard.billWith(scene)
  const orderNo = await oneCard.payOnline(scene, billNo)
  await paid(scene, billNo, orderNo)
  return `支付请求 ${callsFor(scene, 'pay', orderNo)} 次，只收一次，入账一次`
}

/** The holder scans, and pays as soon as the platform could ask us what for. */
async function paysTheCodeShown(scene: Scene): Promise<string> {
  const billNo = oneCard.billWith(scene)
  const { body } = await oneCard.begin(scene, { kind: 'shown', billNo })
  const orderNo = String(body['orderNo'])
  await becomes('二维码', async () => (await oneCard.look(scene, orderNo))['qr'] !== null)
  const { qr } = await oneCard.look(scene, orderNo)
  await becomes('支付', async () => (await oneCard.phone(scene, 'pay', { qr }))['paid'] === true)
  await paid(scene, billNo, orderNo)
  return '只收一次，入账一次'
}

let batches = 0

async function grantsAndRecords(scene: Scene): Promise<string> {
  batches += 1
  const batch = oneCard.grantOf(scene, '医疗救助', `B2026112${batches}`)
  await scene.his('POST', '/his/one-card/grants', batch)
  const recordNo = `TERMINAL-7-${batches}`
  const use = { ...(await oneCard.useOf(scene)), recordNo }
  await scene.his('POST', '/his/one-card/uses', use)
  const path = `/his/one-card/grants/${batch.batchNo}`
  await becomes('发放结果', async () => (await scene.his('GET', path)).body['state'] === 'done')
  const isRecorded = async () => (await oneCard.timesRecorded(scene, recordNo)) !== undefined
  await becomes('用卡记录', isRecorded)
  return `发放请求 ${callsFor(scene, 'grant', batch.batchNo)} 次，平台一批；记录一条`
}

const GATEWAY = /^POST \/one-card\/gateway/
const HIS_SETTLES = /^POST \/his\/bills\/[^/]+\/settlements$/

export const STORIES = {
  'one-code': [
    {
      ids: 'YM-34 YM-35 YM-45 YM-47',
      label: '',
      play: paysAtCounter,
      between: [
        { what: 'signedQuery', call: /signedQuery$/ },
        { what: 'genPayCert', call: /genPayCert$/ },
        { what: '扣款', call: /^POST .*\/v1\/charges$/ },
      ],
    },
  ],
  'hrss-pay': [
    {
      ids: 'RS-51 RS-55 RS-56 RS-73',
      label: '（退款）',
      play: paysAndIsRefunded,
      between: [
        { what: '下单', call: /88800200001$/ },
        { what: 'HIS 回写', call: HIS_SETTLES },
        { what: '退款', call: /88800100002$/ },
      ],
    },
    {
      ids: 'RS-58',
      label: '（关闭）',
      play: isClosed,
      between: [{ what: '关闭', call: /88800100003$/ }],
    },
  ],
  'one-card': [
    {
      ids: 'HN-100',
      label: '（线上）',
      play: paysOnline,
      // The first call asks who it is.
      between: [
        { what: '支付', call: GATEWAY, nth: 2 },
        { what: 'HIS 回写', call: HIS_SETTLES },
      ],
    },
    {
      ids: 'HN-101 HN-102',
      label: '（主扫）',
      play: paysTheCodeShown,
      between: [{ what: '取码', call: GATEWAY }],
    },
    {
      ids: 'HN-95 HN-99',
      label: '（发放与记录）',
      play: grantsAndRecords,
      between: [{ what: '发放', call: GATEWAY }],
    },
  ],
} as const satisfies Record<string, readonly Story[]>
