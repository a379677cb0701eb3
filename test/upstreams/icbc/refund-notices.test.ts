/** biz_content of the refund notice in each house's shape (src/upstreams/icbc/README.md 3.4). */
import { describe, expect, it } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { DEFAULT_PROFILES, makeParameters } from '../../../src/sandbox/parameters.ts'
import type { InsuranceRefundNotice } from '../../../src/upstreams/bank.ts'
import type { FamilyName } from '../../../src/upstreams/icbc/families.ts'
import type { HttpRequest } from '../../../src/upstreams/http-client.ts'
import { type BankLink, NOW } from '../bank-rig.ts'
import { connected } from './setup.ts'

const NOTICE: InsuranceRefundNotice = {
  mixTradeNo: 'P2026112110000000',
  refundNo: 'RF01JD',
  bankRefundNo: 'BR1',
  outTradeNo: 'C1',
  bankOrderNo: 'B1',
  amounts: {
    totalFen: fen(11_000),
    fundFen: fen(6_000),
    accountFen: fen(3_500),
    otherFen: fen(500),
    selfPayFen: fen(1_000),
  },
  refundedAt: NOW,
}
const INSURANCE_ONLY: InsuranceRefundNotice = {
  ...NOTICE,
  bankRefundNo: null,
  outTradeNo: null,
  bankOrderNo: null,
  amounts: { ...NOTICE.amounts, totalFen: fen(10_000), selfPayFen: fen(0) },
}
const FEES = {
  med_refund_total_fee: 10_000,
  med_refund_gov_fee: 6_000,
  med_refund_self_fee: 3_500,
  med_refund_other_fee: 500,
}
const AS_TEXTS = Object.fromEntries(Object.entries(FEES).map(([name, fee]) => [name, String(fee)]))
const OF_REFUND = { refund_time: '2026-11-21T10:00:00+08:00', out_refund_no: 'RF01JD' }

const parameters = makeParameters(Math.random)
const { icbc } = parameters
const HOSPITAL = { hospital_id: icbc.hospitalId, sub_mchid: icbc.subMchid }
const MERCHANT = { mer_id: icbc.merId, mer_prtcl_no: icbc.merPrtclNo }

/** What leaves, in clear: the record has it before it is encrypted. */
async function told(family: FamilyName, notice: InsuranceRefundNotice) {
  const bodies: string[] = []
  const sent: HttpRequest[] = []
  const link: BankLink = {
    parameters,
    url: 'https://bank.example',
    send: async (request) => {
      sent.push(request)
      return { kind: 'unknown', cause: 'test' }
    },
    recordExchange: ({ phase, body }) => void (phase === 'sent' && bodies.push(body)),
    now: () => NOW,
    random: Math.random,
    callbackUrl: {
      'mixed-order': 'https://pay.hospital.example/callbacks/icbc/mixed-order',
      'self-pay': 'https://pay.hospital.example/callbacks/icbc/self-pay',
    },
    alipayAppId: null,
  }
  const bank = connected(link, { ...DEFAULT_PROFILES.icbc, family })
  expect((await bank.noticeInsuranceRefund(notice)).kind).toBe('unknown')
  const [{ url, body } = { url: '', body: '' }] = sent
  const content: unknown = JSON.parse(bodies[0] ?? '{}')
  const encrypted = new URLSearchParams(String(body)).has('encrypt_type')
  return { api: url.split('/').at(-2), encrypted, content }
}

describe('the refund notice', () => {
  it('of the head office is encrypted and names the mixed order [SC-R06]', async () => {
    const content = { ...HOSPITAL, mix_trade_no: NOTICE.mixTradeNo, ...FEES, ...OF_REFUND }
    const expected = { api: 'refundsnotify', encrypted: true, content }
    expect(await told('head-office', NOTICE)).toEqual(expected)
    expect(await told('head-office', INSURANCE_ONLY)).toEqual(expected)
  })

  it('of the aggregated shape is in clear, in texts, by the cash order’s numbers [SC-R06]', async () => {
    const fees = { ...AS_TEXTS, ...OF_REFUND }
    expect(await told('aggregated', NOTICE)).toEqual({
      api: 'ybmerrefund',
      encrypted: false,
      content: { out_trade_no: 'C1', order_id: 'B1', ...MERCHANT, ...fees },
    })
    expect(await told('aggregated', INSURANCE_ONLY)).toMatchObject({
      content: { mix_trade_no: NOTICE.mixTradeNo, ...MERCHANT, ...fees },
    })
  })

  it('of Hebei says of the own money what the bank’s own number proves [SC-R06]', async () => {
    const common = { ...HOSPITAL, mix_trade_no: NOTICE.mixTradeNo, ...FEES, ...OF_REFUND }
    const cash = { intrx_serial_no: 'BR1', cash_refund_fee: 1_000 }
    expect(await told('hebei', NOTICE)).toEqual({
      api: 'mixrefundnotify',
      encrypted: true,
      content: { ...common, refund_type: 'MIX_REFUND', ...cash },
    })
    for (const notice of [INSURANCE_ONLY, { ...NOTICE, bankRefundNo: null }])
      expect(await told('hebei', notice)).toEqual({
        api: 'mixrefundnotify',
        encrypted: true,
        content: { ...common, refund_type: 'MED_REFUND' },
      })
  })

  it('of Hebei tells of own money alone too, without the fees of any insurance [SC-R06]', async () => {
    const { otherFen: _, ...none } = { ...NOTICE.amounts, fundFen: fen(0), accountFen: fen(0) }
    const amounts = { ...none, otherFen: fen(0), totalFen: fen(1_000) }
    expect(await told('hebei', { ...NOTICE, amounts })).toEqual({
      api: 'mixrefundnotify',
      encrypted: true,
      content: {
        ...HOSPITAL,
        mix_trade_no: NOTICE.mixTradeNo,
        refund_type: 'SELF_REFUND',
        intrx_serial_no: 'BR1',
        cash_refund_fee: 1_000,
        ...OF_REFUND,
      },
    })
  })
})
