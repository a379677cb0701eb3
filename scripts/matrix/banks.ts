/** Every clearing bank, and every public shape of ICBC's mixed order: each plays all rows. */
import type { IcbcProfile } from '../../src/sandbox/parameters.ts'
import type { Row } from './row.ts'

export interface BankUnderTest {
  /** For people, in the help. */
  readonly means: string
  readonly settings: Readonly<Record<string, string>>
  /** In which shape the pretend ICBC takes mixed orders. */
  readonly family: IcbcProfile['family']
  /** A lost mixed order is found by our own number, and not sent again. */
  readonly byInstitutionNo: boolean
  /** Cash and mixed order are one call: step 9 only asks for what step 8 has placed. */
  readonly placedTogether?: true
  /** A refund of own money alone is told to the channel too. */
  readonly noticesOwnMoney?: true
}

export const BANKS = {
  icbc: {
    means: '工商银行，总行的混合下单接口',
    settings: { BANK: 'icbc' },
    family: 'head-office',
    byInstitutionNo: false,
  },
  'icbc-hebei': {
    means: '工商银行，河北分行的混合下单接口',
    settings: { BANK: 'icbc', ICBC_MIXED_ORDERS: 'hebei' },
    family: 'hebei',
    byInstitutionNo: true,
    noticesOwnMoney: true,
  },
  'icbc-aggregated': {
    means: '工商银行，自费与混合一次下单的聚合接口',
    settings: {
      BANK: 'icbc',
      ICBC_MIXED_ORDERS: 'aggregated',
      ICBC_LEGACY: 'the samples of this shape do not encrypt inside TLS; 2099-12-31',
    },
    family: 'aggregated',
    byInstitutionNo: true,
    placedTogether: true,
  },
  'standard-bank': {
    means: '本项目接口文档的标准银行，全程国密',
    settings: { BANK: 'standard-bank' },
    family: 'head-office',
    byInstitutionNo: true,
  },
} as const satisfies Record<string, BankUnderTest>

export type BankName = keyof typeof BANKS

export const BANK_NAMES = [
  'icbc',
  'icbc-hebei',
  'icbc-aggregated',
  'standard-bank',
] as const satisfies BankName[]

/** The row as this bank plays it. */
export function atBank(name: BankName, row: Row): Row {
  const bank: BankUnderTest = BANKS[name]
  if (!bank.byInstitutionNo) return row
  const seen = row.expect.seen?.map((wanted) => {
    if (wanted === 'mixed-submit repeat') return 'mixed-query question'
    const asked = bank.placedTogether && wanted === 'mixed-submit lost-request'
    return asked ? 'mixed-query lost-request' : wanted
  })
  const told = bank.noticesOwnMoney && ownMoneyTold(row)
  const twice = bank.placedTogether && row.expect.effects?.['self-pay-order'] === 2
  const effects = {
    ...row.expect.effects,
    ...(twice && { 'mixed-submit': 2 }),
    ...(told && { 'refund-notice': 1 }),
  }
  const expect = { ...row.expect, ...(seen && { seen }), effects, ...(told && { calls: told }) }
  return { ...row, expect }
}

/** Refunds of own money alone, with the notice that this bank wants of them. */
function ownMoneyTold({ suffix, expect: { calls } }: Row): readonly string[] | undefined {
  return suffix === 'S' && calls ? [...calls, '退6 refund-notice'] : undefined
}
