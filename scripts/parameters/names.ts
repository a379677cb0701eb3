/** What a feedback form (反馈单) calls a parameter, and which settings it fills (docs/standard.md 2). */
import { VARIABLES } from '../../src/config/variables.ts'
import { Secret } from '../../src/errors.ts'

export type Variable = keyof typeof VARIABLES

/** Chinese names as in Annex A.2 and the platforms' pages; protocol names as the wire has them. */
const NAMED: Readonly<Record<string, readonly Variable[]>> = {
  定点机构编号: ['INSURANCE_ORG_CODE', 'WECHAT_ORG_CODG', 'ICBC_MED_INST_NO'],
  orgCodg: ['INSURANCE_ORG_CODE', 'WECHAT_ORG_CODG', 'ICBC_MED_INST_NO'],
  定点机构名称: ['INSURANCE_ORG_NAME', 'ICBC_MED_INST_NAME'],
  就医地医保区划: ['INSURANCE_MDTRTAREA_ADMVS'],
  mdtrtareaAdmvs: ['INSURANCE_MDTRTAREA_ADMVS'],
  机构渠道认证编码: ['WECHAT_ORG_CHNL_CRTF_CODG'],
  orgChnlCrtfCodg: ['WECHAT_ORG_CHNL_CRTF_CODG'],
  定点医药机构应用ID: ['WECHAT_ORG_APP_ID'],
  orgAppId: ['WECHAT_ORG_APP_ID'],
  城市编码: ['WECHAT_CITY_CODE'],
  cityCode: ['WECHAT_CITY_CODE'],
  渠道号: ['WECHAT_CHANNEL'],
  channel: ['WECHAT_CHANNEL'],
  partnerId: ['WECHAT_PARTNER_ID'],
  partnerSecret: ['WECHAT_PARTNER_SECRET'],
  商户APPID: ['WECHAT_APP_ID'],
  商户号: ['ICBC_SUB_MCHID'],
  中台地址: ['MID_PLATFORM_URL'],
  中台应用ID: ['MID_PLATFORM_APP_ID'],
  appId: ['MID_PLATFORM_APP_ID'],
  中台应用密钥: ['MID_PLATFORM_APP_SECRET'],
  appSecret: ['MID_PLATFORM_APP_SECRET'],
  中台公钥: ['MID_PLATFORM_THEIR_PUBLIC_KEY'],
  中台机构ID: ['MID_PLATFORM_ORG_ID'],
  orgId: ['MID_PLATFORM_ORG_ID'],
}

const isVariable = (name: string): name is Variable => Object.hasOwn(VARIABLES, name)

/** What an import may not decide: where the service runs, and with which key it seals. */
const NOT_FROM_OUTSIDE: ReadonlySet<string> = new Set([
  'ENVIRONMENT',
  'KEY_FILE',
  'KEY_ENCRYPTION_KEY',
  'DATABASE_URL',
])

/** @returns nothing for a name that is not known, or not to be decided by a form. */
export function settingsNamed(name: string): readonly Variable[] {
  const plain = name.replaceAll(/\s|[(（][^)）]*[)）]/g, '')
  if (isVariable(plain)) return NOT_FROM_OUTSIDE.has(plain) ? [] : [plain]
  return Object.hasOwn(NAMED, plain) ? (NAMED[plain] ?? []) : []
}

/** Whether it must not rest in clear: the settings themselves say so by their type. */
export function isSecret(name: Variable): boolean {
  return VARIABLES[name].safeParse('0').data instanceof Secret
}
