/**
 * The test pack: what each upstream would hand over before joint testing (联调), both halves of every
 * key pair included, since here we are both sides. Plain JSON; makes sense only in a sandbox.
 */
import { generateKeyPairSync, createECDH } from 'node:crypto'
import { type CounterParameters, makeCounter } from './one-code/parameters.ts'
import { type HrssPayParameters, makeHrssPay } from './hrss-pay/parameters.ts'
import {
  makeSettlementFiles,
  type SettlementFileParameters,
} from './settlement-files/parameters.ts'
import { makeStandardBank, type StandardBankParameters } from './standard-bank/parameters.ts'
import { makeOneCard, type OneCardParameters } from './one-card/parameters.ts'

/** Hex: private 64 digits, public 130 digits beginning with 04 (uncompressed point). */
export interface Sm2KeyPair {
  readonly privateKeyHex: string
  readonly publicKeyHex: string
}

/** PEM: PKCS#8 private, SubjectPublicKeyInfo public. */
export interface RsaKeyPair {
  readonly privateKeyPem: string
  readonly publicKeyPem: string
}

/** `app` signs at the hospital, `gateway` at the bank; RSA only where the profile asks for it. */
export interface IcbcParameters {
  readonly appId: string
  readonly merId: string
  readonly merPrtclNo: string
  readonly hospitalId: string
  readonly subMchid: string
  readonly subAppid: string
  readonly cityId: string
  readonly medInstName: string
  readonly medInstNo: string
  readonly app: { readonly sm2: Sm2KeyPair; readonly rsa: RsaKeyPair | null }
  readonly gateway: { readonly sm2: Sm2KeyPair; readonly rsa: RsaKeyPair | null }
  readonly sm4KeyHex: string
  readonly aesKeyBase64: string
}

export interface HisParameters {
  /** Ours, as HIS knows us. */
  readonly appId: string
  readonly hisAppId: string
  readonly token: string
  readonly hospital: Sm2KeyPair
  readonly his: Sm2KeyPair
  readonly sm4KeyHex: string
}

export interface WechatParameters {
  readonly partnerId: string
  readonly partnerSecret: string
  /** The authorisation mini-program (医保授权小程序), the same for all hospitals. */
  readonly authAppId: string
  readonly cityCode: string
  readonly channel: string
  readonly orgChnlCrtfCodg: string
  readonly orgCodg: string
  readonly orgAppId: string
}

/** `hospital` signs our requests, `alipay` its answers. */
export interface AlipayParameters {
  readonly appId: string
  readonly hospital: RsaKeyPair
  readonly alipay: RsaKeyPair
  readonly orgCode: string
  readonly orgChnlCrtfCode: string
  readonly orgAppId: string
}

export interface InsuranceParameters {
  readonly orgCodg: string
  readonly orgName: string
  readonly operator: string
  readonly operatorName: string
  readonly mdtrtareaAdmvs: string
  readonly recerSysCode: string
  readonly tif: { readonly paasId: string; readonly secret: string }
  readonly csb: { readonly accessKey: string; readonly secretKey: string }
}

export interface MidPlatformParameters {
  readonly appId: string
  readonly appSecret: string
  readonly hospital: Sm2KeyPair
  readonly platform: Sm2KeyPair
  readonly orgCodg: string
  readonly orgId: string
}

export interface SandboxParameters extends CounterParameters {
  readonly his: HisParameters
  readonly wechat: WechatParameters
  /** Null: the hospital has not opened this channel. */
  readonly alipay: AlipayParameters | null
  readonly insurance: InsuranceParameters
  readonly midPlatform: MidPlatformParameters
  readonly icbc: IcbcParameters
  readonly standardBank: StandardBankParameters
  readonly hrssPay: HrssPayParameters
  readonly oneCard: OneCardParameters
  readonly settlementFiles: SettlementFileParameters
}

export interface IcbcProfile {
  readonly signType: 'SM2' | 'RSA2'
  readonly gatewaySignAlg: 'SM2' | 'SHA256' | 'SHA1'
  readonly callbackSignAlg: 'SM2' | 'SHA256' | 'SHA1'
  readonly sm2UserId: string
  readonly sm2Encoding: 'der' | 'raw'
  readonly encryptType: 'SM4' | 'AES'
  /** In which house's shape mixed orders come (upstreams/icbc/README.md 3). */
  readonly family: 'head-office' | 'aggregated' | 'hebei'
  readonly queryByOutTradeNo: boolean
}

/** The switches for what public sources leave open; structurally what the adapters take. */
export interface SandboxProfiles {
  readonly icbc: IcbcProfile
  readonly midPlatform: {
    readonly version: '2.0.1'
    readonly timestampFormat: 'yyyyMMddHHmmss' | 'ms' | 's'
    readonly sort: 'ordinal' | 'ignore-case'
  }
  readonly insurance: {
    readonly authenticator: 'none' | 'x-tif' | 'csb'
    readonly personQuery: '1101' | 'queryPsninfobyZFB'
  }
  readonly his: { readonly protection: 'sm2-sm4' | 'bearer' }
}

/** The demonstration's profile (docs/rulings.md 4): national algorithms everywhere. */
export const DEFAULT_PROFILES: SandboxProfiles = {
  icbc: {
    signType: 'SM2',
    gatewaySignAlg: 'SM2',
    callbackSignAlg: 'SM2',
    sm2UserId: '1234567812345678',
    sm2Encoding: 'der',
    encryptType: 'SM4',
    family: 'head-office',
    queryByOutTradeNo: false,
  },
  midPlatform: { version: '2.0.1', timestampFormat: 'yyyyMMddHHmmss', sort: 'ordinal' },
  insurance: { authenticator: 'none', personQuery: '1101' },
  his: { protection: 'sm2-sm4' },
}

/** What existing ICBC apps still run (docs/rulings.md 4): RSA2 requests, SHA-1 gateway, AES. */
export const LEGACY_ICBC_PROFILE: IcbcProfile = {
  ...DEFAULT_PROFILES.icbc,
  signType: 'RSA2',
  gatewaySignAlg: 'SHA1',
  callbackSignAlg: 'SHA1',
  encryptType: 'AES',
}

/** Order of the SM2 curve group minus two bounds a usable private key. */
const SM2_ORDER = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n

/** Deterministic for a seeded `random` except for RSA and SSH pairs, which node:crypto draws itself. */
export function makeParameters(
  random: () => number,
  options: { rsa?: boolean; alipay?: boolean } = {},
): SandboxParameters {
  const make = generator(random)
  const orgCodg = 'H51010000001'
  return {
    his: {
      appId: `JL${make.digits(10)}`,
      hisAppId: `HIS${make.digits(9)}`,
      token: make.hex(32),
      hospital: make.sm2(),
      his: make.sm2(),
      sm4KeyHex: make.hex(16),
    },
    wechat: makeWechat(make, orgCodg),
    alipay: options.alipay ? makeAlipay(make, orgCodg) : null,
    insurance: makeInsurance(make, orgCodg),
    midPlatform: {
      appId: make.hex(16).toUpperCase(),
      appSecret: make.hex(16).toUpperCase(),
      hospital: make.sm2(),
      platform: make.sm2(),
      orgCodg,
      orgId: make.digits(18),
    },
    icbc: makeIcbc(make, options.rsa ?? false),
    standardBank: makeStandardBank(make),
    ...makeCounter(make, orgCodg),
    hrssPay: makeHrssPay(make),
    oneCard: makeOneCard(make),
    settlementFiles: makeSettlementFiles(make),
  }
}

export type Generator = ReturnType<typeof generator>

function generator(random: () => number) {
  const bytes = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
  const hex = (length: number): string => bytes(length).toString('hex')
  const digits = (length: number): string =>
    Array.from({ length }, () => Math.floor(random() * 10)).join('')
  const sm2 = (): Sm2KeyPair => {
    const scalar = (BigInt(`0x${hex(40)}`) % (SM2_ORDER - 2n)) + 1n
    const privateKeyHex = scalar.toString(16).padStart(64, '0')
    const curve = createECDH('SM2')
    curve.setPrivateKey(privateKeyHex, 'hex')
    return { privateKeyHex, publicKeyHex: curve.getPublicKey('hex', 'uncompressed') }
  }
  return { bytes, hex, digits, sm2 }
}

function makeWechat(make: Generator, orgCodg: string): WechatParameters {
  return {
    partnerId: make.digits(8),
    partnerSecret: make.hex(16),
    authAppId: 'wxe183cd55df4b4369',
    cityCode: '510100',
    channel: 'AAGN9uhZc5EGyRdairKW7Qnu',
    // Base64 whose + / = must survive a URL: bytes fb ef ff give "++//".
    orgChnlCrtfCodg: Buffer.concat([Buffer.from('fbefff', 'hex'), make.bytes(28)]).toString(
      'base64',
    ),
    orgCodg,
    orgAppId: make.hex(16).toUpperCase(),
  }
}

function makeAlipay(make: Generator, orgCode: string): AlipayParameters {
  return {
    appId: `2021${make.digits(12)}`,
    hospital: makeRsa(),
    alipay: makeRsa(),
    orgCode,
    orgChnlCrtfCode: make.bytes(28).toString('base64'),
    orgAppId: make.hex(16).toUpperCase(),
  }
}

function makeInsurance(make: Generator, orgCodg: string): InsuranceParameters {
  return {
    orgCodg,
    orgName: '沙盒市第一人民医院',
    operator: 'JL001',
    operatorName: '移动支付',
    mdtrtareaAdmvs: '510100',
    recerSysCode: 'MBSSANDBOX',
    tif: { paasId: `paas${make.digits(6)}`, secret: make.hex(16) },
    csb: { accessKey: make.hex(16), secretKey: make.hex(16) },
  }
}

function makeIcbc(make: Generator, rsa: boolean): IcbcParameters {
  return {
    appId: `10000000000004${make.digits(6)}`,
    merId: `4402${make.digits(8)}`,
    merPrtclNo: `4402${make.digits(12)}`,
    hospitalId: `4402${make.digits(6)}`,
    subMchid: `16${make.digits(8)}`,
    subAppid: `wx${make.hex(8)}`,
    cityId: '510100',
    medInstName: '沙盒市第一人民医院',
    medInstNo: 'H51010000001',
    app: { sm2: make.sm2(), rsa: rsa ? makeRsa() : null },
    gateway: { sm2: make.sm2(), rsa: rsa ? makeRsa() : null },
    sm4KeyHex: make.hex(16),
    aesKeyBase64: make.bytes(16).toString('base64'),
  }
}

function makeRsa(): RsaKeyPair {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { privateKeyPem: pair.privateKey, publicKeyPem: pair.publicKey }
}
