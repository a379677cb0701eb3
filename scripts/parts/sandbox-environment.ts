import { join } from 'node:path'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { hostFingerprint } from '../../src/sandbox/settlement-files/parameters.ts'
import { FOLDER } from '../../src/sandbox/settlement-files/sftp-server.ts'

/** The environment of a service whose upstreams are the sandbox at `sandboxUrl`; both banks are there, BANK chooses. */
export function sandboxEnvironment(
  parameters: SandboxParameters,
  from: {
    sandboxUrl: string
    publicUrl: string
    databaseUrl: string
    keyEncryptionKey: string
    patientSecret: string
    /** Where the SFTP hosts listen, and where what comes from them is kept; without it, no files. */
    settlementFiles?: SettlementFilesFrom
  },
): Record<string, string> {
  const { sandboxUrl, settlementFiles } = from
  return {
    ENVIRONMENT: 'sandbox',
    LOG_LEVEL: 'silent',
    HTTP_PORT: new URL(from.publicUrl).port,
    PROBE_PORT: '0',
    PUBLIC_URL: from.publicUrl,
    DATABASE_URL: from.databaseUrl,
    KEY_ENCRYPTION_KEY: from.keyEncryptionKey,
    PATIENT_JWT_SECRET: from.patientSecret,
    HOSPITAL_LOCATION: '104.065735,30.659462',
    BANK: 'icbc',
    ...hospitalLinks(parameters, sandboxUrl),
    ...alipayLink(parameters, sandboxUrl),
    ...insuranceLinks(parameters, sandboxUrl),
    ...icbcLink(parameters, sandboxUrl),
    ...standardBankLink(parameters, sandboxUrl),
    ...oneCodeLinks(parameters, sandboxUrl),
    ...hrssPayLink(parameters, sandboxUrl),
    ...oneCardLink(parameters, sandboxUrl),
    ...(settlementFiles && settlementFileLinks(parameters, settlementFiles)),
  }
}

function hospitalLinks(
  { his, wechat, icbc }: SandboxParameters,
  sandboxUrl: string,
): Record<string, string> {
  return {
    HIS_URL: `${sandboxUrl}/his`,
    HIS_TOKEN: his.token,
    HIS_APP_ID: his.appId,
    HIS_THEIR_APP_ID: his.hisAppId,
    HIS_PRIVATE_KEY: his.hospital.privateKeyHex,
    HIS_THEIR_PUBLIC_KEY: his.his.publicKeyHex,
    HIS_SM4_KEY: his.sm4KeyHex,
    HIS_CLIENT_TOKEN: his.token,
    WECHAT_USER_QUERY_URL: `${sandboxUrl}/wechat/api`,
    WECHAT_PARTNER_ID: wechat.partnerId,
    WECHAT_PARTNER_SECRET: wechat.partnerSecret,
    WECHAT_AUTH_APP_ID: wechat.authAppId,
    WECHAT_CITY_CODE: wechat.cityCode,
    WECHAT_CHANNEL: wechat.channel,
    WECHAT_ORG_CHNL_CRTF_CODG: wechat.orgChnlCrtfCodg,
    WECHAT_ORG_CODG: wechat.orgCodg,
    WECHAT_ORG_APP_ID: wechat.orgAppId,
    WECHAT_APP_ID: icbc.subAppid,
  }
}

/** Nothing, where the test pack has no Alipay: the channel is not opened. */
function alipayLink({ alipay }: SandboxParameters, sandboxUrl: string): Record<string, string> {
  if (!alipay) return {}
  return {
    ALIPAY_GATEWAY_URL: `${sandboxUrl}/alipay/gateway.do`,
    ALIPAY_APP_ID: alipay.appId,
    ALIPAY_PRIVATE_KEY: alipay.hospital.privateKeyPem,
    ALIPAY_PUBLIC_KEY: alipay.alipay.publicKeyPem,
    ALIPAY_LEGACY: 'the sandbox signs as Alipay does; 2099-12-31',
    ALIPAY_ORG_CODE: alipay.orgCode,
    ALIPAY_ORG_CHNL_CRTF_CODE: alipay.orgChnlCrtfCode,
    ALIPAY_ORG_APP_ID: alipay.orgAppId,
    ALIPAY_RETURN_PAGE: 'pages/pay/index',
  }
}

function insuranceLinks(
  { insurance, midPlatform }: SandboxParameters,
  sandboxUrl: string,
): Record<string, string> {
  return {
    INSURANCE_URL: `${sandboxUrl}/insurance/fsi/api/rsfComIfsService/callService/{infno}`,
    INSURANCE_ORG_CODE: insurance.orgCodg,
    INSURANCE_ORG_NAME: insurance.orgName,
    INSURANCE_OPERATOR: insurance.operator,
    INSURANCE_OPERATOR_NAME: insurance.operatorName,
    INSURANCE_MDTRTAREA_ADMVS: insurance.mdtrtareaAdmvs,
    INSURANCE_RECER_SYS_CODE: insurance.recerSysCode,
    MID_PLATFORM_URL: `${sandboxUrl}/mid-platform`,
    MID_PLATFORM_APP_ID: midPlatform.appId,
    MID_PLATFORM_APP_SECRET: midPlatform.appSecret,
    MID_PLATFORM_PRIVATE_KEY: midPlatform.hospital.privateKeyHex,
    MID_PLATFORM_THEIR_PUBLIC_KEY: midPlatform.platform.publicKeyHex,
    MID_PLATFORM_ORG_ID: midPlatform.orgId,
  }
}

function icbcLink({ icbc }: SandboxParameters, sandboxUrl: string): Record<string, string> {
  return {
    ICBC_URL: `${sandboxUrl}/icbc`,
    ICBC_APP_ID: icbc.appId,
    ICBC_MER_ID: icbc.merId,
    ICBC_MER_PRTCL_NO: icbc.merPrtclNo,
    ICBC_HOSPITAL_ID: icbc.hospitalId,
    ICBC_SUB_MCHID: icbc.subMchid,
    ICBC_CITY_ID: icbc.cityId,
    ICBC_MED_INST_NAME: icbc.medInstName,
    ICBC_MED_INST_NO: icbc.medInstNo,
    ICBC_PRIVATE_KEY: icbc.app.sm2.privateKeyHex,
    ICBC_GATEWAY_PUBLIC_KEY: icbc.gateway.sm2.publicKeyHex,
    ICBC_CIPHER_KEY: icbc.sm4KeyHex,
  }
}

function standardBankLink(
  { standardBank }: SandboxParameters,
  sandboxUrl: string,
): Record<string, string> {
  return {
    STANDARD_BANK_URL: `${sandboxUrl}/standard-bank`,
    STANDARD_BANK_APP_ID: standardBank.appId,
    STANDARD_BANK_THEIR_APP_ID: standardBank.bankAppId,
    STANDARD_BANK_PRIVATE_KEY: standardBank.hospital.privateKeyHex,
    STANDARD_BANK_THEIR_PUBLIC_KEY: standardBank.bank.publicKeyHex,
    STANDARD_BANK_SM4_KEY: standardBank.sm4KeyHex,
    STANDARD_BANK_MERCHANT_NO: standardBank.merchantNo,
  }
}

function oneCodeLinks(
  { oneCode, collection }: SandboxParameters,
  sandboxUrl: string,
): Record<string, string> {
  return {
    ONE_CODE_URL: `${sandboxUrl}/one-code`,
    ONE_CODE_ORG_ID: oneCode.orgId,
    ONE_CODE_PROVINCE: oneCode.province,
    ONE_CODE_SM4_KEY: oneCode.sm4KeyHex,
    ONE_CODE_CHANNELS: '微信支付=wechat:60,支付宝=alipay:60',
    COLLECTION_URL: `${sandboxUrl}/collection`,
    COLLECTION_APP_ID: collection.appId,
    COLLECTION_THEIR_APP_ID: collection.theirAppId,
    COLLECTION_PRIVATE_KEY: collection.hospital.privateKeyHex,
    COLLECTION_THEIR_PUBLIC_KEY: collection.collection.publicKeyHex,
    COLLECTION_SM4_KEY: collection.sm4KeyHex,
    COLLECTION_MERCHANT_NO: collection.merchantNo,
  }
}

function hrssPayLink({ hrssPay }: SandboxParameters, sandboxUrl: string): Record<string, string> {
  return {
    HRSS_PAY_URL: `${sandboxUrl}/hrss-pay/engine/rest`,
    HRSS_PAY_ACCESS_KEY: hrssPay.accessKey,
    HRSS_PAY_APP_ID: hrssPay.appId,
    HRSS_PAY_MERCHANT_APP_ID: hrssPay.merchantAppId,
    HRSS_PAY_MCH_ID: hrssPay.mchId,
    HRSS_PAY_PRIVATE_KEY: hrssPay.hospital.privateKeyHex,
    HRSS_PAY_THEIR_PUBLIC_KEY: hrssPay.platform.publicKeyHex,
    HRSS_PAY_SM4_KEY: hrssPay.sm4KeyHex,
    HRSS_PAY_CASHIER_HOSTS: 'cashier.hrss.example',
  }
}

function oneCardLink({ oneCard }: SandboxParameters, sandboxUrl: string): Record<string, string> {
  const { profile } = oneCard
  return {
    ONE_CARD_URL: `${sandboxUrl}/one-card/gateway`,
    ONE_CARD_APP: oneCard.app,
    ONE_CARD_NODE: oneCard.node,
    ONE_CARD_ACCOUNT: oneCard.account,
    ONE_CARD_ACCESS_KEY: oneCard.accessKey,
    ONE_CARD_SECRET_KEY: oneCard.secretKey,
    ONE_CARD_THEIR_ACCESS_KEY: oneCard.theirAccessKey,
    ONE_CARD_THEIR_SECRET_KEY: oneCard.theirSecretKey,
    ONE_CARD_SM4_KEY: oneCard.sm4KeyHex,
    ONE_CARD_NETWORKS: '127.0.0.1',
    ONE_CARD_SERVICES: Object.entries(oneCard.services)
      .map(([name, number]) => `${name}=${number}`)
      .join(),
    ONE_CARD_SIGNATURE: profile.signature,
    ONE_CARD_BODY_HASH: profile.bodyHash ? 'both' : 'none',
    ONE_CARD_SM4_MODE: profile.sm4Mode,
    ONE_CARD_SM4_SCOPE: profile.sm4Scope,
  }
}

interface SettlementFilesFrom {
  readonly ports: Readonly<Record<'bank' | 'insurance', number>>
  readonly folder: string
}

const sftpUrl = (user: string, port: number): string => `sftp://${user}@127.0.0.1:${port}${FOLDER}`

/** The bank's day by key, with digest and signature; the insurance's month by password, without. */
function settlementFileLinks(
  { settlementFiles: { bank, insurance }, insurance: { orgCodg } }: SandboxParameters,
  { ports, folder }: SettlementFilesFrom,
): Record<string, string> {
  return {
    SETTLEMENT_FILES_BANK_SOURCE: sftpUrl(bank.user, ports.bank),
    SETTLEMENT_FILES_BANK_HOST_KEYS: hostFingerprint(bank.host),
    SETTLEMENT_FILES_BANK_LOGIN_KEY: Buffer.from(bank.login.privateKey).toString('base64'),
    SETTLEMENT_FILES_BANK_NAMES: `${bank.prefix}_{date}*.txt`,
    SETTLEMENT_FILES_BANK_CHECKSUM: 'sha256:.sha256',
    SETTLEMENT_FILES_BANK_SIGNATURE: 'SM2:.sig',
    SETTLEMENT_FILES_BANK_SIGNATURE_KEY: bank.signer.publicKeyHex,
    SETTLEMENT_FILES_BANK_FOLDER: join(folder, 'bank'),
    SETTLEMENT_FILES_BANK_RETRY_FIRST_MS: '1000',
    SETTLEMENT_FILES_INSURANCE_SOURCE: sftpUrl(insurance.user, ports.insurance),
    SETTLEMENT_FILES_INSURANCE_HOST_KEYS: hostFingerprint(insurance.host),
    SETTLEMENT_FILES_INSURANCE_PASSWORD: insurance.password,
    SETTLEMENT_FILES_INSURANCE_NAMES: `${orgCodg}_{month}.csv`,
    SETTLEMENT_FILES_INSURANCE_FOLDER: join(folder, 'insurance'),
    SETTLEMENT_FILES_INSURANCE_RETRY_FIRST_MS: '1000',
  }
}
