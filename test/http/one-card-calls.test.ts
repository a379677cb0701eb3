/** The platform at our door, and those who pretend to be it: a real listener, real signatures. */
import { createHash, createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { startOneCardPayment } from '../../src/flows/one-card/payment.ts'
import { recordUse } from '../../src/flows/one-card/queue.ts'
import { migrate, openDatabase } from '../../src/store/database.ts'
import { createGateway } from '../../src/sandbox/one-card/gateway.ts'
import { asker, UNLIMITED } from '../support/http-client.ts'
import { serve, type Served } from '../support/app.ts'
import { type OneCardWorld, oneCardWorld } from '../support/one-card.ts'
import { testSealer } from '../support/sealer.ts'
import { holderOf } from '../upstreams/one-card/link.ts'

const PATHS = {
  rights: '/one-card/rights',
  order: '/one-card/orders',
  'payment-notice': '/callbacks/one-card/payment',
} as const
type Service = keyof typeof PATHS

let served: Served | undefined
afterEach(async () => served?.close())

type World = OneCardWorld & { readonly served: Served }

async function world(
  settings: Record<string, string> = {},
  how: { signature?: 'csb' | 'powerdtp'; disabled?: readonly Service[] } = {},
): Promise<World> {
  const db = openDatabase('sqlite::memory:', { sealer: testSealer })
  await migrate(db)
  const { signature = 'powerdtp', disabled = [] } = how
  const app = { settings: { ...UNLIMITED, ...settings } }
  const made = await oneCardWorld(db, { profile: { signature }, disabled, app })
  const { name, idNo } = await holderOf(made)
  const use = { name, socialSecurityNo: idNo, channel: '窗口', kind: '就诊', detail: '内科' }
  await recordUse(made.app, { ...use, usedAt: made.clock.now() })
  served = await serve(made.app)
  return { ...made, served }
}

type Headers = Record<string, string>

/** What the platform would send. */
async function message(at: World, service: Service = 'rights', content?: object) {
  const { name, idNo } = await holderOf(at)
  const gateway = createGateway(at.context.world, at.oneCard)
  return gateway.call(service, content ?? { name, socialSecurityNo: idNo })
}

async function post(
  at: World,
  { headers, body }: { headers: Headers; body: string | Buffer },
  service: Service = 'rights',
) {
  return asker(at.served)('POST', PATHS[service], { raw: body, headers })
}

const without = (headers: Headers, name: string): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))

/** Signed anew by somebody who has the key. */
function resigned(at: World, headers: Headers, body: string): Headers {
  const names = Object.keys(headers).filter(
    (name) => name.startsWith('powerdtp-') && name !== 'powerdtp-sign',
  )
  const hash = createHmac('sha1', at.oneCard.theirSecretKey)
  const text = [...names.map((name) => `${name}=${headers[name]}`), `bodyHash=${sha256(body)}`]
  return { ...headers, 'powerdtp-sign': hash.update(text.toSorted().join('&')).digest('base64') }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('the platform at our door', () => {
  it.each(['powerdtp', 'csb'] as const)(
    '[HN-97][HN-04][HN-06] asks for one person’s rights, signed by %s',
    async (signature) => {
      const at = await world({}, { signature })
      const { status, body } = await post(at, await message(at))
      expect(status).toBe(200)
      expect(body).toMatchObject({ IsSuccess: true, ErrorCode: 0, Message: '' })
      expect(body).toMatchObject({ Data: { items: [{ kind: 'card-use', what: '就诊' }] } })
    },
  )

  it('[HN-101] asks for an order, and for one that is not there', async () => {
    const at = await world()
    const wish = { kind: 'shown', holder: null, code: null, card: null } as const
    const { orderNo } = await at.clock.run(startOneCardPayment(at.app, { ...wish, billNo: 'MZ1' }))
    const told = await post(at, await message(at, 'order', { orderNo }), 'order')
    expect(told.body).toMatchObject({ Data: { orderNo, state: 'UNPAID', amount: 12_345 } })
    await at.clock.advance(1)
    const none = await post(at, await message(at, 'order', { orderNo: 'NOBODY' }), 'order')
    expect(none.body).toMatchObject({ IsSuccess: true, Data: null })
  })

  it('[HN-102] tells of a payment and is told that it was heard', async () => {
    const at = await world()
    const notice = { orderNo: 'NOBODY', payNo: 'P1', amount: 1, state: 'PAID' }
    const told = await post(at, await message(at, 'payment-notice', notice), 'payment-notice')
    expect(told.body).toMatchObject({ IsSuccess: true, Data: null })
  })

  it.each([{ orderNo: '../x' }, { orderNo: 'A', extra: 1 }, {}])(
    '[HN-83] says that it cannot read %o',
    async (content) => {
      const at = await world()
      const told = await post(at, await message(at, 'order', content), 'order')
      expect(told.body).toMatchObject({ ErrorCode: 95270001, Message: '提取参数出错!' })
    },
  )
})

describe('whoever pretends to be it', () => {
  const MISSING = [
    ['HN-62', 'powerdtp-account', 95270711, '获取不到平台账户!'],
    ['HN-63', 'powerdtp-ak', 95270712, '获取不到平台AK!'],
    ['HN-65', 'powerdtp-sign', 95270714, '获取不到签名!'],
    ['HN-66', 'powerdtp-timestamp', 95270715, '获取不到时间戳!'],
    ['HN-69', 'powerdtp-app', 95270718, '获取不到系统编码!'],
    ['HN-70', 'powerdtp-node-endpoint', 95270719, '获取不到节点端点!'],
    ['HN-71', 'powerdtp-protocol', 95270720, '获取不到调用协议!'],
    ['HN-78', 'powerdtp-interface-service', 95270727, '接口编码错误!'],
  ] as const

  it.each(MISSING)('[%s] without %s hears %i', async (_id, name, ErrorCode, Message) => {
    const at = await world()
    const { headers, body } = await message(at)
    const told = await post(at, { headers: without(headers, name), body })
    const code = String(ErrorCode)
    expect(told.body).toEqual({
      IsSuccess: false,
      Message,
      ErrorCode,
      Data: null,
      code,
      message: Message,
    })
  })

  it.each([
    ['HN-72', 'powerdtp-app', '602', 95270721],
    ['HN-73', 'powerdtp-node-endpoint', '430100', 95270722],
    ['HN-74', 'powerdtp-protocol', 'soap', 95270723],
    ['HN-64', 'powerdtp-account', 'other', 95270713],
    ['HN-64', 'powerdtp-ak', 'other', 95270713],
    ['HN-78', 'powerdtp-interface-service', 'YY.05.02.01', 95270727],
    ['HN-68', 'powerdtp-timestamp', 'yesterday', 95270717],
    ['HN-67', 'powerdtp-sign', 'AAAA', 95270716],
  ] as const)('[%s] with another %s, %s, hears %i', async (_id, name, value, ErrorCode) => {
    const at = await world()
    const { headers, body } = await message(at)
    const told = await post(at, { headers: { ...headers, [name]: value }, body })
    expect(told.body).toMatchObject({ IsSuccess: false, ErrorCode, Data: null })
  })

  it('[HN-67][HN-08] with another body under a good signature hears 数字签名错误!', async () => {
    const at = await world()
    const { headers } = await message(at)
    const other = await message(at, 'rights', { name: '李四', socialSecurityNo: '1' })
    const told = await post(at, { headers, body: other.body })
    expect(told.body).toMatchObject({ ErrorCode: 95270716, Message: '数字签名错误!' })
  })

  it.each([
    ['HN-41', -300_001, 95279401, '签名时间戳超时!'],
    ['HN-68', 60_001, 95270717, '时间戳错误!'],
  ])('[%s] whose clock is off by %i ms hears it', async (_id, offMs, ErrorCode, Message) => {
    const at = await world()
    const { headers, body } = await message(at)
    const stamped = { ...headers, 'powerdtp-timestamp': String(at.clock.now() + offMs) }
    const told = await post(at, { headers: resigned(at, stamped, body), body })
    expect(told.body).toMatchObject({ ErrorCode, Message })
  })

  it('[HN-42] sends it twice and hears 重复的请求!', async () => {
    const at = await world()
    const same = await message(at)
    expect((await post(at, same)).body).toMatchObject({ IsSuccess: true })
    const again = await post(at, same)
    expect(again.body).toMatchObject({ ErrorCode: 95279401, Message: '重复的请求!' })
  })

  it('[HN-10][HN-48] from elsewhere hears Illegal IP!, signature or not', async () => {
    const at = await world({ ONE_CARD_NETWORKS: '10.9.9.0/24' })
    const told = await post(at, await message(at))
    expect(told.body).toMatchObject({ ErrorCode: 95279403, Message: 'Illegal IP!' })
    expect(at.app.logged.join()).toContain('one-card-refused')
  })

  it('[HN-13][HN-51] is told that a service is switched off, and the others go on', async () => {
    const at = await world({}, { disabled: ['rights'] })
    const told = await post(at, await message(at))
    expect(told.body).toMatchObject({ ErrorCode: 95279404, Message: '您所调用的服务已注销!' })
    const order = await post(at, await message(at, 'order', { orderNo: 'NOBODY' }), 'order')
    expect(order.body).toMatchObject({ IsSuccess: true })
  })

  it('[HN-67] cannot send our own calls back to us: they are signed with another key', async () => {
    const at = await world()
    const { headers, body } = await message(at)
    const ours = { ...headers, 'powerdtp-ak': at.oneCard.accessKey }
    expect((await post(at, { headers: ours, body })).body).toMatchObject({ ErrorCode: 95270713 })
  })

  it('[HN-65] gains nothing by sending a header twice, or in other letters', async () => {
    const at = await world()
    const { headers, body } = await message(at)
    const twice = await raw(at, [...Object.entries(headers), ['powerdtp-sign', 'AAAA']], body)
    expect(JSON.parse(twice)).toMatchObject({ ErrorCode: 95270714 })
    const loud = Object.entries(headers).map(([name, value]): [string, string] => [
      name.toUpperCase(),
      value,
    ])
    expect(JSON.parse(await raw(at, loud, body))).toMatchObject({ IsSuccess: true })
  })

  it('[HN-04] with XML, or with more than fits, is not read at all', async () => {
    const at = await world()
    const { headers } = await message(at)
    const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'
    const xml = await post(at, { headers: { ...headers, 'content-type': 'text/xml' }, body: bomb })
    expect(xml.status).toBe(415)
    const big = await post(at, { headers, body: Buffer.alloc(600_000, 0x20) })
    expect(big.status).toBe(413)
  })

  it('[HN-09] finds no method but POST, so nothing personal stands in an address', async () => {
    const at = await world()
    const { status } = await asker(at.served)('GET', `${PATHS.rights}?name=x`)
    expect(status).toBe(405)
  })

  it('[HN-97][HN-20] is told of nobody else, and no answer or log line holds a person in clear', async () => {
    const at = await world()
    const [one, other] = [await holderOf(at), await holderOf(at, 1)]
    const mixed = { name: other.name, socialSecurityNo: one.idNo }
    const told = await post(at, await message(at, 'rights', mixed))
    expect(told.body).toMatchObject({ Data: { items: [] } })
    const own = await post(at, await message(at))
    const text = told.text + own.text + at.app.logged.join()
    for (const secret of [one.name, one.idNo, one.cardNo]) expect(text).not.toContain(secret)
  })
})

/** Headers exactly as given: fetch would join and lower them. */
function raw(at: World, headers: [string, string][], body: string): Promise<string> {
  const { hostname, port } = new URL(at.served.url)
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path: PATHS.rights, method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (part: Buffer) => {
        text += part.toString()
      })
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    const lines = new Map<string, string[]>()
    for (const [name, value] of headers) {
      const key = [...lines.keys()].find((each) => each.toLowerCase() === name) ?? name
      lines.set(key, [...(lines.get(key) ?? []), value])
    }
    for (const [name, values] of lines)
      sent.setHeader(name, values.length > 1 ? values : values.join())
    sent.end(body)
  })
}
