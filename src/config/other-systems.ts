import { z } from 'zod'
import {
  text,
  secret,
  atLeastOne,
  base,
  list,
  networkList,
  verifyingKeys,
  flag,
  route,
  legacy,
} from './kinds.ts'
import { ONE_CARD_HEADERS, oneCardServices, serviceNumbers } from './one-card.ts'

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

/** 医保一码付 at the counter and who collects there: all of it or nothing. */
export const COUNTER_VARIABLES = {
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
} as const

/** 人社支付平台 and 社会保障一卡通: each whole or not there. */
export const CARD_VARIABLES = {
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
  HRSS_PAY_KEPT_DAYS: atLeastOne.default(30),
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
  ONE_CARD_NETWORKS: networkList.default([]),
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
  ONE_CARD_KEPT_DAYS: atLeastOne.default(365),
} as const
