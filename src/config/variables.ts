import { isIP } from 'node:net'
import { z } from 'zod'
import { Secret } from '../errors.ts'
import { STANDARD_SCHEDULE } from '../payment/schedule.ts'
import { ONE_CARD_HEADERS, oneCardServices, serviceNumbers } from './one-card.ts'

const text = z.string().trim().min(1)
const secret = text.transform((value) => new Secret(value))
const whole = z.coerce.number().int().nonnegative()
const atLeastOne = whole.min(1)
const port = whole.max(65_535)
/** What calls are appended to, with a slash of their own. */
const base = z.url().transform((url) => url.replace(/\/+$/, ''))
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
/** What the other side signs with: one key, or two while it changes its own. */
const verifyingKeys = list.pipe(
  z
    .array(z.string())
    .refine(({ length }) => length > 0, 'is required')
    .refine(
      ({ length }) => length < 3,
      'may hold two keys, separated by a comma: the one in use and the next',
    )
    .refine((keys) => new Set(keys).size === keys.length, 'holds the same key twice'),
)
const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** `2026-02-30` is no day: Date would silently make it March. */
function isCalendarDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** How the calls of one upstream leave: the address of an HTTP proxy, or one of our own addresses. */
const route = z.string().transform((value, context) => {
  const given = value.trim()
  if (isIP(given) !== 0) return { from: given }
  const url = URL.parse(given)
  const isProxy = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/'
  if (isProxy && url.username === '' && url.password === '') return { proxy: url.origin }
  context.addIssue('must be http://proxy:port without a password, or an address of this machine')
  return z.NEVER
})

/** Legacy protection needs a reason and a day on which it ends (SC-B02): `reason; 2027-06-30`. */
const legacy = z
  .string()
  .regex(/^[^;]*[^;\s][^;]*;\s*\d{4}-\d{2}-\d{2}\s*$/, 'must read "reason; yyyy-mm-dd"')
  .transform((value) => {
    const [reason = '', deadline = ''] = value.split(';').map((part) => part.trim())
    return { reason, deadline }
  })
  .refine(({ deadline }) => isCalendarDate(deadline), {
    error: 'must end with a day that the calendar has, as yyyy-mm-dd',
  })

/** By the channel's exact name: what the collection calls it, how long its certificates live. */
const payChannels = list.transform((rows, context) => {
  const channels = new Map<string, { channel: string; lifeMs: number }>()
  for (const row of rows) {
    const [, name, channel, seconds] =
      /^([^=:]{1,40})=([a-z0-9-]{1,32}):([1-9]\d{0,3})$/.exec(row) ?? []
    if (name !== undefined && channel !== undefined)
      channels.set(name, { channel, lifeMs: Number(seconds) * 1_000 })
  }
  if (channels.size > 0 && channels.size === rows.length) return channels
  context.addIssue('must read "name=channel:seconds", once a name, separated by commas')
  return z.NEVER
})

/** One row a variable; `.env.example` lists exactly these. */
export const VARIABLES = {
  ENVIRONMENT: z.enum(['sandbox', 'test', 'production']),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  HTTP_HOST: text.default('127.0.0.1'),
  HTTP_PORT: port.default(8080),
  PROBE_HOST: text.default('127.0.0.1'),
  PROBE_PORT: port.default(8081),
  PUBLIC_URL: base,
  DATABASE_URL: secret,
  KEY_FILE: text.optional(),
  KEY_ENCRYPTION_KEY: secret.optional(),
  TRUSTED_PROXIES: list.default([]),
  EXEMPT_NETWORKS: list.default([]),
  CALLBACK_NETWORKS: list.default([]),
  LIMIT_PER_IP: atLeastOne.default(120),
  LIMIT_PER_DEVICE: atLeastOne.default(30),
  LIMIT_PER_DEVICE_PAYING: atLeastOne.default(10),
  ORDER_LIFE_MS: atLeastOne.default(1_800_000),
  REFUND_RECHECK_MS: atLeastOne.default(86_400_000),
  REFUND_DAYS_REGISTRATION: whole.default(30),
  REFUND_DAYS_CONSULTATION: whole.default(30),
  REFUND_DAYS_PHARMACY: whole.default(30),
  PAY_AUTH_LIFE_MS: atLeastOne.default(1_800_000),
  PATIENT_JWKS_URL: z.url().optional(),
  PATIENT_JWT_SECRET: secret.optional(),
  PATIENT_JWT_AUDIENCE: text.default('jianlian'),
  SCHEDULE_FIRST_DELAY_MS: whole.default(STANDARD_SCHEDULE.firstDelayMs),
  SCHEDULE_PERIOD_MS: atLeastOne.default(STANDARD_SCHEDULE.periodMs),
  SCHEDULE_WINDOW_MS: whole.default(STANDARD_SCHEDULE.windowMs),
  SCHEDULE_INCLUDE_WINDOW_END: flag.default(STANDARD_SCHEDULE.includeWindowEnd),
  SCHEDULE_TAIL_GAPS_MS: list
    .transform((parts) => parts.map(Number))
    .pipe(z.array(z.number().int().min(1)))
    .default([...STANDARD_SCHEDULE.tailGapsMs]),
  SCHEDULE_TAIL_PERIOD_MS: atLeastOne.default(STANDARD_SCHEDULE.tailPeriodMs),
  SCHEDULE_TAIL_END_MS: whole.default(STANDARD_SCHEDULE.tailEndMs),
  SCHEDULE_QUESTION_TIMEOUT_MS: atLeastOne.default(STANDARD_SCHEDULE.questionTimeoutMs),
  CALL_TIMEOUT_MS: atLeastOne.default(8_000),
  LEASE_MS: atLeastOne.default(20_000),
  RETRY_FIRST_MS: atLeastOne.default(1_000),
  BREAKER_FAILURES: atLeastOne.default(5),
  BREAKER_REST_MS: atLeastOne.default(30_000),

  HIS_URL: base,
  HIS_ROUTE: route.optional(),
  HIS_CA_FILE: text.optional(),
  HIS_PLAIN_HTTP: legacy.optional(),
  HIS_TOKEN: secret,
  HIS_PROTECTION: z.enum(['sm2-sm4', 'bearer']).default('sm2-sm4'),
  HIS_LEGACY: legacy.optional(),
  HIS_APP_ID: text,
  HIS_THEIR_APP_ID: text,
  HIS_PRIVATE_KEY: secret,
  HIS_THEIR_PUBLIC_KEY: verifyingKeys,
  HIS_SM4_KEY: secret,
  HIS_CLIENT_TOKEN: secret,

  WECHAT_USER_QUERY_URL: base,
  WECHAT_ROUTE: route.optional(),
  WECHAT_PARTNER_ID: text,
  WECHAT_PARTNER_SECRET: secret,
  WECHAT_AUTH_APP_ID: text.default('wxe183cd55df4b4369'),
  WECHAT_AUTH_PAGE_URL: z.url().optional(),
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
  ALIPAY_ROUTE: route.optional(),
  ALIPAY_APP_ID: text.optional(),
  ALIPAY_PRIVATE_KEY: secret.optional(),
  ALIPAY_PUBLIC_KEY: verifyingKeys.optional(),
  ALIPAY_LEGACY: legacy.optional(),
  ALIPAY_ORG_CODE: text.optional(),
  ALIPAY_ORG_CHNL_CRTF_CODE: text.optional(),
  ALIPAY_ORG_APP_ID: text.optional(),
  ALIPAY_RETURN_PAGE: text.optional(),
  ALIPAY_H5_RETURN_URL: z.url().optional(),

  INSURANCE_URL: z.url(),
  INSURANCE_PERSON_URL: z.url().optional(),
  INSURANCE_ROUTE: route.optional(),
  INSURANCE_CA_FILE: text.optional(),
  INSURANCE_PLAIN_HTTP: legacy.optional(),
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

  MID_PLATFORM_URL: base,
  MID_PLATFORM_ROUTE: route.optional(),
  MID_PLATFORM_CA_FILE: text.optional(),
  MID_PLATFORM_PLAIN_HTTP: legacy.optional(),
  MID_PLATFORM_APP_ID: text,
  MID_PLATFORM_APP_SECRET: secret,
  MID_PLATFORM_PRIVATE_KEY: secret,
  MID_PLATFORM_THEIR_PUBLIC_KEY: verifyingKeys,
  MID_PLATFORM_ORG_ID: text,
  MID_PLATFORM_TIMESTAMP: z.enum(['yyyyMMddHHmmss', 'ms', 's']).default('yyyyMMddHHmmss'),
  MID_PLATFORM_SORT: z.enum(['ordinal', 'ignore-case']).default('ordinal'),
  MID_PLATFORM_VERIFY: z.enum(['strict', 'lenient']).default('strict'),
  MID_PLATFORM_UPLOAD_REPEAT: z.enum(['resend', 'never']).default('resend'),
  MID_PLATFORM_PUB_HOSP_RFOM_FLAG: z.enum(['0', '1']).default('1'),

  REFUND_AUTHORISATION: z.enum(['original', 'mid-platform']).default('original'),
  REFUND_AUTHORISATION_PATH: z
    .string()
    .regex(/^\/[\w./-]+$/, 'must be a path that begins with /')
    .default('/org/local/api/hos/refund_auth'),
  REFUND_TYPE: z.enum(['HI', 'ALL']).default('HI'),
  REFUND_ALL_RETURNS_CASH: z.enum(['yes', 'no']).optional(),
  ONE_CODE_URL: base.optional(),
  ONE_CODE_ROUTE: route.optional(),
  ONE_CODE_CA_FILE: text.optional(),
  ONE_CODE_PLAIN_HTTP: legacy.optional(),
  ONE_CODE_ORG_ID: text.optional(),
  ONE_CODE_PROVINCE: z
    .string()
    .regex(/^\d{6}$/, 'must have six digits')
    .optional(),
  ONE_CODE_REQT_TYPE_ORG: text.optional(),
  ONE_CODE_SM4_KEY: secret.optional(),
  ONE_CODE_SM4_KEY_ENCODING: z.enum(['hex', 'utf8', 'base64']).default('hex'),
  ONE_CODE_CHANNELS: payChannels.optional(),
  ONE_CODE_AMOUNT_FORMAT: z.enum(['two-decimals', 'shortest']).default('two-decimals'),
  ONE_CODE_LENGTH_IN: z.enum(['characters', 'bytes']).default('characters'),
  ONE_CODE_LIMIT_PER_DEVICE: atLeastOne.default(10),

  COLLECTION_URL: base.optional(),
  COLLECTION_ROUTE: route.optional(),
  COLLECTION_CA_FILE: text.optional(),
  COLLECTION_APP_ID: text.optional(),
  COLLECTION_THEIR_APP_ID: text.optional(),
  COLLECTION_PRIVATE_KEY: secret.optional(),
  COLLECTION_THEIR_PUBLIC_KEY: verifyingKeys.optional(),
  COLLECTION_SM4_KEY: secret.optional(),
  COLLECTION_MERCHANT_NO: text.optional(),

  BANK: z.enum(['icbc', 'standard-bank']).default('icbc'),

  ICBC_URL: base.optional(),
  ICBC_ROUTE: route.optional(),
  ICBC_APP_ID: text.optional(),
  ICBC_MER_ID: text.optional(),
  ICBC_MER_PRTCL_NO: text.optional(),
  ICBC_HOSPITAL_ID: text.optional(),
  ICBC_SUB_MCHID: text.optional(),
  ICBC_CITY_ID: text.optional(),
  ICBC_MED_INST_NAME: text.optional(),
  ICBC_MED_INST_NO: text.optional(),
  ICBC_SIGN_TYPE: z.enum(['SM2', 'RSA2']).default('SM2'),
  ICBC_GATEWAY_SIGN: z.enum(['SM2', 'SHA256', 'SHA1']).default('SM2'),
  ICBC_CALLBACK_SIGN: z.enum(['SM2', 'SHA256', 'SHA1']).optional(),
  ICBC_LEGACY: legacy.optional(),
  ICBC_PRIVATE_KEY: secret.optional(),
  ICBC_GATEWAY_PUBLIC_KEY: verifyingKeys.optional(),
  ICBC_CALLBACK_PUBLIC_KEY: verifyingKeys.optional(),
  ICBC_SM2_USER_ID: text.default('1234567812345678'),
  ICBC_SM2_ENCODING: z.enum(['der', 'raw']).default('der'),
  ICBC_CIPHER: z.enum(['SM4', 'AES']).default('SM4'),
  ICBC_CIPHER_KEY: secret.optional(),
  ICBC_MIXED_ORDERS: z.enum(['head-office', 'aggregated', 'hebei']).default('head-office'),
  ICBC_SUBMIT_PATH: z
    .string()
    .regex(/^\/api\/[\w./-]+$/, 'must be a path that begins with /api/')
    .optional(),
  ICBC_QUERY_BY_OUT_TRADE_NO: flag.default(false),
  ICBC_INSTITUTION_NUMBER: text.default('{merchantNo}{yyyyMMddHHmmss}{seq:6}'),
  ICBC_INCLUDE_PASSTHROUGH: flag.default(true),
  ICBC_INCLUDE_RETURN_CODE: flag.default(false),

  STANDARD_BANK_URL: base.optional(),
  STANDARD_BANK_ROUTE: route.optional(),
  STANDARD_BANK_CA_FILE: text.optional(),
  STANDARD_BANK_APP_ID: text.optional(),
  STANDARD_BANK_THEIR_APP_ID: text.optional(),
  STANDARD_BANK_PRIVATE_KEY: secret.optional(),
  STANDARD_BANK_THEIR_PUBLIC_KEY: verifyingKeys.optional(),
  STANDARD_BANK_SM4_KEY: secret.optional(),
  STANDARD_BANK_MERCHANT_NO: text.optional(),
  STANDARD_BANK_INSTITUTION_NUMBER: text.default('{merchantNo}{yyyyMMddHHmmss}{seq:6}'),

  HRSS_PAY_URL: base.optional(),
  HRSS_PAY_ROUTE: route.optional(),
  HRSS_PAY_CA_FILE: text.optional(),
  HRSS_PAY_PLAIN_HTTP: legacy.optional(),
  HRSS_PAY_ACCESS_KEY: text.max(30).optional(),
  HRSS_PAY_APP_ID: text.max(20).optional(),
  HRSS_PAY_MERCHANT_APP_ID: text.max(32).optional(),
  HRSS_PAY_MCH_ID: text.max(32).optional(),
  HRSS_PAY_PRIVATE_KEY: secret.optional(),
  HRSS_PAY_THEIR_PUBLIC_KEY: verifyingKeys.optional(),
  HRSS_PAY_SM4_KEY: secret.optional(),
  HRSS_PAY_CASHIER_HOSTS: list.default([]),
  HRSS_PAY_SIGNATURE_FORMAT: z.enum(['der', 'raw']).default('der'),
  HRSS_PAY_SIGN_EXCLUDE: list.default(['sign', 'access_token']),
  HRSS_PAY_MERCHANT_SIDE_DATA: z.enum(['encrypted', 'plain']).default('encrypted'),
  HRSS_PAY_SIGN_ANSWER: flag.default(false),
  HRSS_PAY_LOST_ORDER: z.enum(['wait', 'resend']).default('wait'),
  HRSS_PAY_QUERY_WITHOUT_NUMBER: flag.default(false),
  HRSS_PAY_NOTICE: z.enum(['apply', 'query']).default('apply'),
  HRSS_PAY_TYPED_AMOUNTS: flag.default(false),
  HRSS_PAY_QUESTIONS_PER_MINUTE: atLeastOne.default(600),
  ONE_CARD_URL: z.url().optional(),
  ONE_CARD_ROUTE: route.optional(),
  ONE_CARD_CA_FILE: text.optional(),
  ONE_CARD_PLAIN_HTTP: legacy.optional(),
  ONE_CARD_APP: text.optional(),
  ONE_CARD_NODE: text.optional(),
  ONE_CARD_ACCOUNT: text.optional(),
  ONE_CARD_ACCESS_KEY: text.optional(),
  ONE_CARD_SECRET_KEY: secret.optional(),
  ONE_CARD_THEIR_ACCESS_KEY: text.optional(),
  ONE_CARD_THEIR_SECRET_KEY: secret.optional(),
  ONE_CARD_SM4_KEY: secret.optional(),
  ONE_CARD_NETWORKS: list.default([]),
  ONE_CARD_SERVICES: serviceNumbers.default({}),
  ONE_CARD_DISABLED: oneCardServices.default([]),
  ONE_CARD_SIGNATURE: z.enum(['powerdtp', 'csb']).default('powerdtp'),
  ONE_CARD_HEADERS: list
    .pipe(
      z
        .array(z.string().regex(/^[a-z0-9_-]+$/, 'must be header names in lower case'))
        .refine(({ length }) => length === 5, 'must name five headers'),
    )
    .default([...ONE_CARD_HEADERS]),
  ONE_CARD_PROTOCOL: text.default('http'),
  ONE_CARD_BODY_HASH: z.enum(['none', 'inbound', 'both']).default('inbound'),
  ONE_CARD_SM4_MODE: z.enum(['cbc', 'ecb']).default('cbc'),
  ONE_CARD_SM4_SCOPE: z.enum(['field', 'data']).default('field'),
  ONE_CARD_STRINGLY: flag.default(false),
  ONE_CARD_STATUS_FROM_CODE: flag.default(false),
  ONE_CARD_CALLS_PER_SECOND: atLeastOne.default(10),
} as const
