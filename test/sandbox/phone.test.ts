import { afterEach, describe, expect, test } from 'vitest'
import type { Story, StoryOptions } from './story.ts'
import { OPENID, startStory } from './story.ts'

const open: Story[] = []
async function begin(options: StoryOptions = {}): Promise<Story> {
  const story = await startStory(options)
  open.push(story)
  return story
}
afterEach(async () => {
  for (const story of open.splice(0)) await story.stop()
})

async function until(what: () => boolean): Promise<void> {
  await expect.poll(what, { timeout: 4000, interval: 10 }).toBe(true)
}
const kinds = (story: Story): string[] =>
  story.hospital.heard.map((heard) => heard.path.replace('/callbacks/icbc/', ''))

const jumpOf = (story: Story, change: Record<string, string> = {}) => {
  const { wechat } = story.sandbox.context.parameters
  const members: Record<string, string> = {
    openType: 'getAuthCode',
    bizType: '04107',
    cityCode: wechat.cityCode,
    channel: wechat.channel,
    orgChnlCrtfCodg: wechat.orgChnlCrtfCodg,
    orgCodg: wechat.orgCodg,
    orgAppId: wechat.orgAppId,
    ...change,
  }
  const query = Object.entries(members).map(([name, value]) => `${name}=${value}`)
  const path = `auth/pages/bindcard/auth/index?${query.join('&')}`
  return { kind: 'mini-program', appId: wechat.authAppId, path }
}

describe('the authorisation page (SC-P03)', () => {
  test('gives a code only for exactly the parameters of the jump, raw or encoded', async () => {
    const story = await begin()
    const { billNo } = story.uploadedBill('-M')
    const ask = (jump: unknown) =>
      story.client.post('/phone/authorise', { billNo, openid: OPENID, jump })
    const encoded = encodeURIComponent(story.sandbox.context.parameters.wechat.orgChnlCrtfCodg)
    const codes = [await ask(jumpOf(story)), await ask(jumpOf(story, { orgChnlCrtfCodg: encoded }))]
    expect(new Set(codes.map(({ body }) => body['authCode'])).size).toBe(2)
    for (const change of [{ bizType: '04108' }, { orgAppId: 'x' }, { openType: 'getQrCode' }])
      expect((await ask(jumpOf(story, change))).status).toBe(400)
    expect((await ask({ ...jumpOf(story), appId: 'wx0' })).status).toBe(400)
  })
})

describe('the mixed cashier (SC-P10)', () => {
  test('pays own money first and then the insurance, and calls back twice (SC-H01)', async () => {
    const story = await begin()
    const { bill, mixTradeNo, pay } = await story.place('-M')
    expect((await pay()).body['result']).toBe('ok')
    const { ledger } = story.sandbox.world
    expect(ledger.of(bill.billNo).map(({ why }) => why)).toEqual([
      'cash',
      'insurance-settlement',
      'insurance-settlement',
    ])
    expect(ledger.balance(bill.billNo, 'insurance-payable')).toBe(10_000)
    await until(() => story.sandbox.bank.acks.length === 2)
    expect(story.sandbox.bank.acks.every((ack) => ack.accepted)).toBe(true)
    expect(story.hospital.heard.every((heard) => heard.verified)).toBe(true)
    expect((await story.question(mixTradeNo)).fields).toMatchObject({
      mix_pay_status: 'MIX_PAY_SUCCESS',
      paid_time: expect.stringMatching(/\+08:00$/),
    })
  })

  test('paying twice pays once; a changed or missing call-up value pays nothing', async () => {
    const story = await begin()
    const { bill, cash, mixTradeNo, pay } = await story.place('-M')
    const wrong = { mixTradeNo, ...cash.callUp, nonceStr: '1' }
    expect((await story.client.post('/phone/pay', wrong)).status).toBe(400)
    expect((await story.client.post('/phone/pay', { mixTradeNo })).status).toBe(400)
    await Promise.all([pay(), pay(), pay()])
    expect(story.bankHolds(bill.billNo)).toBe(2345)
  })

  test('a second living cash order of the same bill can be paid too: the danger is real', async () => {
    const story = await begin()
    const bill = story.uploadedBill('-M')
    const first = await story.placeCash(bill)
    const second = await story.placeCash(bill)
    await story.client.post('/phone/pay', first.callUp)
    await story.client.post('/phone/pay', second.callUp)
    expect(story.bankHolds(bill.billNo)).toBe(4690)
  })

  test.each([
    ['F01', ['MIX_PAY_FAIL', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_FAIL'], 2345, ['self-pay']],
    ['F03', ['MIX_PAY_SUCCESS', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_SUCCESS'], 2345, ['self-pay']],
    ['F31', ['MIX_PAY_FAIL', 'SELF_PAY_FAIL', 'MED_INS_PAY_SUCCESS'], 0, []],
    ['F32', ['MIX_PAY_FAIL', 'SELF_PAY_FAIL', 'MED_INS_PAY_FAIL'], 0, []],
    ['F38', ['MIX_PAY_FAIL', 'SELF_PAY_CREATED', 'MED_INS_PAY_FAIL'], 0, []],
  ])('%s ends as %j', async (code, states, held, callbacks) => {
    const story = await begin()
    const { bill, mixTradeNo, pay } = await story.place(`-M${code}`)
    await pay()
    const { fields } = await story.question(mixTradeNo)
    expect([
      fields['mix_pay_status'],
      fields['self_pay_status'],
      fields['med_ins_pay_status'],
    ]).toEqual(states)
    expect(story.bankHolds(bill.billNo)).toBe(held)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(kinds(story)).toEqual(callbacks)
  })

  test('F28 holds the cash while the insurance is pending, then settles', async () => {
    const story = await begin({ timeScale: 0.01 })
    const { mixTradeNo, pay } = await story.place('-MF28')
    await pay()
    expect((await story.question(mixTradeNo)).fields).toMatchObject({
      mix_pay_status: 'MIX_PAY_CREATED',
      self_pay_status: 'SELF_PAY_SUCCESS',
    })
    await until(() => kinds(story).includes('mixed-order'))
    expect((await story.question(mixTradeNo)).fields['mix_pay_status']).toBe('MIX_PAY_SUCCESS')
  })
})

describe('callbacks (upstreams/icbc/README.md 1.6)', () => {
  test('F04 sends ten at once, F27 both twice with the cash last', async () => {
    const story = await begin()
    await (await story.place('-MF04')).pay()
    await until(() => kinds(story).filter((kind) => kind === 'mixed-order').length === 10)
    const reordered = await begin()
    await (await reordered.place('-MF27')).pay()
    await until(() => kinds(reordered).length === 4)
    expect(kinds(reordered)).toEqual(['mixed-order', 'mixed-order', 'self-pay', 'self-pay'])
  })

  test('F15 is forged before anybody paid, and says paid', async () => {
    const story = await begin()
    const { bill } = await story.place('-MF15')
    await until(() => story.hospital.heard.length === 1)
    const [forged] = story.hospital.heard
    expect(forged).toMatchObject({ verified: false, fields: { mix_pay_status: 'MIX_PAY_SUCCESS' } })
    expect(story.bankHolds(bill.billNo)).toBe(0)
  })

  test('F26 says one fen too much, in query and callback alike', async () => {
    const story = await begin()
    const { mixTradeNo, pay } = await story.place('-MF26')
    await pay()
    expect((await story.question(mixTradeNo)).fields['total_fee']).toBe(12_346)
    await until(() => kinds(story).includes('mixed-order'))
    expect(story.hospital.heard.at(-1)?.fields['wechat_pay_cash_fee']).toBe(2346)
  })

  test('F37 arrives before the answer of step 9', async () => {
    const story = await begin()
    await story.place('-MF37')
    expect(kinds(story)).toContain('mixed-order')
  })

  test('a bad acknowledgement is told apart, repeated nine times, and then given up', async () => {
    const story = await begin({ answer: (right) => right.replace('{"response', '{ "response') })
    const { mixTradeNo, pay } = await story.place('-M')
    await pay()
    await until(() => kinds(story).filter((kind) => kind === 'mixed-order').length === 9)
    const { acks } = story.sandbox.bank
    expect(new Set(acks.map((ack) => ack.problem))).toEqual(new Set(['not the documented form']))
    const again = await story.client.post('/sandbox/callbacks/resend', { mixTradeNo })
    expect(again.body).toMatchObject({ accepted: false, kind: 'mixed-order' })
    expect(new Set(story.hospital.heard.map((heard) => heard.fields['msg_id'])).size).toBe(3)
  })

  test.each([
    [
      'a signature over something else',
      (right: string) => right.replace('"sign":"', '"sign":"AAAA'),
    ],
    ['no answer in JSON', () => '<html>'],
  ])('%s is not an acknowledgement', async (_what, answer) => {
    const story = await begin({ answer })
    await (await story.place('-M')).pay()
    await until(() => story.sandbox.bank.acks.length > 1)
    expect(story.sandbox.bank.acks.some((ack) => ack.accepted)).toBe(false)
  })
})

describe('what the sandbox can be asked', () => {
  test('bills, ledger and calls of one bill', async () => {
    const story = await begin()
    const made = await story.client.post('/sandbox/bills', {
      billNo: 'MZ20261121000777-IF03',
      businessType: 'consultation',
      totalFen: 5000,
    })
    expect(made).toMatchObject({ status: 200, body: { totalFen: 5000 } })
    const { bill, pay } = await story.place('-M')
    await pay()
    const get = async (path: string) => (await fetch(story.sandbox.url + path)).json()
    expect(await get(`/sandbox/ledger?bill=${bill.billNo}`)).toMatchObject({
      balances: { patient: -2345, bank: 2345 },
      cashOrders: [{ status: 'paid' }],
    })
    expect(await get(`/sandbox/calls?bill=${bill.billNo}`)).toMatchObject([
      { call: 'self-pay-order', result: 'effect' },
      { call: 'mixed-submit', result: 'effect' },
    ])
  })
})
