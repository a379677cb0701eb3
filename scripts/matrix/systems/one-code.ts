/** 医保一码付: what must happen at the counter (YM-*), the sandbox being the centre and the collection. */
import { callsFor, type Case, collected, failure, happy, must, same, yuan } from './case.ts'
import { CODE_CASES } from './one-code-codes.ts'
import {
  counterBill,
  declinedAs,
  endsAs,
  paidOnce,
  payAt,
  PAYMENTS,
  scan,
  wishFor,
} from './one-code-desk.ts'
import { HOSTILE_CASES } from './one-code-hostile.ts'

export const ONE_CODE_SETTINGS = {}

const paid = (ids: string, title: string, suffix: string, next: string): Case =>
  happy(ids, title, async (scene) => {
    const { told, fen } = await paidOnce(scene, suffix)
    same('下一步', told['next'], next)
    return `收到 ${yuan(fen)}，窗口下一步 ${next}`
  })

const HAPPY: readonly Case[] = [
  paid('YM-33 YM-42 YM-45 YM-46', '先医保后自费：查询、凭据、扣款、通知，一分不差', 'MY', 'done'),
  paid('YM-41', '先自费后医保', 'LY', 'settle-insurance'),
  paid('YM-41', '全自费', 'SY', 'done'),
  paid('YM-91', '500320 无需密码，继续办理', 'MY23', 'done'),
  paid('YM-08', '小写十六进制 encData 可读', 'MY19', 'done'),
  paid('YM-07', 'code 为文本 "0" 可读', 'MY21', 'done'),
  paid('YM-46', '患者输入密码一段时间后成功', 'MY11', 'done'),
  happy('YM-20 YM-50', '引导前查询：可用、渠道、将被扣款的账户，不产生付款', async (scene) => {
    const billNo = counterBill('MY')
    const { billNo: _, desk: __, ...shown } = wishFor(billNo, await scan(scene, billNo))
    const { body } = await scene.his('POST', '/his/one-code-offers', shown)
    same('可用', [body['usable'], body['reason']], [true, null])
    must(String(body['accountName']).endsWith('的零钱'), `账户名：${String(body['accountName'])}`)
    same('凭据次数', callsFor(scene, 'genPayCert', billNo), 0)
    return `${String(body['channelName'])}，${String(body['accountName'])}`
  }),
  happy('YM-01 YM-05', '中文姓名与间隔号原样到达（沙盒逐字节比对紧凑 JSON）', async (scene) => {
    const billNo = counterBill('MY')
    const wish = wishFor(billNo, await scan(scene, billNo))
    const operator = { id: 'C0102', name: '阿依古丽·买买提“甲”\\n' }
    const { body } = await scene.his('POST', PAYMENTS, { ...wish, operator })
    const told = await endsAs(scene, body['id'], 'paid')
    same('收到', collected(scene, billNo), told['selfPayFen'])
    return '沙盒解密后与文档字段逐字相同'
  }),
]

const declined = (ids: string, title: string, [suffix, code]: readonly [string, string]): Case =>
  failure(ids, title, async (scene) => {
    const { text } = await declinedAs(scene, suffix, code)
    must(!text.includes('<'), `原因带标签：${text}`)
    return text
  })

/** Found by asking under the same number, and taken once. */
const lost = (title: string, suffix: string): Case =>
  failure('YM-45 YM-47', title, async (scene) => {
    const { fen } = await paidOnce(scene, suffix)
    return `查询后确认，只收一次 ${yuan(fen)}`
  })

const CODE_0: readonly (readonly [string, string, string])[] = [
  ['code 0 而无 data', 'MY17', 'no-answer'],
  ['encData 被截断', 'MY16', 'no-answer'],
  ['以另一密钥加密', 'MY18', 'no-answer'],
  ['code 0 而 success 为 false', 'MY20', 'success-false'],
]

const FAILURES: readonly Case[] = [
  declined('YM-21 YM-43', 'stasFlag 0：未开通', ['MY01', 'not-signed']),
  declined('YM-21 YM-43 YM-10', 'stasFlag 2：不可用，原因中的标签被去除', ['MY02', 'not-usable']),
  declined('YM-23', '未列出的 stasFlag 9', ['MY03', 'status-unlisted']),
  declined('YM-23', '缺少 stasFlag', ['MY04', 'status-unlisted']),
  ...CODE_0.map(([title, ...how]) => declined('YM-08 YM-09', title, how)),
  declined('YM-24', '未登记的支付渠道', ['MY05', 'channel-unknown']),
  declined('YM-24 YM-33', '两次应答的渠道不一致：停止', ['MY06', 'channel-changed']),
  declined('YM-09', '凭证中心返回 HTML 502', ['MY15', 'no-answer']),
  lost('扣款已生效，应答丢失', 'MY09'),
  lost('扣款首次请求未到达', 'MY10'),
  lost('扣款已生效，应答丢失，前三次查询无应答', 'MY14'),
  failure(
    'YM-34 YM-35 YM-44',
    'genPayCert 应答丢失：不重发；重新扫码用新流水号，只扣一次',
    async (scene) => {
      const billNo = counterBill('MY07')
      same('第一次', (await payAt(scene, billNo))['status'], 'declined')
      same('第二次', (await payAt(scene, billNo))['status'], 'paid')
      const asked = scene.sandbox.world.calls.filter(
        (one) => one.call === 'genPayCert' && one.billNo === billNo,
      )
      same('流水号数', new Set(asked.map(({ number }) => number)).size, 2)
      same('扣款次数', callsFor(scene, 'charge', billNo), 1)
      return '两个流水号，一次扣款'
    },
  ),
  failure(
    'YM-35',
    '凭据在扣款前失效：换新凭据，旧的从不发出',
    async (scene) => {
      const billNo = counterBill('MY')
      const begun = await payAt(scene, billNo)
      await endsAs(scene, begun['id'], 'paid')
      same('凭据次数', callsFor(scene, 'genPayCert', billNo), 2)
      same('扣款次数', callsFor(scene, 'charge', billNo), 1)
      return '两张凭据，一次扣款'
    },
    leapsOnceAfter('one-code:certificate:done', 61_000),
  ),
  failure(
    'YM-35 YM-47',
    '扣款请求未到达且凭据失效：查询到底，没有扣款',
    async (scene) => {
      const billNo = counterBill('MY26')
      const { body } = await scene.his('POST', PAYMENTS, wishFor(billNo, await scan(scene, billNo)))
      scene.leap(121_000)
      const told = await endsAs(scene, body['id'], 'declined')
      same('收到', collected(scene, billNo), 0)
      return String(told['statusText'])
    },
    {},
  ),
  declinedCharge(),
  failure('YM-33 YM-49', '渠道扣错金额：不算已付，转人工', async (scene) => {
    const billNo = counterBill('MY13')
    same('状态', (await payAt(scene, billNo))['status'], 'needs-review')
    const items = await scene.app.db.q('work_items').where({ kind: 'one-code-amount' })
    must(items.length === 1, `工单 ${items.length} 个`)
    return '一个工单，账单不放开'
  }),
]

function leapsOnceAfter(commit: string, ms: number): NonNullable<Case['alone']> {
  let left = 1
  return {
    committed: (name, leap) => {
      if (name !== commit || left === 0) return
      left -= 1
      leap(ms)
    },
  }
}

function declinedCharge(): Case {
  return failure('YM-47', '扣款被拒：余额不足，改普通方式', async (scene) => {
    const billNo = counterBill('MY12')
    const told = await payAt(scene, billNo)
    same('状态', [told['status'], told['next']], ['declined', 'ordinary-payment'])
    same('收到', collected(scene, billNo), 0)
    return '没有扣款'
  })
}

export const ONE_CODE_CASES: readonly Case[] = [
  ...HAPPY,
  ...FAILURES,
  ...CODE_CASES,
  ...HOSTILE_CASES,
]
