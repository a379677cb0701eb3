/** What hospitals differ in: their bank, and how insurance money is asked back. The seed chooses. */
import { readSettings, type Settings } from '../../src/config.ts'
import {
  DEFAULT_PROFILES,
  makeParameters,
  type SandboxProfiles,
} from '../../src/sandbox/parameters.ts'
import { BANK_NAMES, BANKS, type BankName } from '../matrix/banks.ts'
import { sandboxEnvironment } from '../parts/sandbox-environment.ts'
import { chanceOf } from './chance.ts'
import { URLS } from './network.ts'
import { rsaPair } from './rsa-pair.ts'

export interface Hospital {
  readonly bank: BankName
  readonly settings: Settings
  readonly profiles: SandboxProfiles
}

/** docs/rulings.md 3.5: whether 6203 is asked for the insurance part alone, and what `ALL` does to the cash. */
const REFUNDS = [
  { REFUND_TYPE: 'HI' },
  { REFUND_TYPE: 'ALL', REFUND_ALL_RETURNS_CASH: 'no' },
  { REFUND_TYPE: 'ALL', REFUND_ALL_RETURNS_CASH: 'yes' },
] as const

// The same keys for every run: making them takes longer than a run.
const drawn = chanceOf(7)
const made = makeParameters(drawn, { alipay: true })
export const parameters = {
  ...made,
  alipay: made.alipay && { ...made.alipay, hospital: rsaPair(drawn), alipay: rsaPair(drawn) },
}

const environment = sandboxEnvironment(parameters, {
  ...URLS,
  databaseUrl: 'sqlite::memory:',
  keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
  patientSecret: 'x'.repeat(32),
})
/** What nobody here uses is not joined. */
const OTHER = /^(ONE_CODE|COLLECTION|HRSS_PAY|ONE_CARD)_/
const joined = Object.entries(environment).filter(([name]) => !OTHER.test(name))

const known = new Map<string, Hospital>()

/** Four banks, and three ways of giving back at each. */
export function hospitalOf(seed: number): Hospital {
  const bank = BANK_NAMES[seed % BANK_NAMES.length] ?? 'icbc'
  const way = Math.floor(seed / BANK_NAMES.length) % REFUNDS.length
  const name = `${bank} ${way}`
  const hospital = known.get(name) ?? build(bank, REFUNDS[way] ?? REFUNDS[0])
  known.set(name, hospital)
  return hospital
}

function build(bank: BankName, refunds: (typeof REFUNDS)[number]): Hospital {
  const { settings, family } = BANKS[bank]
  return {
    bank,
    settings: readSettings({ ...Object.fromEntries(joined), ...settings, ...refunds }),
    profiles: { ...DEFAULT_PROFILES, icbc: { ...DEFAULT_PROFILES.icbc, family } },
  }
}
