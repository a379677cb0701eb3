/** Alipay's open platform: OAuth, member information and the medical authorisation (README.md 2, 3). */
import { z } from 'zod'

/** Members that never reach the record in clear: one-time codes, credentials, people, pages. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'code',
  'auth_token',
  'access_token',
  'refresh_token',
  'user_id',
  'open_id',
  'union_id',
  'alipay_user_id',
  'user_name',
  'cert_no',
  'mobile',
  'nick_name',
  'avatar',
  // On H5 it carries our state.
  'call_url',
  'auth_url',
  'auth_no',
  'pay_auth_no',
  'medical_card_id',
  'rels_pay_user_name',
])

export const METHOD = {
  token: 'alipay.system.oauth.token',
  member: 'alipay.user.info.share',
  authorisation: 'alipay.commerce.medical.authinfo.auth.query',
} as const
export type Method = (typeof METHOD)[keyof typeof METHOD]

/** What every answer may begin with; the token's has no `code` when it says yes. */
export const HEAD = z.object({
  code: z.string().optional(),
  msg: z.string().optional(),
  sub_code: z.string().optional(),
  sub_msg: z.string().optional(),
})

/** 3: `alipay.system.oauth.token`, grant_type authorization_code. */
export const TOKEN = z.object({
  user_id: z.string().min(1),
  access_token: z.string().min(1),
})

/** 3: `alipay.user.info.share`; name and number only with scope `auth_user` and Alipay's consent. */
export const MEMBER = z.object({
  user_id: z.string().min(1),
  user_name: z.string().min(1),
  cert_no: z.string().min(1),
})

/** 2: `alipay.commerce.medical.authinfo.auth.query` */
export interface AuthorisationQuestion {
  readonly alipay_user_id: string
  /** Ours, the same each time this authorisation is asked for. */
  readonly req_biz_no: string
  /** Where Alipay's page comes back to. */
  readonly call_url: string
  /** Online verification of the kind mobile payment (线上核验业务类型编码). */
  readonly ol_biz_type_code: '04107'
  readonly org_code: string
  readonly org_chnl_crtf_code: string
  readonly org_app_id: string
}

const text = z
  .union([z.string(), z.int()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? '' : String(value)))

export const AUTHORISATION = z.object({
  data: z.object({
    req_biz_no: text,
    /** 1 is authorised; nothing else is. */
    auth_stas: text,
    auth_url: text,
    /** Only with auth_stas 1 and ol_biz_type_code 04107. */
    pay_auth_no: text,
    /** 0 the user's own insurance, 1 family payment (亲情付). */
    rels_pay_flag: text,
  }),
})
export type AuthorisationState = z.infer<typeof AUTHORISATION>['data']
