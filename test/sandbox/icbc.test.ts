import { afterEach, describe, expect, test } from 'vitest'
import {
  DEFAULT_PROFILES,
  LEGACY_ICBC_PROFILE,
  makeParameters,
} from '../../src/sandbox/parameters.ts'
import { B2C, MIX } from './client.ts'
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

describe('the gateway', () => {
  test('a rightly signed call is answered with a signature over the raw text (SC-S01)', async () => {
    const story = await begin()
    const bill = story.uploadedBill('-M')
    const answer = await story.client.call(`${B2C}/consumepurchase/V1`, story.consumption(bill))
    expect(answer).toMatchObject({ status: 200, verified: true, fields: { return_code: 0 } })
  })

  test('RSA2 requests, SHA-1 answers and AES work as the legacy profile says', async () => {
    const story = await begin({
      profiles: { ...DEFAULT_PROFILES, icbc: LEGACY_ICBC_PROFILE },
      parameters: makeParameters(Math.random, { rsa: true }),
    })
    const { mixTradeNo, pay } = await story.place('-M')
    expect((await pay()).body).toMatchObject({ result: 'ok' })
    await until(() => story.hospital.heard.length === 2)
    expect(story.hospital.heard.every((heard) => heard.verified)).toBe(true)
    await until(() => story.sandbox.bank.acks.filter((ack) => ack.accepted).length === 2)
    expect((await story.question(mixTradeNo)).verified).toBe(true)
  })

  test.each([
    ['a changed amount', { tampered: { biz_content: '{}' } }, 400017],
    ['a foreign application', { form: { app_id: '1' } }, 400011],
    ['another signature type than registered', { form: { sign_type: 'RSA2' } }, 400017],
    ['an old clock', { form: { timestamp: '2020-01-01 00:00:00' } }, 400011],
    ['an impossible clock', { form: { timestamp: '2026-13-01T00:00:00' } }, 400011],
    ['an unknown parameter', { form: { extra: '1' } }, 400011],
  ])('%s is refused by the gateway, and nothing happens', async (_what, options, code) => {
    const story = await begin()
    const content = story.consumption(story.uploadedBill('-M'))
    const answer = await story.client.call(`${B2C}/consumepurchase/V1`, content, options)
    expect(answer.fields['return_code']).toBe(code)
    expect(story.sandbox.bank.cashOrders.size).toBe(0)
  })

  test('a recorded call cannot be played again: its msg_id is used up (SC-S10)', async () => {
    const story = await begin()
    const bill = story.uploadedBill('-M')
    const form = { msg_id: 'once' }
    const path = `${B2C}/consumepurchase/V1`
    await story.client.call(path, story.consumption(bill), { form })
    const second = await story.client.call(path, story.consumption(bill), { form })
    expect(second.fields['return_code']).toBe(400011)
  })

  test('a mixed order in clear text is refused', async () => {
    const story = await begin()
    const answer = await story.client.call(`${MIX}/submitorder/V1`, {}, { encrypted: false })
    expect(answer.fields['return_code']).toBe(400011)
  })

  test('the sandbox refuses to start in production', async () => {
    process.env['ENVIRONMENT'] = 'production'
    try {
      await expect(startStory()).rejects.toThrow('refuses to start')
    } finally {
      delete process.env['ENVIRONMENT']
    }
  })
})

describe('self-pay orders', () => {
  test.each([
    ['yuan instead of fen', { total_fee: '23.45' }],
    ['a number with a dash', { out_trade_no: 'C-1' }],
    ['no expiry', { expire_time: undefined }],
    ['another currency', { fee_type: '1' }],
    ['a notify address with a strange port', { mer_url: 'https://hospital.example:8443/x' }],
    ['no user', { open_id: '' }],
    ['an unknown member', { device_info: 'x' }],
  ])('%s is refused', async (_what, change) => {
    const story = await begin()
    const content = story.consumption(story.uploadedBill('-M'), change)
    const answer = await story.client.call(`${B2C}/consumepurchase/V1`, content)
    expect(answer.fields['return_code']).toBe('92200001')
  })

  test('a number cannot be ordered twice (00005031)', async () => {
    const story = await begin()
    const content = story.consumption(story.uploadedBill('-M'))
    await story.client.call(`${B2C}/consumepurchase/V1`, content)
    const second = await story.client.call(`${B2C}/consumepurchase/V1`, content)
    expect(second.fields['return_code']).toBe('00005031')
  })

  test('the query never repeats prepay data, and an unknown number is 20000049', async () => {
    const story = await begin()
    const cash = await story.placeCash(story.uploadedBill('-M'))
    const { fields } = await story.askCash(cash.outTradeNo)
    expect(fields).toMatchObject({ return_code: 0, pay_status: '2', order_status: '1' })
    expect(JSON.stringify(fields)).not.toContain(cash.prepayId)
    expect((await story.askCash('C404')).fields['return_code']).toBe('20000049')
  })

  test('a closed order cannot be paid, and closing again changes nothing', async () => {
    const story = await begin()
    const { cash, bill, pay, mixTradeNo } = await story.place('-M')
    expect((await story.askCash(cash.outTradeNo, '1')).fields['return_code']).toBe(0)
    expect((await story.askCash(cash.outTradeNo, '1')).fields['return_code']).toBe(0)
    expect((await story.askCash(cash.outTradeNo)).fields['pay_status']).toBe('1')
    expect((await pay()).status).toBe(409)
    expect(story.bankHolds(bill.billNo)).toBe(0)
    const { fields } = await story.question(mixTradeNo)
    expect(fields).toMatchObject({
      mix_pay_status: 'MIX_PAY_FAIL',
      self_pay_status: 'SELF_PAY_FAIL',
    })
  })

  test('a paid order is not closed; F39 says "already paying" once', async () => {
    const story = await begin()
    const paid = await story.place('-M')
    await paid.pay()
    expect((await story.askCash(paid.cash.outTradeNo, '1')).fields['return_code']).toBe('268554200')
    const racing = await story.placeCash(story.uploadedBill('-MF39'))
    expect((await story.askCash(racing.outTradeNo, '1')).fields['return_code']).toBe('268560650')
    expect((await story.askCash(racing.outTradeNo, '1')).fields['return_code']).toBe(0)
  })

  test('F09 loses the answer after the effect, F13 the request before it', async () => {
    const story = await begin()
    const kept = story.consumption(story.uploadedBill('-MF09'), { out_trade_no: 'C09' })
    await expect(story.client.call(`${B2C}/consumepurchase/V1`, kept)).rejects.toThrow()
    expect((await story.askCash('C09')).fields['pay_status']).toBe('2')
    const lost = story.consumption(story.uploadedBill('-MF13'), { out_trade_no: 'C13' })
    await expect(story.client.call(`${B2C}/consumepurchase/V1`, lost)).rejects.toThrow()
    expect((await story.askCash('C13')).fields['return_code']).toBe('20000049')
    const again = await story.client.call(`${B2C}/consumepurchase/V1`, lost)
    expect(again.fields['return_code']).toBe(0)
  })
})

describe('refunds', () => {
  test('accepted is not returned: only the refund query tells, and the sum stays within the paid', async () => {
    const story = await begin({ timeScale: 1 })
    const { cash, bill, pay } = await story.place('-M')
    await pay()
    const first = await story.refund(cash, 'R1', 2000)
    expect(first.fields['return_code']).toBe('0')
    expect((await story.askRefund(cash, 'R1')).fields['pay_status']).toBe('2')
    expect((await story.refund(cash, 'R2', 346)).fields['return_code']).toBe('00070037')
    expect((await story.refund(cash, 'R1', 2000)).fields['return_code']).toBe('0')
    expect((await story.refund(cash, 'R1', 345)).fields['return_code']).not.toBe('0')
    await until(async () => (await story.askRefund(cash, 'R1')).fields['pay_status'] === '0')
    expect(story.bankHolds(bill.billNo)).toBe(345)
    expect((await story.askRefund(cash, 'R9')).fields['return_code']).toBe('20000051')
  })

  test('F21 loses the answer, F22 refuses finally once, F40 loses the request (SC-X01)', async () => {
    const story = await begin()
    for (const [code, status] of [
      ['F21', '0'],
      ['F22', '1'],
      ['F40', null],
    ] as const) {
      const { cash, bill, pay } = await story.place(`-M${code}`)
      await pay()
      const first = await story.refund(cash, `R${code}`, 2345).catch(() => null)
      if (code === 'F22') expect(first?.fields['return_code']).toBe('92207001')
      else expect(first).toBeNull()
      await new Promise((resolve) => setTimeout(resolve, 20))
      const told = await story.askRefund(cash, `R${code}`)
      expect(told.fields['pay_status']).toBe(status ?? '2')
      if (status === '0') continue
      await story.refund(cash, status === '1' ? 'RF22a2' : 'RF40', 2345)
      await until(() => story.bankHolds(bill.billNo) === 0)
    }
  })

  test('what the channel returned by itself (F02) cannot be returned again (SC-X03)', async () => {
    const story = await begin()
    const { cash, bill, mixTradeNo, pay } = await story.place('-MF02')
    await pay()
    expect(story.bankHolds(bill.billNo)).toBe(0)
    expect((await story.question(mixTradeNo)).fields).toMatchObject({
      mix_pay_status: 'MIX_PAY_FAIL',
      self_pay_status: 'SELF_PAY_REFUND',
      med_ins_pay_status: 'MED_INS_PAY_FAIL',
    })
    const { fields } = await story.askCash(cash.outTradeNo)
    expect(fields).toMatchObject({ pay_status: '0', third_party_return_code: 'REFUND' })
    expect((await story.refund(cash, 'R1', 2345)).fields['return_code']).toBe('00070037')
  })
})
