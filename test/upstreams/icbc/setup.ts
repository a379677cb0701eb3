/** What the hospital holds for ICBC, and the adapter's settings for a bank of a few lines. */
import { Secret } from '../../../src/errors.ts'
import {
  DEFAULT_PROFILES,
  type IcbcProfile as SandboxProfile,
  type IcbcParameters,
  makeParameters,
  type SandboxParameters,
} from '../../../src/sandbox/parameters.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import type { Bank } from '../../../src/upstreams/bank.ts'
import { icbcBank, type IcbcSettings } from '../../../src/upstreams/icbc/adapter.ts'
import type { IcbcProfile } from '../../../src/upstreams/icbc/families.ts'
import { type IcbcSecurity, icbcSecurity } from '../../../src/upstreams/icbc/security.ts'
import { type BankLink, NOW } from '../bank-rig.ts'

export const parameters = makeParameters(Math.random, { rsa: true, alipay: true })
export const icbc: IcbcParameters = parameters.icbc

/** What the hospital holds: its own private key and the gateway's public one. */
export function hospitalSecurity(
  profile: SandboxProfile = DEFAULT_PROFILES.icbc,
  { icbc }: Pick<SandboxParameters, 'icbc'> = parameters,
): IcbcSecurity {
  const sm2 = profile.signType === 'SM2'
  const keyFor = (alg: SandboxProfile['gatewaySignAlg']): string =>
    alg === 'SM2' ? icbc.gateway.sm2.publicKeyHex : (icbc.gateway.rsa?.publicKeyPem ?? '')
  return icbcSecurity({
    signType: profile.signType,
    appPrivateKey: new Secret(
      sm2 ? icbc.app.sm2.privateKeyHex : (icbc.app.rsa?.privateKeyPem ?? ''),
    ),
    gatewaySignAlg: profile.gatewaySignAlg,
    gatewayPublicKeys: [keyFor(profile.gatewaySignAlg)],
    callback: { signAlg: profile.callbackSignAlg, publicKeys: [keyFor(profile.callbackSignAlg)] },
    encryptType: profile.encryptType,
    cipherKey: new Secret(profile.encryptType === 'SM4' ? icbc.sm4KeyHex : icbc.aesKeyBase64),
  })
}

export function settings(send: Send, change: Partial<IcbcSettings> = {}): IcbcSettings {
  return {
    baseUrl: 'https://gw.bank.test',
    appId: icbc.appId,
    merId: icbc.merId,
    merPrtclNo: icbc.merPrtclNo,
    hospitalId: icbc.hospitalId,
    subMchid: icbc.subMchid,
    subAppid: icbc.subAppid,
    alipayAppid: null,
    cityId: icbc.cityId,
    medInstName: icbc.medInstName,
    medInstNo: icbc.medInstNo,
    mixedCallbackUrl: 'https://pay.hospital.test/api/callbacks/icbc/mixed-order',
    selfPayCallbackUrl: 'https://pay.hospital.test/api/callbacks/icbc/self-pay',
    security: hospitalSecurity(),
    send,
    recordExchange: () => {},
    now: () => NOW,
    random: Math.random,
    profile: {
      name: 'test',
      family: 'head-office',
      queryByOutTradeNo: false,
      merchantNo: icbc.subMchid,
      institutionNumberTemplate: '{merchantNo}{yyyyMMddHHmmss}{seq:6}',
    },
    ...change,
  }
}

/** The hospital as it joined the pretend bank, which speaks by this profile. */
export function connected(
  { parameters, url, callbackUrl, alipayAppId, ...link }: BankLink,
  profile: SandboxProfile,
  change: Partial<IcbcProfile> = {},
): Bank {
  const base = settings(link.send)
  const { appId, merId, merPrtclNo, hospitalId, subMchid, subAppid } = parameters.icbc
  const { family, queryByOutTradeNo } = profile
  return icbcBank({
    ...base,
    ...link,
    appId,
    merId,
    merPrtclNo,
    hospitalId,
    subMchid,
    subAppid,
    baseUrl: `${url}/icbc`,
    alipayAppid: alipayAppId,
    mixedCallbackUrl: callbackUrl['mixed-order'],
    selfPayCallbackUrl: callbackUrl['self-pay'],
    security: hospitalSecurity(profile, parameters),
    profile: { ...base.profile, family, queryByOutTradeNo, ...change },
  })
}
