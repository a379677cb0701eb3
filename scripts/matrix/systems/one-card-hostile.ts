/** The one-card's platform as whoever pretends to be it: exact codes, exact texts, nothing told. */
import { request as httpRequest } from 'node:http'
import { REFUSALS } from '../../../src/sandbox/one-card/codes.ts'
import type { WholeService } from '../../parts/whole-service.ts'
import {
  anybody,
  type Case,
  hostile,
  membersOf,
  must,
  same,
  storedTexts,
  type Told,
} from './case.ts'
import {
  begin,
  billWith,
  type Message,
  look,
  PATHS,
  payOnline,
  personAt,
  phone,
  say,
  sealed,
  spoken,
} from './one-card-desk.ts'

const textOf = (code: string, nth = 0): string =>
  REFUSALS.filter(([known]) => known === code)[nth]?.[1] ?? ''

async function question(scene: WholeService, aheadMs = 0): Promise<Message> {
  const { name, idNo } = await personAt(scene)
  return spoken(scene, 'rights', { name, socialSecurityNo: idNo }, aheadMs)
}

function heard(told: Told, code: string, message: string): string {
  const ErrorCode = Number(code)
  const both = { IsSuccess: false, Message: message, ErrorCode, Data: null }
  same('应答', told, { ...both, code, message })
  return `${code} ${message}`
}

interface Forgery {
  readonly ids: string
  readonly title: string
  readonly code: string
  readonly message?: string
  readonly aheadMs?: number
  readonly change?: (message: Message) => Message
  readonly alone?: Case['alone']
}

const without =
  (name: string) =>
  ({ headers, body }: Message): Message => ({
    headers: Object.fromEntries(Object.entries(headers).filter(([known]) => known !== name)),
    body,
  })
const another =
  (name: string, value: string) =>
  ({ headers, body }: Message): Message => ({ headers: { ...headers, [name]: value }, body })

const FORGERIES: readonly Forgery[] = [
  { ids: 'HN-65', title: '没有签名', code: '95270714', change: without('powerdtp-sign') },
  { ids: 'HN-67', title: '签名错误', code: '95270716', change: another('powerdtp-sign', 'AAAA') },
  { ids: 'HN-66', title: '没有时间戳', code: '95270715', change: without('powerdtp-timestamp') },
  {
    ids: 'HN-69',
    title: '没有系统编码',
    code: '95270718',
    message: '获取不到系统编码!',
    change: without('powerdtp-app'),
  },
  {
    ids: 'HN-70',
    title: '没有节点端点',
    code: '95270719',
    change: without('powerdtp-node-endpoint'),
  },
  { ids: 'HN-62', title: '没有平台账户', code: '95270711', change: without('powerdtp-account') },
  { ids: 'HN-63', title: '没有平台AK', code: '95270712', change: without('powerdtp-ak') },
  { ids: 'HN-71', title: '没有调用协议', code: '95270720', change: without('powerdtp-protocol') },
  { ids: 'HN-72', title: '系统编码错误', code: '95270721', change: another('powerdtp-app', '602') },
  {
    ids: 'HN-73',
    title: '节点编码错误',
    code: '95270722',
    change: another('powerdtp-node-endpoint', '430100'),
  },
  {
    ids: 'HN-74',
    title: '调用协议错误',
    code: '95270723',
    change: another('powerdtp-protocol', 'soap'),
  },
  {
    ids: 'HN-64',
    title: '平台账户错误',
    code: '95270713',
    change: another('powerdtp-account', 'x'),
  },
  {
    ids: 'HN-78',
    title: '别的接口编码',
    code: '95270727',
    change: another('powerdtp-interface-service', 'YY.05.02.01'),
  },
  {
    ids: 'HN-68',
    title: '时间戳无法识别',
    code: '95270717',
    change: another('powerdtp-timestamp', 'yesterday'),
  },
  { ids: 'HN-68', title: '对方时钟快两分钟', code: '95270717', aheadMs: 120_000 },
  {
    ids: 'HN-41',
    title: '对方时钟慢六分钟',
    code: '95279401',
    message: '签名时间戳超时!',
    aheadMs: -360_000,
  },
  {
    ids: 'HN-08',
    title: '有效签名下换了请求体',
    code: '95270716',
    change: ({ headers }) => ({ headers, body: '{"name":"x","socialSecurityNo":"y"}' }),
  },
  {
    ids: 'HN-10 HN-48',
    title: '不在白名单的地址',
    code: '95279403',
    message: 'Illegal IP!',
    alone: { environment: { ONE_CARD_NETWORKS: '10.9.9.0/24' } },
  },
]

const forged: readonly Case[] = FORGERIES.map((of) => {
  const play: Case['play'] = async (scene) => {
    const message = await question(scene, of.aheadMs)
    const told = await say(scene, 'rights', of.change?.(message) ?? message)
    return heard(told, of.code, of.message ?? textOf(of.code))
  }
  return hostile(of.ids, `平台来电：${of.title}`, play, of.alone)
})

type Line = readonly [name: string, values: readonly string[]]

/** Headers exactly as given: fetch would join and lower them. */
function exactly(
  { serviceUrl }: WholeService,
  lines: readonly Line[],
  body: string,
): Promise<Told> {
  const url = new URL(PATHS.rights, serviceUrl)
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => (text += part.toString('utf8')))
      response.on('end', () => resolve(membersOf(JSON.parse(text))))
    })
    sent.on('error', reject)
    for (const [name, values] of lines) sent.setHeader(name, values)
    sent.end(body)
  })
}

const MB_20 = 20 * 1_048_576

export const HOSTILE_CASES: readonly Case[] = [
  ...forged,
  hostile('HN-42', '平台来电：原样重放', async (scene) => {
    const message = await question(scene)
    same('第一次', (await say(scene, 'rights', message))['IsSuccess'], true)
    return heard(await say(scene, 'rights', message), '95279401', '重复的请求!')
  }),
  hostile('HN-65', '平台来电：大写的头可以，重复的签名头不行', async (scene) => {
    const first = await question(scene)
    const loud = Object.entries(first.headers).map(([name, value]): Line => [
      name.toUpperCase(),
      [value],
    ])
    same('大写', (await exactly(scene, loud, first.body))['IsSuccess'], true)
    const { headers, body } = await question(scene)
    const twice = Object.entries(headers).map(([name, value]): Line => [
      name,
      name === 'powerdtp-sign' ? [value, 'AAAA'] : [value],
    ])
    return heard(await exactly(scene, twice, body), '95270714', textOf('95270714'))
  }),
  hostile('HN-04', 'XML 炸弹与 20 MB 的 JSON：不读', async (scene) => {
    const { headers } = await question(scene)
    const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    const xml = { headers: { ...headers, 'content-type': 'text/xml' }, body: bomb }
    same('XML', (await anybody(scene, PATHS.rights, xml)).status, 415)
    const big = await anybody(scene, PATHS.rights, { headers, body: ' '.repeat(MB_20) }).then(
      ({ status }) => status,
      // The connection may be closed before all of it was written.
      () => 413,
    )
    same('20 MB', big, 413)
    return '415，413'
  }),
  hostile('HN-101', '被改动的订单号、别的订单', async (scene) => {
    const told = await say(scene, 'order', spoken(scene, 'order', { orderNo: 'NOBODY' }))
    same('没有的订单', [told['IsSuccess'], told['Data']], [true, null])
    const wrong = await say(scene, 'order', spoken(scene, 'order', { orderNo: '../x' }))
    same('改动的订单号', wrong['ErrorCode'], 95270001)
    return '没有内容；95270001'
  }),
  hostile('HN-102', '没有付款的通知只让我们去问', async (scene) => {
    const billNo = billWith(scene)
    const { body } = await begin(scene, { kind: 'shown', billNo })
    const { orderNo, amountFen } = body
    const content = { orderNo, payNo: 'X', amount: amountFen, state: 'PAID' }
    const told = await say(scene, 'payment-notice', spoken(scene, 'payment-notice', content))
    same('应答', told['IsSuccess'], true)
    await scene.app.clock.sleep(1_500)
    same('状态', (await look(scene, String(orderNo)))['status'], 'waiting')
    return '状态不变'
  }),
  hostile('HN-102', '同一张账单同时两次支付、同一付款码两次', async (scene) => {
    const billNo = billWith(scene)
    const both = await Promise.all([1, 2].map(() => begin(scene, { kind: 'shown', billNo })))
    same('应答', both.map(({ status }) => String(status)).toSorted(), ['201', '409'])
    const { code } = await phone(scene, 'show')
    const first = await begin(scene, { kind: 'scanned', billNo: billWith(scene), code })
    const second = await begin(scene, { kind: 'scanned', billNo: billWith(scene), code })
    same('付款码', [first.status, second.status], [201, 409])
    return '各一次'
  }),
  hostile(
    'HN-41 HN-68',
    '本院时钟比平台快十分钟：重签一次仍被拒，不算相符',
    async (scene) => {
      const wish = sealed(scene, await personAt(scene))
      const { status, body } = await scene.his('POST', '/his/one-card/names', wish)
      same('应答', [status, body['code']], [502, 'upstream-refused'])
      return '502，没有结论'
    },
    { skewMs: 600_000 },
  ),
  hostile('HN-12 HN-20 HN-09', '金丝雀：姓名、证件号、卡号、密钥不在库中', async (scene) => {
    const person = await personAt(scene)
    await payOnline(scene, billWith(scene))
    const texts = await storedTexts(scene)
    const { secretKey, sm4KeyHex } = scene.parameters.oneCard
    for (const secret of [person.name, person.idNo, person.cardNo, secretKey, sm4KeyHex])
      must(!texts.includes(secret), `库中有 ${secret.slice(0, 2)}…`)
    return '均不在库中'
  }),
]
