/** Tencent's medical authorisation back end, `userQuery` (README.md 2). */
import { z } from 'zod'

/** Members that never reach the record in clear: one-time codes, credentials, people, places. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'qrcode',
  'openid',
  'pay_auth_no',
  'family_pay_auth_no',
  'auth_no',
  'ec_token',
  'ecToken',
  'psn_no',
  'user_name',
  'user_card_no',
  'user_longitude_latitude',
])

export interface UserQueryRequest {
  /** The authCode. */
  readonly qrcode: string
  /** The user's openid in the hospital's own mini-program. */
  readonly openid: string
}

export const codeSchema = z.object({
  /** 0 is the only public value. */
  code: z.union([z.int(), z.string().min(1)]),
  message: z.string().nullish(),
})

const text = z.string().nullish()

export const userQuerySchema = z.object({
  pay_auth_no: text,
  /** Non-empty instead of pay_auth_no for family payment (亲情付). */
  family_pay_auth_no: text,
  /** Name and identity number of the card holder: the payer. */
  user_name: z.string().min(1),
  user_card_no: z.string().min(1),
  /** JSON text or object `{latitude, longitude}`; the name is inferred. */
  user_longitude_latitude: z.unknown().optional(),
})

const degrees = z.union([z.string().regex(/^-?\d{1,3}(\.\d{1,15})?$/), z.number()])

export const placeSchema = z.object({ longitude: degrees, latitude: degrees })
