import { afterEach, describe, expect, test } from 'vitest'
import { MIX, type Fields } from './client.ts'
import { startStory, type Story } from './story.ts'

const open: Story[] = []
afterEach(async () => {
  for (const story of open.splice(0)) await story.stop()
})

/** Paid, given back at the bureau and at the bank: all but the notice. */
async function givenBack() {
  const story = await startStory()
  open.push(story)
  const { bill, cash, mixTradeNo, pay } = await story.place('-M')
  await pay()
  const upload = story.sandbox.context.registry.uploads.get(bill.payOrdId)
  if (upload === undefined) throw new Error('not uploaded')
  upload.settlement = 'refunded'
  await story.refund(cash, 'R1', 2345)
  const isBack = () => story.bankHolds(bill.billNo) === 0
  await expect.poll(isBack, { timeout: 4000, interval: 10 }).toBe(true)
  const { icbc, call } = story.client
  const notice: Fields = {
    hospital_id: icbc.hospitalId,
    mix_trade_no: mixTradeNo,
    sub_mchid: icbc.subMchid,
    med_refund_total_fee: 10_000,
    med_refund_gov_fee: 8_000,
    med_refund_self_fee: 2_000,
    med_refund_other_fee: 0,
    refund_time: '2026-11-21T10:00:00+08:00',
    out_refund_no: 'R1',
  }
  const tell = (content: Fields, encrypted = true) =>
    call(`${MIX}/refundsnotify/V1`, content, { encrypted })
  const legs = async () => {
    const { fields } = await story.question(mixTradeNo)
    return [fields['mix_pay_status'], fields['self_pay_status'], fields['med_ins_pay_status']]
  }
  return { notice, tell, legs }
}

const HALF = ['MIX_PAY_SUCCESS', 'SELF_PAY_REFUND', 'MED_INS_PAY_SUCCESS']
const WHOLE = ['MIX_PAY_REFUND', 'SELF_PAY_REFUND', 'MED_INS_PAY_REFUND']

describe('the refund notice', () => {
  test('makes the mixed order refunded, and may be repeated (SC-R06)', async () => {
    const { notice, tell, legs } = await givenBack()
    expect(await legs()).toEqual(HALF)
    for (const _ of [1, 2]) {
      const { fields, verified } = await tell(notice)
      expect([fields['return_code'], verified]).toEqual([0, true])
    }
    expect(await legs()).toEqual(WHOLE)
  })

  test('is refused where anything about it is not so (SC-R06)', async () => {
    const { notice, tell, legs } = await givenBack()
    const wrong: readonly [string, Fields][] = [
      ['92200001', { surplus: '1' }],
      ['92200001', { med_refund_gov_fee: '8000' }],
      ['92200001', { refund_time: '2026-11-21 10:00:00' }],
      ['92200001', { out_refund_no: undefined }],
      ['268529515', { hospital_id: '1' }],
      ['268529515', { sub_mchid: '1' }],
      ['268529515', { mix_trade_no: 'P0' }],
      ['268529477', { med_refund_total_fee: 9_999 }],
      ['268529477', { med_refund_gov_fee: 7_999, med_refund_self_fee: 2_001 }],
      ['20000051', { out_refund_no: 'R2' }],
    ]
    for (const [code, change] of wrong)
      expect((await tell({ ...notice, ...change })).fields['return_code']).toBe(code)
    expect((await tell(notice, false)).fields['return_code']).toBe(400011)
    expect(await legs()).toEqual(HALF)
  })
})
