import type { Settings } from '../config.ts'
import type { Bank } from '../upstreams/bank.ts'
import { icbcBank } from '../upstreams/icbc/adapter.ts'
import { type IcbcSecurity, icbcSecurity } from '../upstreams/icbc/security.ts'
import { signedLink } from '../upstreams/signed-link.ts'
import { standardBank } from '../upstreams/standard-bank/adapter.ts'
import { base, bytesOf, given, privateKey, publicKeys, type Wire } from './wire.ts'

/** The one clearing bank that this hospital has chosen. */
export function connectBank(wire: Wire): Bank {
  return wire.settings.BANK === 'icbc' ? connectIcbc(wire) : connectStandardBank(wire)
}

const timeoutsOf = (settings: Settings) => ({
  questionMs: settings.schedule.questionTimeoutMs,
  effectMs: settings.CALL_TIMEOUT_MS,
})

function connectIcbc(wire: Wire): Bank {
  const { settings } = wire
  return icbcBank({
    ...base(wire),
    baseUrl: given(settings, 'ICBC_URL'),
    timeouts: timeoutsOf(settings),
    security: securityOf(wire),
    appId: given(settings, 'ICBC_APP_ID'),
    merId: given(settings, 'ICBC_MER_ID'),
    merPrtclNo: given(settings, 'ICBC_MER_PRTCL_NO'),
    hospitalId: given(settings, 'ICBC_HOSPITAL_ID'),
    subMchid: given(settings, 'ICBC_SUB_MCHID'),
    subAppid: settings.WECHAT_APP_ID,
    alipayAppid: settings.ALIPAY_APP_ID ?? null,
    cityId: given(settings, 'ICBC_CITY_ID'),
    medInstName: given(settings, 'ICBC_MED_INST_NAME'),
    medInstNo: given(settings, 'ICBC_MED_INST_NO'),
    mixedCallbackUrl: `${settings.PUBLIC_URL}/callbacks/icbc/mixed-order`,
    selfPayCallbackUrl: `${settings.PUBLIC_URL}/callbacks/icbc/self-pay`,
    profile: {
      name: 'icbc',
      family: settings.ICBC_MIXED_ORDERS,
      ...(settings.ICBC_SUBMIT_PATH !== undefined && { submitPath: settings.ICBC_SUBMIT_PATH }),
      queryByOutTradeNo: settings.ICBC_QUERY_BY_OUT_TRADE_NO,
      merchantNo: given(settings, 'ICBC_MER_ID'),
      institutionNumberTemplate: settings.ICBC_INSTITUTION_NUMBER,
      includePassthrough: settings.ICBC_INCLUDE_PASSTHROUGH,
      includeReturnCode: settings.ICBC_INCLUDE_RETURN_CODE,
    },
  })
}

function securityOf({ settings, engine }: Wire): IcbcSecurity {
  return icbcSecurity({
    signType: settings.ICBC_SIGN_TYPE,
    appPrivateKey: given(settings, 'ICBC_PRIVATE_KEY'),
    gatewaySignAlg: settings.ICBC_GATEWAY_SIGN,
    gatewayPublicKeys: given(settings, 'ICBC_GATEWAY_PUBLIC_KEY'),
    callback: {
      signAlg: settings.ICBC_CALLBACK_SIGN ?? settings.ICBC_GATEWAY_SIGN,
      publicKeys: settings.ICBC_CALLBACK_PUBLIC_KEY ?? given(settings, 'ICBC_GATEWAY_PUBLIC_KEY'),
    },
    encryptType: settings.ICBC_CIPHER,
    cipherKey: given(settings, 'ICBC_CIPHER_KEY'),
    sm2UserId: settings.ICBC_SM2_USER_ID,
    sm2Encoding: settings.ICBC_SM2_ENCODING,
    sm2Engine: engine,
    allowPublishedTestKey: settings.ENVIRONMENT === 'sandbox',
  })
}

function connectStandardBank(wire: Wire): Bank {
  const { settings } = wire
  const callbacks = `${settings.PUBLIC_URL}/callbacks/standard-bank`
  return standardBank({
    ...base(wire),
    baseUrl: given(settings, 'STANDARD_BANK_URL'),
    timeouts: timeoutsOf(settings),
    link: signedLink({
      appId: given(settings, 'STANDARD_BANK_APP_ID'),
      theirAppId: given(settings, 'STANDARD_BANK_THEIR_APP_ID'),
      privateKey: privateKey(given(settings, 'STANDARD_BANK_PRIVATE_KEY')),
      theirKeys: publicKeys(given(settings, 'STANDARD_BANK_THEIR_PUBLIC_KEY')),
      fieldKey: bytesOf(given(settings, 'STANDARD_BANK_SM4_KEY')),
      engine: wire.engine,
    }),
    merchantNo: given(settings, 'STANDARD_BANK_MERCHANT_NO'),
    appIds: { wechat: settings.WECHAT_APP_ID, alipay: settings.ALIPAY_APP_ID ?? null },
    callbackUrl: {
      'mixed-order': `${callbacks}/mixed-order`,
      'self-pay': `${callbacks}/self-pay`,
    },
    institutionNumberTemplate: settings.STANDARD_BANK_INSTITUTION_NUMBER,
  })
}
