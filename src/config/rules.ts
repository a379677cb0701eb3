/**
 * What several variables say together (each alone is checked by its row in `config.ts`). A rule is
 * silent about what is missing or wrong by itself: that has been said.
 */
import type { SomeSettings } from '../config.ts'
import { institutionNo } from '../payment/numbers.ts'
import { environmentOf } from './endpoints.ts'
import { hrssPayIsWhole } from './hrss-pay.ts'
import { keysCanBeRead, platformKeyCanBeMade } from './keys.ts'
import { isLoopback, LOOPBACK } from './loopback.ts'
import { alipayIsWhole, oneCodeIsWhole } from './optional-links.ts'
import { isPublished, PUBLISHED } from './published.ts'
import { PROTECTION_RULES, textsOf } from './protection.ts'
import { cashOfWholeRefundIsStated } from './refunds.ts'
import { settlementFilesAreSafe } from './settlement-files.ts'
import { NONE, type Problem, refuse, type Rule } from './words.ts'

export const problemsBetween: Rule = (some) => RULES.flatMap((rule) => rule(some))

const questionsDoNotOverlap: Rule = (some) =>
  isAtLeast(some.SCHEDULE_QUESTION_TIMEOUT_MS, some.SCHEDULE_PERIOD_MS)
    ? refuse('SCHEDULE_QUESTION_TIMEOUT_MS', 'must be shorter than SCHEDULE_PERIOD_MS')
    : NONE

/** A tail that ends inside the window would give an order up while it is still being asked for. */
const tailOutlivesWindow: Rule = ({
  SCHEDULE_FIRST_DELAY_MS: delay = 0,
  SCHEDULE_WINDOW_MS: window = 0,
  SCHEDULE_TAIL_END_MS: end,
}) =>
  end !== undefined && end < delay + window
    ? refuse(
        'SCHEDULE_TAIL_END_MS',
        'must not be before the end of the window (SCHEDULE_FIRST_DELAY_MS + SCHEDULE_WINDOW_MS)',
      )
    : NONE

/** A cash order lives as long as its order: nobody would ask for one that is paid after the tail. */
const tailOutlivesOrder: Rule = ({
  ENVIRONMENT: environment,
  ORDER_LIFE_MS: life = 0,
  SCHEDULE_TAIL_END_MS: end,
}) =>
  environment !== 'sandbox' && end !== undefined && life > end
    ? refuse('ORDER_LIFE_MS', 'must not be longer than SCHEDULE_TAIL_END_MS')
    : NONE

const leaseOutlivesCall: Rule = (some) =>
  isAtLeast(some.CALL_TIMEOUT_MS, some.LEASE_MS)
    ? refuse('LEASE_MS', 'must be longer than CALL_TIMEOUT_MS')
    : NONE

const isAtLeast = (one: number | undefined, other: number | undefined): boolean =>
  one !== undefined && other !== undefined && one >= other

/** Everything that is called or handed out by address; a new variable is checked unlisted. */
const isUrl = (name: string): boolean => name.endsWith('_URL') && name !== 'DATABASE_URL'

/** Private networks that may carry plain http, if the hospital says why and until when. */
const OPT_IN = {
  HIS_URL: 'HIS_PLAIN_HTTP',
  INSURANCE_URL: 'INSURANCE_PLAIN_HTTP',
  INSURANCE_PERSON_URL: 'INSURANCE_PLAIN_HTTP',
  MID_PLATFORM_URL: 'MID_PLATFORM_PLAIN_HTTP',
  ONE_CODE_URL: 'ONE_CODE_PLAIN_HTTP',
  HRSS_PAY_URL: 'HRSS_PAY_PLAIN_HTTP',
  ONE_CARD_URL: 'ONE_CARD_PLAIN_HTTP',
} as const

const optInOf = (name: string): (typeof OPT_IN)[keyof typeof OPT_IN] | undefined =>
  Object.entries(OPT_IN).find(([url]) => url === name)?.[1]

/** SC-T01: plain http to loopback in the sandbox, and where a private network opted in. */
const addressesAreSafe: Rule = (some) =>
  Object.entries(some).flatMap(([name, value]) => {
    if (!isUrl(name) || typeof value !== 'string') return NONE
    const { protocol, username, password } = new URL(value)
    if (username !== '' || password !== '')
      return refuse(name, 'must not hold a user name or password')
    const optIn = optInOf(name)
    const isPlainAllowed =
      (some.ENVIRONMENT === 'sandbox' && isLoopback(value)) ||
      (optIn !== undefined && some[optIn] !== undefined)
    if (protocol === 'https:' || (protocol === 'http:' && isPlainAllowed)) return NONE
    const unless = optIn ? `, or with ${optIn}` : ''
    return refuse(name, `must be https: (http: only to loopback in ENVIRONMENT=sandbox${unless})`)
  })

/** SC-O14: the whole flow is in test or the whole flow is in production. */
const environmentsAreNotMixed: Rule = (some) =>
  Object.entries(some).flatMap(([name, value]) => {
    if (!isUrl(name) || typeof value !== 'string' || some.ENVIRONMENT === undefined) return NONE
    const serves = environmentOf(value)
    const isProduction = some.ENVIRONMENT === 'production'
    if (serves === null || (serves === 'production') === isProduction) return NONE
    return refuse(name, `is a ${serves} address: not in ENVIRONMENT=${some.ENVIRONMENT}`)
  })

/** A process that ends would take every order with it. */
const databaseLasts: Rule = ({ ENVIRONMENT: environment, DATABASE_URL: url }) => {
  const address = url?.reveal()
  if (address === undefined) return NONE
  if (!/^(?:sqlite:.|mysql:\/\/|mariadb:\/\/)/.test(address))
    return refuse('DATABASE_URL', 'must begin with sqlite: or mysql://')
  return environment !== 'sandbox' && address.startsWith('sqlite::memory:')
    ? refuse('DATABASE_URL', 'must not be kept in memory: every order would be lost')
    : NONE
}

const listenerIsBehindTls: Rule = ({ HTTP_HOST: host, TRUSTED_PROXIES: proxies = [] }) =>
  host !== undefined && !LOOPBACK.has(host) && proxies.length === 0
    ? refuse('HTTP_HOST', 'may leave loopback only behind a TLS terminator in TRUSTED_PROXIES')
    : NONE

const patientsCanBeKnown: Rule = (some) =>
  some.PATIENT_JWKS_URL === undefined && some.PATIENT_JWT_SECRET === undefined
    ? refuse('PATIENT_JWKS_URL', 'or PATIENT_JWT_SECRET is required')
    : NONE

const INSURANCE_NEEDS = {
  none: [],
  'x-tif': ['INSURANCE_TIF_PAAS_ID', 'INSURANCE_TIF_SECRET'],
  csb: ['INSURANCE_CSB_ACCESS_KEY', 'INSURANCE_CSB_SECRET_KEY'],
} as const

const insuranceIsComplete: Rule = (some) => {
  const needed = INSURANCE_NEEDS[some.INSURANCE_AUTHENTICATOR ?? 'none']
  const missing = needed.filter((name) => some[name] === undefined)
  const elsewhere = (some.INSURANCE_PERSON_QUERY ?? '1101') !== '1101'
  return [
    ...missing.flatMap((name) => refuse(name, 'is required by INSURANCE_AUTHENTICATOR')),
    ...(elsewhere && some.INSURANCE_PERSON_URL === undefined
      ? refuse('INSURANCE_PERSON_URL', 'is required by INSURANCE_PERSON_QUERY')
      : NONE),
  ]
}

/** What the chosen bank cannot do without; the other bank's settings may stay away. */
export const BANK_NEEDS = {
  icbc: [
    'ICBC_URL',
    'ICBC_APP_ID',
    'ICBC_MER_ID',
    'ICBC_MER_PRTCL_NO',
    'ICBC_HOSPITAL_ID',
    'ICBC_SUB_MCHID',
    'ICBC_CITY_ID',
    'ICBC_MED_INST_NAME',
    'ICBC_MED_INST_NO',
    'ICBC_PRIVATE_KEY',
    'ICBC_GATEWAY_PUBLIC_KEY',
    'ICBC_CIPHER_KEY',
  ],
  'standard-bank': [
    'STANDARD_BANK_URL',
    'STANDARD_BANK_APP_ID',
    'STANDARD_BANK_THEIR_APP_ID',
    'STANDARD_BANK_PRIVATE_KEY',
    'STANDARD_BANK_THEIR_PUBLIC_KEY',
    'STANDARD_BANK_SM4_KEY',
    'STANDARD_BANK_MERCHANT_NO',
  ],
} as const

const bankIsWhole: Rule = (some) => {
  const { BANK: bank = 'icbc' } = some
  const missing = BANK_NEEDS[bank].filter((name) => some[name] === undefined)
  return missing.flatMap((name) => refuse(name, `is required by BANK=${bank}`))
}

/** Without a part of its own, two orders of one second would share their number at the bank. */
const institutionNumbersDiffer: Rule = (some) => [
  ...institutionNumberFits('ICBC_INSTITUTION_NUMBER', some, some.ICBC_MER_ID),
  ...institutionNumberFits(
    'STANDARD_BANK_INSTITUTION_NUMBER',
    some,
    some.STANDARD_BANK_MERCHANT_NO,
  ),
]

function institutionNumberFits(
  name: 'ICBC_INSTITUTION_NUMBER' | 'STANDARD_BANK_INSTITUTION_NUMBER',
  some: SomeSettings,
  merchantNo: string | undefined,
): readonly Problem[] {
  const template = some[name]
  if (template === undefined || merchantNo === undefined) return NONE
  if (!/\{seq:[1-9]\d?\}/.test(template))
    return refuse(name, 'must contain {seq:N}, N digits that make it unique')
  try {
    institutionNo(template, { merchantNo, now: 0, random: () => 0 })
    return NONE
  } catch {
    return refuse(name, 'must give at most 32 letters and digits')
  }
}

const SHORTEST_SECRET_BYTES = 32
/** Whoever guesses one of these is a patient, or HIS. */
const GUESSABLE = ['PATIENT_JWT_SECRET', 'HIS_CLIENT_TOKEN'] as const

/** What is known to everybody, or short enough to be guessed, protects no real money. */
const productionHasItsOwnSecrets: Rule = (some) => {
  if (some.ENVIRONMENT !== 'production') return NONE
  return [
    ...Object.entries(some).flatMap(([name, value]) => {
      return textsOf(value).some(isPublished) ? refuse(name, PUBLISHED) : NONE
    }),
    ...GUESSABLE.flatMap((name) => {
      const value = some[name]?.reveal()
      return value !== undefined && Buffer.byteLength(value) < SHORTEST_SECRET_BYTES
        ? refuse(name, `must have at least ${SHORTEST_SECRET_BYTES} bytes in production`)
        : NONE
    }),
  ]
}

const RULES: readonly Rule[] = [
  questionsDoNotOverlap,
  tailOutlivesWindow,
  tailOutlivesOrder,
  leaseOutlivesCall,
  addressesAreSafe,
  environmentsAreNotMixed,
  databaseLasts,
  listenerIsBehindTls,
  patientsCanBeKnown,
  insuranceIsComplete,
  alipayIsWhole,
  oneCodeIsWhole,
  bankIsWhole,
  hrssPayIsWhole,
  institutionNumbersDiffer,
  ...PROTECTION_RULES,
  keysCanBeRead,
  platformKeyCanBeMade,
  productionHasItsOwnSecrets,
  cashOfWholeRefundIsStated,
  settlementFilesAreSafe,
]
