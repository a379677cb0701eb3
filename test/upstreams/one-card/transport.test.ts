import { describe, expect, it } from 'vitest'
import { CONSUMED } from '../../../src/payment/one-card.ts'
import { failure, readEnvelope, success } from '../../../src/upstreams/one-card/envelope.ts'
import { createPace } from '../../../src/upstreams/one-card/pace.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { holderOf, linkTo, numbersOf, type Platform, platform } from './link.ts'

const read = (value: unknown) => readEnvelope(Buffer.from(JSON.stringify(value)))

async function ask(world: Platform, link: ReturnType<typeof linkTo>, suffix = '') {
  const { name, idNo } = await holderOf(world)
  const asking = link.adapter.person({ name: `${name}${suffix}`, socialSecurityNo: idNo })
  return world.clock.run(asking)
}

describe('the envelope', () => {
  it.each([true, 'true', 'True', 'TRUE'])('[HN-34] IsSuccess %o is success', (IsSuccess) => {
    for (const Data of [null, '', '{"a":1}', { a: 1 }])
      expect(read({ IsSuccess, Message: '', ErrorCode: 0, Data })).toEqual({
        success: true,
        data: Data,
      })
  })

  it.each([false, 'false', 'FALSE'])('[HN-34] IsSuccess %o is a refusal', (IsSuccess) => {
    const refusal = { success: false, code: '95270007', message: '平台未知异常!' }
    expect(read({ IsSuccess, Message: refusal.message, ErrorCode: 95270007 })).toEqual(refusal)
    expect(read({ isSuccess: IsSuccess, message: refusal.message, code: '95270007' })).toEqual(
      refusal,
    )
  })

  it('[HN-34] without IsSuccess, code and message alone are a refusal', () => {
    expect(read({ code: '95270716', message: '数字签名错误!' })).toMatchObject({ success: false })
  })

  it.each([
    ['Y', { IsSuccess: 'Y', ErrorCode: 0 }],
    ['1', { IsSuccess: 1 }],
    ['yes with an error', { IsSuccess: true, ErrorCode: 95279500 }],
    ['no without one', { IsSuccess: false }],
    ['nothing', {}],
    ['a list', []],
  ])('[HN-34] %s says nothing', (_what, envelope) => {
    expect(read(envelope)).toBeNull()
  })

  it('[HN-08] ours has both spellings, and texts where that was agreed', () => {
    const plain = { stringly: false, statusFromCode: false }
    expect(failure(plain, '95270716', '数字签名错误!')).toEqual({
      status: 200,
      body: '{"IsSuccess":false,"Message":"数字签名错误!","ErrorCode":95270716,"Data":null,"code":"95270716","message":"数字签名错误!"}',
    })
    const other = failure({ stringly: true, statusFromCode: true }, '95279403', 'Illegal IP!')
    expect(JSON.parse(other.body)).toMatchObject({ IsSuccess: 'false', ErrorCode: '95279403' })
    expect(other.status).toBe(403)
    expect(JSON.parse(success({ ...plain, stringly: true }, { a: 1 }).body)).toMatchObject({
      IsSuccess: 'true',
      Data: '{"a":1}',
    })
  })
})

describe('a call', () => {
  it('[HN-33] sends name and number of the person, and learns whether they match', async () => {
    const world = platform()
    const link = linkTo(world)
    expect(await ask(world, link)).toEqual({ kind: 'done', value: { matches: true } })
    expect(Object.keys(JSON.parse(link.sent[0]?.body.toString() ?? ''))).toEqual([
      'name',
      'socialSecurityNo',
    ])
  })

  it('[HN-05] of a service that was not allocated never leaves', async () => {
    const world = platform()
    const services = numbersOf(world)
    services.delete('person')
    const link = linkTo(world, { services })
    expect(await ask(world, link)).toMatchObject({ kind: 'refused', code: 'service-unallocated' })
    expect(link.sent).toEqual([])
  })

  it('[HN-13] of a service that is switched off never leaves', async () => {
    const world = platform()
    const link = linkTo(world, { disabled: new Set(['person']) })
    expect(await ask(world, link)).toMatchObject({ kind: 'refused', code: 'service-disabled' })
    expect(link.sent).toEqual([])
  })

  it('[HN-13][HN-51] stops for an hour when the platform has taken the service down', async () => {
    const world = platform()
    const link = linkTo(world)
    await ask(world, link, '-K12')
    expect(await ask(world, link)).toEqual({ kind: 'unsent', cause: 'stopped-by-platform' })
    expect(link.sent).toHaveLength(1)
    const card = await holderOf(world)
    expect((await world.clock.run(link.adapter.card(card))).kind).toBe('done')
    await world.clock.advance(3_600_000)
    expect((await ask(world, link)).kind).toBe('done')
  })

  it('[HN-13][HN-46] stops altogether when the account has expired', async () => {
    const world = platform()
    const link = linkTo(world)
    await ask(world, link, '-K07')
    const card = await holderOf(world)
    expect((await world.clock.run(link.adapter.card(card))).kind).toBe('unsent')
  })

  it.each(['K13', 'K19', 'K21'])(
    '[HN-52][HN-58][HN-60] backs off after %s and goes on when it is over',
    async (suffix) => {
      const world = platform()
      const link = linkTo(world)
      const before = world.clock.now()
      expect((await ask(world, link, `-${suffix}-once`)).kind).toBe('done')
      expect([link.sent.length, world.clock.now() - before]).toEqual([2, 1_000])
    },
  )

  it('[HN-53] backs off 1, 2 and 4 seconds and no longer', async () => {
    const world = platform()
    const link = linkTo(world)
    const before = world.clock.now()
    expect(await ask(world, link, '-K14')).toEqual({ kind: 'unsent', cause: 'code-95279429' })
    expect([link.sent.length, world.clock.now() - before]).toEqual([4, 7_000])
  })

  it.each(['K02', 'K29'])('[HN-41][HN-68] is signed anew once after %s', async (suffix) => {
    const world = platform()
    const link = linkTo(world)
    expect((await ask(world, link, `-${suffix}-once`)).kind).toBe('done')
    const [first, second] = link.sent.map(({ headers }) => headers['powerdtp-sign'])
    expect(first).not.toBe(second)
  })

  it.each([
    ['HTML', Buffer.from('<h1>502</h1>'), 502],
    ['cut', Buffer.from('{"IsSuccess":tr'), 200],
    ['not UTF-8', Buffer.from([0x7b, 0xff]), 200],
    ['clear where it is sealed', Buffer.from('{"IsSuccess":true,"Data":{"name":"张三"}}'), 200],
    ['of another shape', Buffer.from('{"IsSuccess":true,"Data":{"result":"2"}}'), 200],
    ['empty', Buffer.from('{"IsSuccess":true,"Data":null}'), 200],
  ])('[HN-90] answered with what is %s is no match', async (_what, body, status) => {
    const world = platform()
    const send = async () => ({ kind: 'answer', status, headers: {}, body }) as const
    const link = linkTo(world, { send })
    expect((await ask(world, link)).kind).toBe('unknown')
  })

  it('[HN-09][HN-20] leaves no person in the record', async () => {
    const world = platform()
    const link = linkTo(world)
    await ask(world, link)
    const { name, idNo } = await holderOf(world)
    const text = JSON.stringify(link.exchanges)
    expect(link.exchanges).toHaveLength(2)
    for (const secret of [name, idNo]) expect(text).not.toContain(secret)
  })
})

describe('the pace', () => {
  it('[HN-21][HN-52] lets so many go at once, then one by one', async () => {
    const clock = new VirtualClock()
    const pace = createPace({ perSecond: 2, longestWaitMs: 10_000 }, clock)
    const start = clock.now()
    const went: number[] = []
    const going = Promise.all(
      [1, 2, 3, 4, 5].map(async () => {
        if (await pace.turn()) went.push(clock.now() - start)
      }),
    )
    await clock.run(going)
    expect(went).toEqual([0, 0, 500, 1_000, 1_500])
  })

  it('[HN-21] sends nobody who would wait too long', async () => {
    const clock = new VirtualClock()
    const pace = createPace({ perSecond: 1, longestWaitMs: 1_000 }, clock)
    const turns = await clock.run(Promise.all([pace.turn(), pace.turn(), pace.turn()]))
    expect(turns).toEqual([true, true, false])
  })

  it('[HN-52] makes everybody wait when the platform says so', async () => {
    const clock = new VirtualClock()
    const pace = createPace({ perSecond: 10, longestWaitMs: 10_000 }, clock)
    const start = clock.now()
    pace.rest(3_000)
    await clock.run(pace.turn())
    expect(clock.now() - start).toBe(3_000)
  })
})

describe('the services', () => {
  it('[HN-98] know no payout inside the platform: 平台经办发放 is none of our calls', () => {
    expect(CONSUMED.filter((name) => name.startsWith('grant'))).toEqual(['grant', 'grant-query'])
  })
})
