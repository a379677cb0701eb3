import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { idTypeText, ID_TYPES } from '../../src/payment/id-types.ts'
import { fen } from '../../src/payment/money.ts'
import {
  certificateSerialNo,
  chargeNumber,
  HANDLING_RULES,
  HANDLINGS,
  isOneCodeOver,
  isStillWaiting,
  isUsableNow,
  mayCertifyAgain,
  mayFollowOneCode,
  ONE_CODE_RECORDS,
  ONE_CODE_STATES,
  type OneCodePayment,
} from '../../src/payment/one-code.ts'
import {
  CHARGE_RULES,
  type ChargeFacts,
  chargeRefusal,
  isUsedElsewhere,
} from '../../src/payment/one-code-risk.ts'

const ID = '01JD0000000000000000000000'

const PAYMENT: OneCodePayment = {
  id: ID,
  version: 1,
  billNo: 'MZ1',
  desk: '1',
  operatorId: 'C1',
  deviceId: 'D1',
  tokenMark: 'm',
  scan: null,
  state: 'certified',
  insurance: 'settled',
  selfPayFen: fen(100),
  usableAt: 0,
  channelName: '微信支付',
  channel: 'wechat',
  accountName: null,
  certificateTry: 1,
  serialNo: 'S1',
  certificate: null,
  outTradeNo: null,
  chargeNo: null,
  isChargeSeen: false,
  asked: 0,
  reason: null,
  createdAt: 0,
  paidAt: null,
}

const ZERO = fen(0)
const SHARE = {
  insurance: 'settled',
  totalFen: fen(100),
  fundFen: ZERO,
  accountFen: ZERO,
  otherFen: ZERO,
  selfPayFen: fen(100),
} as const

const FACTS: ChargeFacts = {
  now: 1_000,
  payment: PAYMENT,
  certificate: {
    value: new Secret('C'),
    serialNo: 'S1',
    amountFen: fen(100),
    orgCode: 'H1',
    until: 2_000,
  },
  bill: { isUnpaid: true, share: SHARE },
  orgCode: 'H1',
  chargesOfDevice: 0,
  mostChargesOfDevice: 1,
}

describe('a charge is allowed', () => {
  it('[YM-33, YM-36] when every rule holds', () => {
    expect(chargeRefusal(FACTS)).toBeNull()
  })

  const { certificate, bill } = FACTS
  const breaks: Record<string, Partial<ChargeFacts>> = {
    'certificate-used': { payment: { ...PAYMENT, outTradeNo: 'N1' } },
    'certificate-expired': { now: 2_000 },
    'bill-already-paid': { bill: { ...bill, isUnpaid: false } },
    'amount-drift': { certificate: { ...certificate, amountFen: fen(99) } },
    'insurance-changed': { bill: { ...bill, share: { ...SHARE, insurance: 'later' } } },
    'other-institution': { orgCode: 'H2' },
    'too-many-charges': { chargesOfDevice: 1 },
  }

  it.each(Object.entries(breaks))('[YM-33, YM-35, YM-36] not when %s', (code, change) => {
    const refusal = chargeRefusal({ ...FACTS, ...change })
    expect(refusal?.code).toBe(code)
    expect(refusal?.text).toMatch(/[\u4e00-\u9fff]/)
  })

  it('[YM-36] has a case here for every rule', () => {
    expect(CHARGE_RULES.map(({ code }) => code).toSorted()).toEqual(Object.keys(breaks).toSorted())
  })

  it('[YM-33, YM-35] not for nothing, not without HIS, not with a forgotten certificate', () => {
    const nothing = { payment: { ...PAYMENT, selfPayFen: ZERO } }
    expect(chargeRefusal({ ...FACTS, ...nothing })?.code).toBe('amount-drift')
    const agreed = {
      certificate: { ...certificate, amountFen: ZERO },
      bill: { ...bill, share: { ...SHARE, fundFen: fen(100), selfPayFen: ZERO } },
    }
    expect(chargeRefusal({ ...FACTS, ...nothing, ...agreed })?.code).toBe('amount-drift')
    expect(chargeRefusal({ ...FACTS, bill: { ...bill, share: undefined } })?.code).toBe(
      'amount-drift',
    )
    const forgotten = { certificate: { ...certificate, value: null } }
    expect(chargeRefusal({ ...FACTS, ...forgotten })?.code).toBe('certificate-expired')
  })
})

describe('what a payment is', () => {
  it('every state but an end goes on, and no end does', () => {
    const ends = ONE_CODE_STATES.filter(isOneCodeOver)
    expect(ends).toEqual(['paid', 'declined', 'needs-review'])
    for (const from of ONE_CODE_STATES)
      for (const to of ONE_CODE_STATES)
        expect(mayFollowOneCode(from, to)).toBe(ONE_CODE_RECORDS[from].next.includes(to))
    for (const state of ONE_CODE_STATES)
      if (!isOneCodeOver(state)) expect(ONE_CODE_RECORDS[state].next).toContain('declined')
  })

  it('[YM-35] is charged only from an unused certificate', () => {
    const before = ONE_CODE_STATES.filter((state) => mayFollowOneCode(state, 'charging'))
    expect(before).toEqual(['certified'])
    expect(mayFollowOneCode('charging', 'usable')).toBe(false)
  })

  it('[YM-34] has numbers of its own: a serial number a certificate, one number for its charge', () => {
    expect(certificateSerialNo(ID, 1)).not.toBe(certificateSerialNo(ID, 2))
    for (const number of [certificateSerialNo(ID, 3), chargeNumber(ID)])
      expect(number).toMatch(/^[0-9A-Z]{1,50}$/)
  })

  it('[YM-32] "usable" is worth 60 s, and nobody waits for more than three minutes', () => {
    expect(isUsableNow(PAYMENT, 60_000)).toBe(true)
    expect(isUsableNow(PAYMENT, 60_001)).toBe(false)
    expect(isUsableNow({ ...PAYMENT, usableAt: null }, 0)).toBe(false)
    expect([isStillWaiting(PAYMENT, 179_999), isStillWaiting(PAYMENT, 180_000)]).toEqual([
      true,
      false,
    ])
    expect(mayCertifyAgain({ ...PAYMENT, certificateTry: 3 }, 0)).toBe(false)
    expect(mayCertifyAgain({ ...PAYMENT, certificateTry: 2 }, 0)).toBe(true)
    const later = { ...PAYMENT, createdAt: 100_000_000, usableAt: 100_000_000 }
    expect(isStillWaiting(later, later.createdAt + 1)).toBe(true)
    expect(isUsableNow(later, later.usableAt + 1)).toBe(true)
  })

  it("[YM-36] a code is one operator's at one device", () => {
    const wish = { operatorId: 'C1', deviceId: 'D1' }
    expect(isUsedElsewhere(wish, [wish])).toBe(false)
    expect(isUsedElsewhere(wish, [{ ...wish, deviceId: 'D2' }])).toBe(true)
    expect(isUsedElsewhere(wish, [wish, { ...wish, operatorId: 'C2' }])).toBe(true)
  })

  it('[YM-10] every handling says what the counter does', () => {
    for (const handling of HANDLINGS) {
      const { text, questions, certificates } = HANDLING_RULES[handling]
      expect(text).toMatch(/[\u4e00-\u9fff]/)
      // A certificate whose answer is not known is never asked for again.
      if (handling === 'ask-again' || handling === 'unlisted') expect(certificates).toBe(1)
      expect(Math.max(questions, certificates)).toBeLessThanOrEqual(3)
    }
    expect(HANDLING_RULES['back-off'].pauseMs).toBeGreaterThanOrEqual(1_000)
  })
})

describe('certificate types', () => {
  it('[YM-94] are the 19 of the document; an unknown one is shown as its code', () => {
    expect(ID_TYPES.size).toBe(19)
    expect([...ID_TYPES.keys()].slice(-3)).toEqual(['17', '90', '99'])
    expect(idTypeText('90')).toBe('社会保障卡')
    expect(idTypeText('01')).toBe('居民身份证（户口簿）')
    expect(idTypeText('77')).toBe('77')
  })
})
