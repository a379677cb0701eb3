import { z } from 'zod'
import { Secret } from './errors.ts'
import { type ScheduleSettings, STANDARD_SCHEDULE } from './payment/schedule.ts'

/**
 * Environment -> checked, frozen settings. The only reader of `process.env`; every problem is
 * named at once, by its variable, and the process ends with exit code 2.
 */

const text = z.string().trim().min(1)
const secret = text.transform((value) => new Secret(value))
const whole = z.coerce.number().int().nonnegative()
const port = whole.max(65_535)
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** Legacy protection needs a reason and a day on which it ends (SC-B02): `reason; 2027-06-30`. */
const legacy = z
  .string()
  .regex(/^[^;]+;\s*\d{4}-\d{2}-\d{2}$/, 'must read "reason; yyyy-mm-dd"')
  .transform((value) => {
    const [reason = '', deadline = ''] = value.split(';').map((part) => part.trim())
    return { reason, deadline }
  })

/** One row a variable; `.env.example` lists exactly these. */
export const VARIABLES = {
  ENVIRONMENT: z.enum(['sandbox', 'test', 'production']),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  HTTP_HOST: text.default('127.0.0.1'),
  HTTP_PORT: port.default(8080),
  PROBE_HOST: text.default('127.0.0.1'),
  PROBE_PORT: port.default(8081),
  PUBLIC_URL: z.url().transform((url) => url.replace(/\/+$/, '')),
  DATABASE_URL: secret,
  KEY_FILE: text.optional(),
  KEY_ENCRYPTION_KEY: secret.optional(),
  TRUSTED_PROXIES: list.default([]),
  EXEMPT_NETWORKS: list.default([]),
  CALLBACK_NETWORKS: list.default([]),
  LIMIT_PER_IP: whole.default(120),
  LIMIT_PER_DEVICE: whole.default(30),
  LIMIT_PER_DEVICE_PAYING: whole.default(10),
  ORDER_LIFE_MS: whole.default(1_800_000),
  PAY_AUTH_LIFE_MS: whole.default(1_800_000),
  PATIENT_JWKS_URL: z.url().optional(),
  PATIENT_JWT_SECRET: secret.optional(),
  PATIENT_JWT_AUDIENCE: text.default('jianlian'),
  SCHEDULE_FIRST_DELAY_MS: whole.default(STANDARD_SCHEDULE.firstDelayMs),
  SCHEDULE_PERIOD_MS: whole.min(1).default(STANDARD_SCHEDULE.periodMs),
  SCHEDULE_WINDOW_MS: whole.default(STANDARD_SCHEDULE.windowMs),
  SCHEDULE_INCLUDE_WINDOW_END: flag.default(STANDARD_SCHEDULE.includeWindowEnd),
  SCHEDULE_TAIL_GAPS_MS: list
    .transform((parts) => parts.map(Number))
    .pipe(z.array(z.number().int().positive()))
    .default([...STANDARD_SCHEDULE.tailGapsMs]),
  SCHEDULE_TAIL_PERIOD_MS: whole.min(1).default(STANDARD_SCHEDULE.tailPeriodMs),
  SCHEDULE_TAIL_END_MS: whole.default(STANDARD_SCHEDULE.tailEndMs),
  SCHEDULE_QUESTION_TIMEOUT_MS: whole.min(1).default(STANDARD_SCHEDULE.questionTimeoutMs),
  CALL_TIMEOUT_MS: whole.min(1).default(8_000),
  LEASE_MS: whole.min(1).default(20_000),
  RETRY_FIRST_MS: whole.min(1).default(1_000),

  HIS_URL: z.url(),
  HIS_TOKEN: secret,
  HIS_PROTECTION: z.enum(['sm2-sm4', 'bearer']).default('sm2-sm4'),
  HIS_LEGACY: legacy.optional(),
  HIS_APP_ID: text,
  HIS_THEIR_APP_ID: text,
  HIS_PRIVATE_KEY: secret,
  HIS_THEIR_PUBLIC_KEY: text,
  HIS_SM4_KEY: secret,
  HIS_CLIENT_TOKEN: secret,

  WECHAT_USER_QUERY_URL: z.url(),
  WECHAT_PARTNER_ID: text,
  WECHAT_PARTNER_SECRET: secret,
  WECHAT_AUTH_APP_ID: text.default('wxe183cd55df4b4369'),
  WECHAT_AUTH_PAGE_URL: z.url().default('https://card.wecity.qq.com/oauth/code'),
  WECHAT_ENV_VERSION: z.enum(['release', 'trial']).default('release'),
  WECHAT_CITY_CODE: text,
  WECHAT_CHANNEL: text,
  WECHAT_ORG_CHNL_CRTF_CODG: text,
  WECHAT_ORG_CODG: text,
  WECHAT_ORG_APP_ID: text,
  WECHAT_ENCODE_ORG_CHNL_CRTF_CODG: z.enum(['raw', 'encoded']).default('raw'),
  WECHAT_APP_ID: text,
  WECHAT_H5_RETURN_URL: z.url().optional(),
  HOSPITAL_LOCATION: z
    .string()
    .regex(/^-?\d{1,3}\.\d{1,6},-?\d{1,2}\.\d{1,6}$/, 'must read "longitude,latitude"'),

  ALIPAY_GATEWAY_URL: z.url().optional(),
  ALIPAY_APP_ID: text.optional(),
  ALIPAY_PRIVATE_KEY: secret.optional(),
  ALIPAY_PUBLIC_KEY: text.optional(),
  ALIPAY_LEGACY: legacy.optional(),
  ALIPAY_ORG_CODE: text.optional(),
  ALIPAY_ORG_CHNL_CRTF_CODE: text.optional(),
  ALIPAY_ORG_APP_ID: text.optional(),
  ALIPAY_RETURN_PAGE: text.optional(),
  ALIPAY_H5_RETURN_URL: z.url().optional(),

  INSURANCE_URL: z.url(),
  INSURANCE_PERSON_URL: z.url().optional(),
  INSURANCE_PERSON_QUERY: z.enum(['1101', 'queryPsninfobyZFB']).default('1101'),
  INSURANCE_AUTHENTICATOR: z.enum(['none', 'x-tif', 'csb']).default('none'),
  INSURANCE_TIF_PAAS_ID: text.optional(),
  INSURANCE_TIF_SECRET: secret.optional(),
  INSURANCE_CSB_ACCESS_KEY: text.optional(),
  INSURANCE_CSB_SECRET_KEY: secret.optional(),
  INSURANCE_ORG_CODE: text,
  INSURANCE_ORG_NAME: text,
  INSURANCE_OPERATOR: text,
  INSURANCE_TERMINAL_IP: text.default('127.0.0.1'),
  INSURANCE_TERMINAL_MAC: text.default('00:00:00:00:00:00'),
  INSURANCE_OPERATOR_NAME: text,
  INSURANCE_MDTRTAREA_ADMVS: text,
  INSURANCE_RECER_SYS_CODE: text,

  MID_PLATFORM_URL: z.url(),
  MID_PLATFORM_APP_ID: text,
  MID_PLATFORM_APP_SECRET: secret,
  MID_PLATFORM_PRIVATE_KEY: secret,
  MID_PLATFORM_THEIR_PUBLIC_KEY: text,
  MID_PLATFORM_ORG_ID: text,
  MID_PLATFORM_TIMESTAMP: z.enum(['yyyyMMddHHmmss', 'ms', 's']).default('yyyyMMddHHmmss'),
  MID_PLATFORM_SORT: z.enum(['ordinal', 'ignore-case']).default('ordinal'),
  MID_PLATFORM_VERIFY: z.enum(['strict', 'lenient']).default('strict'),
  MID_PLATFORM_UPLOAD_REPEAT: z.enum(['resend', 'never']).default('resend'),
  MID_PLATFORM_PUB_HOSP_RFOM_FLAG: z.enum(['0', '1']).default('1'),

  ICBC_URL: z.url(),
  ICBC_APP_ID: text,
  ICBC_MER_ID: text,
  ICBC_MER_PRTCL_NO: text,
  ICBC_HOSPITAL_ID: text,
  ICBC_SUB_MCHID: text,
  ICBC_CITY_ID: text,
  ICBC_MED_INST_NAME: text,
  ICBC_MED_INST_NO: text,
  ICBC_SIGN_TYPE: z.enum(['SM2', 'RSA2', 'RSA']).default('SM2'),
  ICBC_GATEWAY_SIGN: z.enum(['SM2', 'SHA256', 'SHA1']).default('SM2'),
  ICBC_LEGACY: legacy.optional(),
  ICBC_PRIVATE_KEY: secret,
  ICBC_GATEWAY_PUBLIC_KEY: text,
  ICBC_SM2_USER_ID: text.default('1234567812345678'),
  ICBC_SM2_ENCODING: z.enum(['der', 'raw']).default('der'),
  ICBC_CIPHER: z.enum(['SM4', 'AES']).default('SM4'),
  ICBC_CIPHER_KEY: secret,
  ICBC_QUERY_BY_OUT_TRADE_NO: flag.default(false),
  ICBC_INSTITUTION_NUMBER: text.default('{merchantNo}{yyyyMMddHHmmss}{seq:6}'),
  ICBC_INCLUDE_PASSTHROUGH: flag.default(true),
  ICBC_INCLUDE_RETURN_CODE: flag.default(false),
} as const

const SCHEMA = z.object(VARIABLES)

type Checked = Readonly<z.output<typeof SCHEMA>>

export interface Settings extends Checked {
  readonly schedule: ScheduleSettings
}

/** Raised with one line a problem; `main` prints it and exits with 2. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** @throws ConfigError that names every variable that is missing or wrong. */
export function readSettings(
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in VARIABLES && value !== ''),
  )
  const result = SCHEMA.safeParse(given)
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(problems.join('\n'))
  }
  const checked = result.data
  const problems = [
    ...schedulingProblems(checked),
    ...securityProblems(checked),
    ...alipayProblems(checked),
  ]
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return Object.freeze({ ...checked, schedule: scheduleOf(checked) })
}

function scheduleOf(checked: Checked): ScheduleSettings {
  return Object.freeze({
    firstDelayMs: checked.SCHEDULE_FIRST_DELAY_MS,
    periodMs: checked.SCHEDULE_PERIOD_MS,
    windowMs: checked.SCHEDULE_WINDOW_MS,
    includeWindowEnd: checked.SCHEDULE_INCLUDE_WINDOW_END,
    tailGapsMs: checked.SCHEDULE_TAIL_GAPS_MS,
    tailPeriodMs: checked.SCHEDULE_TAIL_PERIOD_MS,
    tailEndMs: checked.SCHEDULE_TAIL_END_MS,
    questionTimeoutMs: checked.SCHEDULE_QUESTION_TIMEOUT_MS,
  })
}

function schedulingProblems(checked: Checked): string[] {
  const problems: string[] = []
  if (checked.SCHEDULE_QUESTION_TIMEOUT_MS >= checked.SCHEDULE_PERIOD_MS)
    problems.push('SCHEDULE_QUESTION_TIMEOUT_MS must be shorter than SCHEDULE_PERIOD_MS')
  if (checked.LEASE_MS <= checked.CALL_TIMEOUT_MS)
    problems.push('LEASE_MS must be longer than CALL_TIMEOUT_MS')
  return problems
}

/** Everything that is called or handed out by address; a new variable is checked without being listed. */
const isUrl = (name: string): boolean => name.endsWith('_URL') && name !== 'DATABASE_URL'
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

const AUTHENTICATOR_NEEDS = {
  none: [],
  'x-tif': ['INSURANCE_TIF_PAAS_ID', 'INSURANCE_TIF_SECRET'],
  csb: ['INSURANCE_CSB_ACCESS_KEY', 'INSURANCE_CSB_SECRET_KEY'],
} as const

const ALIPAY_NEEDS = [
  'ALIPAY_GATEWAY_URL',
  'ALIPAY_APP_ID',
  'ALIPAY_PRIVATE_KEY',
  'ALIPAY_PUBLIC_KEY',
  'ALIPAY_ORG_CODE',
  'ALIPAY_ORG_CHNL_CRTF_CODE',
  'ALIPAY_ORG_APP_ID',
  'ALIPAY_RETURN_PAGE',
] as const

/** All of it or nothing: without a word about Alipay the hospital has not opened that channel. */
function alipayProblems(checked: Checked): string[] {
  const given = Object.entries(checked).filter(([name]) => name.startsWith('ALIPAY_'))
  if (given.every(([, value]) => value === undefined)) return []
  const missing = ALIPAY_NEEDS.filter((name) => checked[name] === undefined)
  const problems = missing.map((name) => `${name} is required to open Alipay`)
  if (checked.ALIPAY_LEGACY) return problems
  return [...problems, 'ALIPAY_LEGACY must give "reason; yyyy-mm-dd": Alipay signs with RSA2']
}

/** SC-T01: plain http only to loopback and only in the sandbox. SC-B02: legacy only with a deadline. */
function securityProblems(checked: Checked): string[] {
  const problems: string[] = []
  for (const [name, value] of Object.entries(checked)) {
    if (!isUrl(name) || typeof value !== 'string') continue
    const url = new URL(value)
    const pretend = checked.ENVIRONMENT === 'sandbox' && LOOPBACK.has(url.hostname)
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && pretend))
      problems.push(`${name} must be https: (http: only to loopback in ENVIRONMENT=sandbox)`)
  }
  if (!LOOPBACK.has(checked.HTTP_HOST) && checked.TRUSTED_PROXIES.length === 0)
    problems.push('HTTP_HOST may leave loopback only behind a TLS terminator in TRUSTED_PROXIES')
  if (checked.KEY_FILE === undefined && checked.KEY_ENCRYPTION_KEY === undefined)
    problems.push('KEY_FILE or KEY_ENCRYPTION_KEY is required')
  if (checked.PATIENT_JWKS_URL === undefined && checked.PATIENT_JWT_SECRET === undefined)
    problems.push('PATIENT_JWKS_URL or PATIENT_JWT_SECRET is required')
  const authenticator = AUTHENTICATOR_NEEDS[checked.INSURANCE_AUTHENTICATOR]
  for (const name of authenticator)
    if (checked[name] === undefined) problems.push(`${name} is required by INSURANCE_AUTHENTICATOR`)
  if (checked.INSURANCE_PERSON_QUERY !== '1101' && checked.INSURANCE_PERSON_URL === undefined)
    problems.push('INSURANCE_PERSON_URL is required by INSURANCE_PERSON_QUERY')
  const bankIsLegacy =
    checked.ICBC_SIGN_TYPE !== 'SM2' ||
    checked.ICBC_GATEWAY_SIGN !== 'SM2' ||
    checked.ICBC_CIPHER !== 'SM4'
  if (bankIsLegacy && !checked.ICBC_LEGACY)
    problems.push('ICBC_LEGACY must give "reason; yyyy-mm-dd" for RSA, SHA1 or AES')
  if (checked.HIS_PROTECTION === 'bearer' && !checked.HIS_LEGACY)
    problems.push('HIS_LEGACY must give "reason; yyyy-mm-dd" for HIS_PROTECTION=bearer')
  return problems
}

/** A link that still runs on what Annex B lets live only for a while. */
export interface LegacyLink {
  readonly link: string
  readonly reason: string
  /** `yyyy-mm-dd`, the day on which it must be gone. */
  readonly deadline: string
}

/** SC-B02: warned of at start, counted in the metrics, an error once the deadline has passed. */
export function legacyLinks(settings: Settings): LegacyLink[] {
  const links = {
    his: settings.HIS_LEGACY,
    alipay: settings.ALIPAY_LEGACY,
    icbc: settings.ICBC_LEGACY,
  }
  return Object.entries(links).flatMap(([link, legacy]) => (legacy ? [{ link, ...legacy }] : []))
}
