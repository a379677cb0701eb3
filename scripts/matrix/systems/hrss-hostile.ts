/** 人社支付平台 against forgers, repeats and whoever reads the store. */
import { anybody, type Case, hostile, must, same, storedTexts } from './case.ts'
import {
  begin,
  billWith,
  endsAs,
  holds,
  look,
  NOTICES,
  notice,
  open,
  paid,
  paidContent,
  type Payment,
  PAYMENTS,
  payOnPhone,
  PERSON,
  phone,
  QUESTIONS,
  refund,
  spoken,
} from './hrss-desk.ts'
import type { WholeService } from '../../parts/whole-service.ts'

type Wrong = (scene: WholeService, payment: Payment) => string

/** Not believed: told no, and nothing changes. */
const disbelieved = (ids: string, title: string, wrong: Wrong): Case =>
  hostile(ids, `通知：${title}`, async (scene) => {
    const payment = await open(scene)
    same('isSuccess', await notice(scene, wrong(scene, payment)), '0')
    same('状态', (await look(scene, payment)).status, 'waiting')
    return 'isSuccess=0，状态不变'
  })

const NOTICE_CASES: readonly Case[] = [
  disbelieved('RS-75', '签名错误', (scene, of) =>
    spoken(scene, paidContent(of), { sign: Buffer.alloc(64, 1).toString('base64') }),
  ),
  disbelieved('RS-75', '没有签名', (scene, of) => spoken(scene, paidContent(of), { sign: null })),
  disbelieved('RS-75', '加密模式下的明文 data', (scene, of) =>
    spoken(scene, paidContent(of), { plain: true }),
  ),
  disbelieved('RS-76', '别的商户号', (scene, of) =>
    spoken(scene, paidContent(of), { fields: { mchId: 'M999999' } }),
  ),
  disbelieved('RS-75', '内容有重复的键', (scene, of) =>
    spoken(scene, JSON.stringify(paidContent(of)).replace('{', '{"payStatus":"0",')),
  ),
  hostile('RS-77', '通知：金额 1 分，转人工', async (scene) => {
    const payment = await open(scene)
    await notice(scene, spoken(scene, { ...paidContent(payment), orderAmount: 1 }))
    await endsAs(scene, payment, 'needs-review')
    return '不入账，一个工单'
  }),
  hostile('RS-60 RS-77', '通知：payStatus "2 " 不是已支付', async (scene) => {
    const payment = await open(scene)
    await notice(scene, spoken(scene, { ...paidContent(payment), payStatus: '2 ' }))
    await scene.app.clock.sleep(500)
    same('状态', (await look(scene, payment)).status, 'waiting')
    return '状态不变'
  }),
  hostile(
    'RS-74 RS-73',
    '通知重放一千次，每批一百并发',
    async (scene) => {
      const payment = await open(scene, 'S32')
      await payOnPhone(scene, payment)
      const body = spoken(scene, paidContent(payment))
      for (let batch = 0; batch < 10; batch += 1) {
        const told = await Promise.all(Array.from({ length: 100 }, () => notice(scene, body)))
        must(
          told.every((isSuccess) => isSuccess === '1'),
          '有一次没有应答 1',
        )
      }
      await endsAs(scene, payment, 'paid')
      const rows = await scene.app.db.q('hrss_notices').where({ mch_order_id: payment.mchOrderId })
      same('记录', rows.length, 1)
      return '1000 次应答 1，一条记录，一次入账'
    },
    {},
  ),
  hostile('RS-75', '沙盒自己伪造的通知，其后由查询得知', async (scene) => {
    const payment = await open(scene, 'S36')
    await payOnPhone(scene, payment)
    await endsAs(scene, payment, 'paid')
    return '只凭查询入账'
  }),
]

const unsafe = (title: string, suffix: string, way: string): Case =>
  hostile(way === 'online' ? 'RS-63' : 'RS-53', title, async (scene) => {
    const { status, body } = await begin(scene, { billNo: billWith(scene, suffix), way })
    same('应答', [status, body['code']], [502, 'upstream-refused'])
    return '不给患者，订单已关闭'
  })

const QUESTION_CASES: readonly Case[] = [
  hostile('RS-70 RS-75', '5.1 未签名的提问一无所获', async (scene) => {
    const asked = { idTypeOrder: '01', idNumberOrder: PERSON.idNo }
    const body = spoken(scene, asked, { sign: null })
    const { told } = await anybody(scene, QUESTIONS, { body })
    same('应答', Object.keys(told), ['isSuccess', 'returnMsg'])
    return JSON.stringify(told)
  }),
  hostile('RS-70', '5.1 查无此人与没有订单的人应答同形', async (scene) => {
    const url = `${scene.serviceUrl}${QUESTIONS}`
    const ask = (idNumberOrder: string) =>
      phone(scene, 'merchant-orders', { url, idTypeOrder: '01', idNumberOrder })
    const [one, other] = [await ask('510101200001019999'), await ask('510101200001018888')]
    same('订单', [one['orderData'], other['orderData']], [[], []])
    return '都是空的 orderData'
  }),
  hostile(
    'RS-70',
    '5.1 逐个试证件号：超过频率即拒绝',
    async (scene) => {
      const told: unknown[] = []
      for (let at = 0; at < 5; at += 1) {
        const asked = { idTypeOrder: '01', idNumberOrder: `51010119900101000${at}` }
        const { told: said } = await anybody(scene, QUESTIONS, { body: spoken(scene, asked) })
        told.push(said['isSuccess'] ?? 'answered')
      }
      same('五次', told, ['answered', 'answered', 'answered', '0', '0'])
      return '第四次起拒绝'
    },
    { environment: { HRSS_PAY_QUESTIONS_PER_MINUTE: '3' } },
  ),
]

const WRONG_AMOUNTS = [0, -1, 1.5, '1', 1e21]

const DESK_CASES: readonly Case[] = [
  unsafe('payUrl 为 javascript:', 'S29', 'online'),
  unsafe('qrImage 是 HTML', 'S30', 'dynamic'),
  hostile('RS-05 RS-52', '二维码 35 个字符', async (scene) => {
    const wish = { billNo: billWith(scene), way: 'presented', qrCode: '1'.repeat(35) }
    same('应答', (await begin(scene, wish)).status, 400)
    return '400，没有下单'
  }),
  hostile('RS-56', '退款金额 0、-1、1.5、"1"、1e21', async (scene) => {
    const payment = await paid(scene)
    for (const amountFen of WRONG_AMOUNTS)
      same(
        JSON.stringify(amountFen),
        (await refund(scene, payment, { refundNo: 'T1', amountFen })).status,
        400,
      )
    return '均为 400'
  }),
  hostile('RS-56', '并发退款合计超过已付', async (scene) => {
    const payment = await paid(scene)
    const amountFen = Math.ceil(payment.amountFen * 0.6)
    const wishes = [1, 2, 3].map((at) => refund(scene, payment, { refundNo: `T${at}`, amountFen }))
    const statuses = (await Promise.all(wishes)).map(({ status }) => String(status)).toSorted()
    same('应答', statuses, ['202', '409', '409'])
    await holds(scene, payment, payment.amountFen - amountFen)
    return '只受理一笔'
  }),
  hostile('RS-56', '同一退款单号重复十次', async (scene) => {
    const payment = await paid(scene)
    const wish = { refundNo: 'T1', amountFen: 100 }
    await Promise.all(Array.from({ length: 10 }, () => refund(scene, payment, wish)))
    await holds(scene, payment, payment.amountFen - 100)
    return '只退一次'
  }),
  hostile('RS-51', '两个窗口同时为同一账单下单', async (scene) => {
    const billNo = billWith(scene)
    const wish = { billNo, way: 'online' }
    await Promise.all(Array.from({ length: 5 }, () => begin(scene, wish)))
    const rows = await scene.app.db.q('hrss_payments').where({ bill_no: billNo })
    same('订单数', rows.length, 1)
    return '一张账单一笔订单'
  }),
  hostile('RS-75', '不是医院系统的人来下单；XML 通知不读', async (scene) => {
    const body = JSON.stringify({ billNo: 'SBK1', way: 'online' })
    same('下单', (await anybody(scene, PAYMENTS, { body })).status, 401)
    const headers = { 'content-type': 'text/xml' }
    same('XML', (await anybody(scene, NOTICES, { body: '<a/>', headers })).status, 415)
    return '401，415'
  }),
  hostile('RS-01 RS-12', '金丝雀：密钥、证件号、收银台不在库中', async (scene) => {
    await paid(scene)
    const texts = await storedTexts(scene)
    const { sm4KeyHex, hospital } = scene.parameters.hrssPay
    for (const secret of [sm4KeyHex, hospital.privateKeyHex, PERSON.idNo, PERSON.name])
      must(!texts.includes(secret), `库中有 ${secret.slice(0, 4)}…`)
    must(!texts.includes('cashier.hrss.example'), '库中有收银台地址')
    return '均不在库中'
  }),
]

export const HOSTILE_CASES: readonly Case[] = [...NOTICE_CASES, ...QUESTION_CASES, ...DESK_CASES]
