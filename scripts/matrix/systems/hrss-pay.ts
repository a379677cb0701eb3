/** 人社支付平台: what must happen with a payment by social security card (RS-*). */
import { becomes, callsFor, type Case, happy, must, same, yuan } from './case.ts'
import {
  begin,
  billWith,
  close,
  endsAs,
  holds,
  look,
  open,
  paid,
  PERSON,
  payOnPhone,
  phone,
  refund,
} from './hrss-desk.ts'
import { FAILURE_CASES } from './hrss-failures.ts'
import { HOSTILE_CASES } from './hrss-hostile.ts'

export const HRSS_PAY_SETTINGS = {
  HRSS_PAY_TYPED_AMOUNTS: 'true',
  HRSS_PAY_QUESTIONS_PER_MINUTE: '1000',
  SCHEDULE_FIRST_DELAY_MS: '1000',
  SCHEDULE_PERIOD_MS: '5000',
  SCHEDULE_QUESTION_TIMEOUT_MS: '4900',
}

const ordered = (ids: string, title: string, way: string): Case =>
  happy(ids, title, async (scene) => {
    const payment = await paid(scene, '', way)
    await holds(scene, payment, payment.amountFen)
    return `收到 ${yuan(payment.amountFen)}，通知应答 isSuccess=1`
  })

const HAPPY: readonly Case[] = [
  ordered(
    'RS-51 RS-50 RS-10 RS-11 RS-02',
    '线上下单（沙盒独立验签、解密），通知后已支付',
    'online',
  ),
  ordered('RS-52', '被扫下单', 'presented'),
  ordered('RS-53', '主扫动态码下单', 'dynamic'),
  happy('RS-55', '没有通知：订单查询得知已支付', async (scene) => {
    const payment = await open(scene, 'S32')
    await payOnPhone(scene, payment)
    await endsAs(scene, payment, 'paid')
    return `查询 ${callsFor(scene, 'order-query', payment.billNo)} 次`
  }),
  happy('RS-56 RS-59 RS-60', '先退一部分（8），再退其余（7），医院系统得知两笔', async (scene) => {
    const payment = await paid(scene)
    await refund(scene, payment, { refundNo: 'T1', amountFen: 100 })
    await refund(scene, payment, { refundNo: 'T2', amountFen: payment.amountFen - 100 })
    await endsAs(scene, payment, 'refunded')
    await holds(scene, payment, 0)
    const told = async () => (await look(scene, payment)).refunds.map((one) => one.hisWriteBack)
    await becomes('医院系统得知', async () => (await told()).join() === 'done,done')
    return '两笔原路退回，医院账户 0'
  }),
  happy('RS-57', '退款在途：退款查询得知到账', async (scene) => {
    const payment = await paid(scene, 'S35R')
    await refund(scene, payment, { refundNo: 'T1', amountFen: payment.amountFen })
    await endsAs(scene, payment, 'refunded')
    must(callsFor(scene, 'refund-query', payment.billNo) > 0, '没有查询')
    return `退款查询 ${callsFor(scene, 'refund-query', payment.billNo)} 次`
  }),
  happy('RS-58', '患者不付，窗口关闭：查询、关闭、再查询', async (scene) => {
    const payment = await open(scene)
    await close(scene, payment)
    await endsAs(scene, payment, 'closed')
    await holds(scene, payment, 0)
    return '已关闭，账单放开'
  }),
  happy('RS-70 RS-54', '静态码方式二：两张未付订单可见，选一张付', async (scene) => {
    const person = { ...PERSON, idNo: '510101197001015678' }
    const both = await Promise.all(
      [1, 2].map(() => begin(scene, { billNo: billWith(scene, '', person), way: 'static' })),
    )
    const { mchOrderId, id } = Object(both[0]?.body)
    const asked = { url: `${scene.serviceUrl}/hrss-pay/merchant-orders`, idTypeOrder: '01' }
    const who = { ...asked, idNumberOrder: person.idNo }
    const listed = await phone(scene, 'merchant-orders', who)
    same('可见的订单', Array.isArray(listed['orderData']) && listed['orderData'].length, 2)
    await phone(scene, 'choose', { ...who, mchOrderId })
    await endsAs(scene, { id }, 'paid')
    const left = await phone(scene, 'merchant-orders', who)
    same('付后可见', Array.isArray(left['orderData']) && left['orderData'].length, 1)
    return '付一张，余一张可见'
  }),
  happy('RS-54', '静态码方式一：无本院订单，登记为到账', async (scene) => {
    const notifyUrl = `${scene.serviceUrl}/callbacks/hrss-pay/order`
    const { mchOrderId } = await phone(scene, 'typed', { amountFen: 880, notifyUrl })
    const date = new Date(scene.app.clock.now() + 8 * 3_600_000).toISOString().slice(0, 10)
    const { body } = await scene.his('GET', `/his/own-money?date=${date}`)
    must(JSON.stringify(body['items']).includes(String(mchOrderId)), '没有登记')
    return '到账 8.80 元，财务可查'
  }),
  happy('RS-61 RS-62 RS-64', '收银台：小程序带 appid、path，H5 原样', async (scene) => {
    const { cashier } = await open(scene)
    const { url, miniProgramUrl } = Object(cashier)
    must(/\?payNo=\d+$/.test(url), String(url))
    must(/&appid=wx\w+&path=%2Fpages%2F/.test(miniProgramUrl), String(miniProgramUrl))
    return String(miniProgramUrl).slice(-60)
  }),
  happy('RS-07 RS-10 RS-52', '码中的 + & = % 与空格经表单和签名不变', async (scene) => {
    const billNo = billWith(scene)
    const qrCode = 'A+B&C=D%20E/F#?'
    const { status, body } = await begin(scene, { billNo, way: 'presented', qrCode })
    same('应答', [status, body['status']], [201, 'waiting'])
    return '沙盒验签、解密通过'
  }),
  happy('RS-77 RS-55', '已支付写回医院系统，账单不可再付', async (scene) => {
    const payment = await paid(scene)
    const isDone = async () => (await look(scene, payment)).hisWriteBack === 'done'
    await becomes('医院系统得知', isDone)
    const bill = await scene.app.his.bill(payment.billNo)
    same('医院系统账单', bill.kind === 'done' && bill.value.status, 'paid')
    const again = await begin(scene, { billNo: payment.billNo, way: 'online' })
    same('再付', [again.status, again.body['code']], [409, 'bill-already-paid'])
    return '医院系统已入账'
  }),
]

export const HRSS_PAY_CASES: readonly Case[] = [...HAPPY, ...FAILURE_CASES, ...HOSTILE_CASES]
