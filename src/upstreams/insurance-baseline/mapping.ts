/** Our words <-> the insurance core's (README.md 2, 3). */
import { Secret } from '../../errors.ts'
import type { InsuredPerson, Outcome, PersonQuery } from '../upstream.ts'
import { done, refused, unlisted } from '../upstream.ts'
import { extrasSchema, type PersonOutput, personSchema, signedInSchema } from './messages.ts'

export interface Terminal {
  readonly ip: string
  /** Default `00:00:00:00:00:00`. */
  readonly mac: string
}

export function signInInput(operator: string, terminal: Terminal): Record<string, unknown> {
  return { signIn: { opter_no: operator, mac: terminal.mac, ip: terminal.ip } }
}

const ELECTRONIC_CERTIFICATE = '01'
const RESIDENT_IDENTITY_CARD = '01'

/** payAuthNo stands in for the certificate's token; one province wants the person named as well. */
export function personInput(request: PersonQuery): Record<string, unknown> {
  return {
    data: {
      mdtrt_cert_type: ELECTRONIC_CERTIFICATE,
      mdtrt_cert_no: request.payAuthNo.reveal(),
      card_sn: '',
      begntime: '',
      psn_cert_type: RESIDENT_IDENTITY_CARD,
      certno: request.idNo,
      psn_name: request.name,
    },
  }
}

/**
 * No code is public for a dead sign-in: it is known by its words. `签到` alone would also match
 * "sign in again tomorrow", and clearing a good sign-in costs only another sign-in.
 */
const INVALID_SIGN_NO =
  /(sign_no|签到).*(无效|失效|过期|不存在|错误|不正确|未签到|重新签到)|未签到|请先签到/

/** An infcode other than 0, in the core's words. */
export function refusalOf(infcode: string, message: string): Outcome<never> {
  return refused(INVALID_SIGN_NO.test(message) ? 'invalid-sign-no' : infcode, message)
}

export function signNoOf(output: unknown): Outcome<{ signNo: string }> {
  const parsed = signedInSchema.safeParse(output)
  if (!parsed.success) return unlisted('9001-answer-incomplete')
  return done({ signNo: parsed.data.signinoutb.sign_no })
}

export function personOf(output: unknown): Outcome<InsuredPerson> {
  const parsed = personSchema.safeParse(output)
  if (!parsed.success) return unlisted('person-answer-incomplete')
  const { baseinfo, insuinfo } = parsed.data
  const insurance = insuranceOf(insuinfo)
  if (!insurance) return refused('no-active-insurance', '没有正常参保的职工或居民医保')
  return done({
    psnNo: baseinfo.psn_no,
    name: baseinfo.psn_name,
    idNo: baseinfo.certno,
    insutype: insurance.insutype,
    insuplcAdmdvs: insurance.insuplc_admdvs,
    ecToken: businessToken(baseinfo.exp_content ?? baseinfo.expContent),
  })
}

/** 1 is insured and in good standing (正常参保). */
const ACTIVE = '1'
/** Employees (职工) before residents (居民); maternity (510) and the rest pay no outpatient bill. */
const PREFERRED = ['310', '390']

function insuranceOf(rows: PersonOutput['insuinfo']): PersonOutput['insuinfo'][number] | undefined {
  const active = rows.filter((row) => row.psn_insu_stas === ACTIVE && row.insuplc_admdvs !== '')
  return PREFERRED.map((type) => active.find((row) => row.insutype === type)).find(
    (row) => row !== undefined,
  )
}

function businessToken(expContent: unknown): Secret | null {
  const parsed = extrasSchema.safeParse(jsonOf(expContent))
  return parsed.success ? new Secret(parsed.data.business_token) : null
}

/** `output` and `exp_content` may be objects or JSON text. */
export function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return null
  }
}
