import { afterEach, describe, expect, test } from 'vitest'
import { DEFAULT_PROFILES } from '../../src/sandbox/parameters.ts'
import { MIX } from './client.ts'
import type { Story, StoryOptions } from './story.ts'
import { startStory } from './story.ts'

const open: Story[] = []
async function begin(options: StoryOptions = {}): Promise<Story> {
  const story = await startStory(options)
  open.push(story)
  return story
}
afterEach(async () => {
  for (const story of open.splice(0)) await story.stop()
})

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 4000, interval: 10 }).toBe(true)
}
const paths = (story: Story): string[] => story.hospital.heard.map((heard) => heard.path)

describe('mixed orders', () => {
  const digest = '0'.repeat(32)
  test.each([
    ['a total that does not add up', { total_fee: 12_346 }, '268529477'],
    [
      'another own part than the cash order',
      { wechat_pay_cash_fee: 2346, total_fee: 12_346 },
      '268529476',
    ],
    ['an amount as text', { total_fee: '12345' }, '92200001'],
    ['a foreign prepay number', { prepay_id: 'wx0' }, '268510610'],
    ['an institution number that is not the bank order', { out_trade_no: 'X1' }, '268510610'],
    ['a serial that is not medOrgOrd', { serial_no: 'M1' }, '268510610'],
    ['a serial longer than 20', { serial_no: 'M'.repeat(21) }, '92200001'],
    ['an authorisation the bureau did not see', { pay_auth_no: 'AUTH0' }, '268545967'],
    [
      'another identity',
      { payer: { name: '张沙盒', id_digest: digest, card_type: 'ID_CARD' } },
      '268545961',
    ],
    [
      'another division of the total',
      { med_ins_gov_fee: 7999, med_ins_self_fee: 2001 },
      '268510610',
    ],
    ['an insured field in a cash-only order', { mix_pay_type: 'CASH_ONLY' }, '268529474'],
    ['a cash field in an insurance-only order', { mix_pay_type: 'INSURANCE_ONLY' }, '268529475'],
    ['no creation time', { med_ins_order_create_time: undefined }, '268529475'],
    ['a time in Zulu', { med_ins_order_create_time: '2026-11-21T01:00:00Z' }, '92200001'],
    ['another user', { sub_openid: 'oSomebodyElse' }, '268510604'],
    ['a callback address with a query', { callback_url: 'https://h.example/cb?a=1' }, '92200001'],
    ['a passthrough that differs', { passthrough_request_content: '{}' }, '268547120'],
    [
      'a relative for whom nobody authorised family payment',
      {
        pay_for_relatives: true,
        relative: { name: '张沙盒', id_digest: digest, card_type: 'ID_CARD' },
      },
      '268545964',
    ],
    ['relatives without a relative', { pay_for_relatives: true }, '268435461'],
  ])('%s is refused', async (_what, change, code) => {
    const story = await begin()
    const bill = story.uploadedBill('-M')
    const cash = await story.placeCash(bill)
    const content = story.submission(bill, cash, change)
    const { fields } = await story.client.call(`${MIX}/submitorder/V1`, content)
    expect(fields['return_code']).toBe(code)
    expect(story.sandbox.bank.mixedOrders.size).toBe(0)
  })

  test('the same two numbers with the same content are the same order, else refused (SC-P09)', async () => {
    const story = await begin()
    const bill = story.uploadedBill('-M')
    const content = story.submission(bill, await story.placeCash(bill))
    const submit = (change = {}) =>
      story.client.call(`${MIX}/submitorder/V1`, { ...content, ...change })
    const first = await submit()
    expect((await submit()).fields['mix_trade_no']).toBe(first.fields['mix_trade_no'])
    const other = await submit({ geo_location: '104.1,30.6' })
    expect(other.fields['return_code']).toBe('268512536')
    const results = story.sandbox.world.calls.filter(({ call }) => call === 'mixed-submit')
    expect(results.map(({ result }) => result)).toEqual(['effect', 'repeat', 'refused'])
  })

  test('a closed cash order carries no mixed order', async () => {
    const story = await begin()
    const bill = story.uploadedBill('-M')
    const cash = await story.placeCash(bill)
    await story.askCash(cash.outTradeNo, '1')
    const { fields } = await story.client.call(
      `${MIX}/submitorder/V1`,
      story.submission(bill, cash),
    )
    expect(fields['return_code']).toBe('268510610')
  })

  test('an insurance-only order needs a number of its own and a living upload; 6401 ends it', async () => {
    const story = await begin()
    const insured = { totalFen: 10_000, fundFen: 8000, accountFen: 1500, otherFen: 500, cashFen: 0 }
    const bill = story.uploadedBill('-I', insured)
    const submit = (content: Record<string, unknown>) =>
      story.client.call(`${MIX}/submitorder/V1`, content)
    const content = story.submission(bill, null)
    const upload = story.sandbox.context.registry.uploads.get(bill.payOrdId)
    if (upload === undefined) throw new Error('no upload')
    upload.revoked = true
    expect((await submit(content)).fields['return_code']).toBe('268510610')
    upload.revoked = false
    const { fields } = await submit(content)
    expect(fields).toMatchObject({ return_code: 0, self_pay_status: 'NO_SELF_PAY' })
    const other = story.uploadedBill('-I', insured)
    const taken = story.submission(other, null, { out_trade_no: content['out_trade_no'] })
    expect((await submit(taken)).fields['return_code']).toBe('268512536')
    upload.revoked = true
    const mixTradeNo = String(fields['mix_trade_no'])
    expect((await story.question(mixTradeNo)).fields['mix_pay_status']).toBe('MIX_PAY_FAIL')
    await story.client.post('/phone/pay', { mixTradeNo })
    expect(story.sandbox.world.ledger.of(bill.billNo)).toEqual([])
  })

  test('the query asks by mixed number only, unless the profile allows the institution number', async () => {
    const byNumber = { ...DEFAULT_PROFILES.icbc, queryByOutTradeNo: true }
    for (const icbc of [DEFAULT_PROFILES.icbc, byNumber]) {
      const story = await begin({ profiles: { ...DEFAULT_PROFILES, icbc } })
      const { cash } = await story.place('-M')
      const { fields } = await story.client.call(`${MIX}/queryorder/V1`, {
        hospital_id: story.client.icbc.hospitalId,
        out_trade_no: cash.orderId,
        sub_mchid: story.client.icbc.subMchid,
      })
      expect(fields['return_code']).toBe(icbc.queryByOutTradeNo ? 0 : '268435461')
      expect((await story.question('P404')).fields['return_code']).toBe('268529515')
    }
  })

  test('F10 loses one answer, F11 every answer, F12 one request', async () => {
    const story = await begin({ timeScale: 0.01 })
    for (const suffix of ['-MF10', '-MF12']) {
      const bill = story.uploadedBill(suffix)
      const content = story.submission(bill, await story.placeCash(bill))
      const submit = () => story.client.call(`${MIX}/submitorder/V1`, content)
      await expect(submit()).rejects.toThrow()
      expect((await submit()).fields['return_code']).toBe(0)
    }
    const results = story.sandbox.world.calls.filter(({ call }) => call === 'mixed-submit')
    expect(results.map(({ result }) => result)).toEqual([
      'effect',
      'repeat',
      'lost-request',
      'effect',
    ])
    const bill = story.uploadedBill('-MF11')
    const content = story.submission(bill, await story.placeCash(bill))
    await expect(story.client.call(`${MIX}/submitorder/V1`, content)).rejects.toThrow()
    await expect(story.client.call(`${MIX}/submitorder/V1`, content)).rejects.toThrow()
    await until(() => paths(story).includes('/callbacks/icbc/mixed-order'))
    const told = story.hospital.heard.find((heard) => heard.path.endsWith('mixed-order'))
    expect(told?.fields['out_trade_no']).toBe(content['out_trade_no'])
  })
})

describe('slow answers', () => {
  test('F24 delays three answers, not the effect', async () => {
    const story = await begin({ timeScale: 0.05 })
    const { mixTradeNo } = await story.place('-MF24')
    const took: boolean[] = []
    for (let asked = 0; asked < 4; asked += 1) {
      const before = performance.now()
      await story.question(mixTradeNo)
      took.push(performance.now() - before > 290)
    }
    expect(took).toEqual([true, true, true, false])
  })
})

describe('questions that are spoilt three times', () => {
  test.each(['F25', 'F29', 'F30'])('%s', async (code) => {
    const story = await begin()
    const { mixTradeNo } = await story.place(`-M${code}`)
    for (let asked = 0; asked < 3; asked += 1) {
      const answer = await story.question(mixTradeNo).catch(() => null)
      const good =
        answer?.verified === true && answer.fields['mix_pay_status'] === 'MIX_PAY_CREATED'
      expect(good).toBe(false)
    }
    const fourth = await story.question(mixTradeNo)
    expect(fourth.verified).toBe(true)
    expect(fourth.fields['mix_pay_status']).toBe('MIX_PAY_CREATED')
  })
})
