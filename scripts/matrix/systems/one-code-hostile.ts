/** 医保一码付 against people: other desks, forgers, and whoever reads the store. */
import {
  anybody,
  callsFor,
  type Case,
  collected,
  hostile,
  must,
  same,
  storedTexts,
} from './case.ts'
import {
  counterBill,
  declinedAs,
  OPERATOR,
  paidOnce,
  payAt,
  PAYMENTS,
  scan,
  wishFor,
} from './one-code-desk.ts'

/** Refused by name, and nobody is asked. */
const refused = (title: string, change: (wish: Record<string, unknown>) => object): Case =>
  hostile('YM-20 YM-22 YM-33', title, async (scene) => {
    const billNo = counterBill('MY')
    const wish = wishFor(billNo, await scan(scene, billNo))
    const { status, body } = await scene.his('POST', PAYMENTS, { ...wish, ...change(wish) })
    same('应答', [status, body['code']], [400, 'invalid-request'])
    same('查询次数', callsFor(scene, 'signedQuery', billNo), 0)
    return JSON.stringify(body['errors']).slice(0, 60)
  })

const operatorNamed = (name: string) => () => ({ operator: { ...OPERATOR, name } })

export const HOSTILE_CASES: readonly Case[] = [
  refused('请求自带金额', () => ({ ownPaySetlAmt: '0.01' })),
  refused('操作员姓名 41 个字', operatorNamed('甲'.repeat(41))),
  refused('姓名含控制字符', operatorNamed('甲\u0007')),
  refused('设备地址不是 IP', ({ device }) => ({
    device: { ...Object(device), ip: 'fe80::1%eth0' },
  })),
  hostile('YM-04 YM-22', '姓名中的 JSON 片段不改变报文', async (scene) => {
    const billNo = counterBill('MY')
    const wish = wishFor(billNo, await scan(scene, billNo))
    const operator = { ...OPERATOR, name: '","token":"x","a":"' }
    const { body } = await scene.his('POST', PAYMENTS, { ...wish, operator })
    same('状态', body['status'], 'paid')
    return '照原样送达，只扣一次'
  }),
  hostile('YM-43 YM-10', '渠道原因带 <script>', async (scene) => {
    const { text } = await declinedAs(scene, 'MY02', 'not-usable')
    must(!/[<>]/.test(text), text)
    return text
  }),
  hostile(
    'YM-08',
    'encData 长达 10 MB：不读',
    async (scene) => (await declinedAs(scene, 'MY27', 'no-answer')).text,
  ),
  hostile('YM-36 YM-48', '操作员乙使用操作员甲扫的码', async (scene) => {
    const billNo = counterBill('MY12')
    const token = await scan(scene, billNo)
    await scene.his('POST', PAYMENTS, wishFor(billNo, token))
    const other = { ...wishFor(billNo, token), operator: { id: 'C0999', name: '收费员乙' } }
    const { status, body } = await scene.his('POST', PAYMENTS, other)
    same('应答', [status, body['code']], [403, 'forbidden'])
    return String(body['detail'])
  }),
  hostile('YM-36', '两个窗口同时收同一张账单', async (scene) => {
    const billNo = counterBill('MY')
    const wishes = await Promise.all(
      ['门诊1号窗', '门诊2号窗'].map(async (desk) => ({
        ...wishFor(billNo, await scan(scene, billNo)),
        desk,
      })),
    )
    const told = await Promise.all(wishes.map((wish) => scene.his('POST', PAYMENTS, wish)))
    const won = told.filter(({ status }) => status < 300)
    same('成功的窗口', won.length, 1)
    same('收到', collected(scene, billNo), won[0]?.body['selfPayFen'])
    return '一次扣款，另一窗口得知账单正在收款'
  }),
  hostile('YM-36', '已付的账单再收一次', async (scene) => {
    const billNo = counterBill('MY')
    await payAt(scene, billNo)
    const again = await scene.his('POST', PAYMENTS, wishFor(billNo, await scan(scene, billNo)))
    same('应答', [again.status, again.body['code']], [409, 'bill-already-paid'])
    same('扣款次数', callsFor(scene, 'charge', billNo), 1)
    return '拒绝，仍只扣一次'
  }),
  hostile(
    'YM-36',
    '一台设备一分钟内无休止地收款',
    async (scene) => {
      const { device } = wishFor('', '')
      const codes: unknown[] = []
      for (let times = 0; times < 3; times += 1) {
        const billNo = counterBill('MY')
        const wish = { ...wishFor(billNo, await scan(scene, billNo)), device }
        const { status, body } = await scene.his('POST', PAYMENTS, wish)
        codes.push(status < 300 ? body['status'] : body['code'])
      }
      same('三次', codes, ['paid', 'paid', 'too-many-requests'])
      return '第三次被拒绝'
    },
    { environment: { ONE_CODE_LIMIT_PER_DEVICE: '2' } },
  ),
  hostile('YM-46', '扣款前收到伪造的成功通知', async (scene) => {
    const { fen } = await paidOnce(scene, 'MY24')
    const forged = JSON.stringify({ noticeId: '1', outTradeNo: 'X', status: 'PAID' })
    const { told } = await anybody(scene, '/callbacks/collection/charge', { body: forged })
    must(told['code'] !== 'OK', '伪造的通知被接受')
    return `验签不过，只凭查询入账 ${fen} 分`
  }),
  hostile('YM-48', '不是医院系统的人来收款', async (scene) => {
    const wish = { body: JSON.stringify(wishFor('MZ1-MY', 'EC1')) }
    const { status } = await anybody(scene, PAYMENTS, wish)
    same('应答', status, 401)
    return '401'
  }),
  hostile('YM-11 YM-37', '金丝雀：令牌、凭据、密钥不在库中', async (scene) => {
    const billNo = counterBill('MY')
    const token = await scan(scene, billNo)
    await scene.his('POST', PAYMENTS, wishFor(billNo, token))
    const texts = await storedTexts(scene)
    const { payCerts } = scene.sandbox.context.registry
    const { sm4KeyHex } = scene.parameters.oneCode
    for (const secret of [token, sm4KeyHex, OPERATOR.name, ...payCerts.keys()])
      must(!texts.includes(secret), `库中有 ${secret.slice(0, 6)}…`)
    return `${payCerts.size} 张凭据均不在库中`
  }),
]
