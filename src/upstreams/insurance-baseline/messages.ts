/** Insurance core, two-designated interface (两定接口, 基线版): envelope, 9001, 1101 (README.md). */
import { z } from 'zod'

/** Members that never reach the record in clear: credentials and people. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'sign_no',
  'mdtrt_cert_no',
  'certno',
  'psn_name',
  'psn_no',
  'card_sn',
  'cainfo',
  'gend',
  'naty',
  'brdy',
  'age',
  'balc',
  'emp_name',
  // JSON text, which no list of names can look into.
  'exp_content',
  'expContent',
  'memo',
])

/** 1 request, in the document's order. */
export interface RequestEnvelope {
  readonly infno: string
  /** fixmedins_code(12) + yyyyMMddHHmmss + sequence(4) */
  readonly msgid: string
  /** Place of treatment; note the spelling. */
  readonly mdtrtarea_admvs: string
  /** Insured place; required only when the input has a psn_no. Note the other spelling. */
  readonly insuplc_admdvs: string
  readonly recer_sys_code: string
  readonly dev_no: string
  readonly dev_safe_info: string
  readonly cainfo: string
  readonly signtype: string
  readonly infver: 'V1.0'
  /** 3 is a mobile terminal. */
  readonly opter_type: '3'
  readonly opter: string
  readonly opter_name: string
  readonly inf_time: string
  readonly fixmedins_code: string
  readonly fixmedins_name: string
  readonly sign_no: string
  readonly input: Readonly<Record<string, unknown>>
}

const textOrNumber = z.union([z.string(), z.number()]).transform(String)

/** 1 answer; `output` is an object or JSON text. */
export const answerSchema = z.object({
  infcode: textOrNumber,
  err_msg: z.string().nullish(),
  output: z.unknown().optional(),
})

/** 2 */
export const signedInSchema = z.object({
  signinoutb: z.object({ sign_no: textOrNumber.pipe(z.string().min(1).max(30)) }),
})

/** 3 */
export const personSchema = z.object({
  baseinfo: z.object({
    psn_no: textOrNumber.pipe(z.string().min(1).max(30)),
    certno: z.string().min(1),
    psn_name: z.string().min(1),
    exp_content: z.unknown().optional(),
    expContent: z.unknown().optional(),
  }),
  insuinfo: z.array(
    z.object({
      insutype: textOrNumber,
      psn_insu_stas: textOrNumber,
      insuplc_admdvs: textOrNumber,
    }),
  ),
})
export type PersonOutput = z.infer<typeof personSchema>

/** 3, local extras inside exp_content. */
export const extrasSchema = z.object({ business_token: z.string().min(1) })
