import { hrssPay } from '../upstreams/hrss-pay/adapter.ts'
import type { HrssPay } from '../upstreams/hrss-pay.ts'
import { base, bytesOf, given, privateKey, publicKeys, type Wire } from './wire.ts'

/** Null where the hospital has not joined the platform. */
export function connectHrssPay(wire: Wire): HrssPay | null {
  const { settings, engine, log } = wire
  if (settings.HRSS_PAY_URL === undefined) return null
  return hrssPay({
    ...base(wire),
    access: {
      baseUrl: settings.HRSS_PAY_URL,
      accessKey: given(settings, 'HRSS_PAY_ACCESS_KEY'),
      appId: given(settings, 'HRSS_PAY_APP_ID'),
    },
    keys: {
      privateKey: privateKey(given(settings, 'HRSS_PAY_PRIVATE_KEY')),
      theirKeys: publicKeys(given(settings, 'HRSS_PAY_THEIR_PUBLIC_KEY')),
      dataKey: bytesOf(given(settings, 'HRSS_PAY_SM4_KEY')),
      signatureFormat: settings.HRSS_PAY_SIGNATURE_FORMAT,
      signExclude: settings.HRSS_PAY_SIGN_EXCLUDE,
      engine,
    },
    profile: {
      resendOrder: settings.HRSS_PAY_LOST_ORDER === 'resend',
      queryWithoutPayOrderId: settings.HRSS_PAY_QUERY_WITHOUT_NUMBER,
    },
    timeouts: {
      questionMs: settings.schedule.questionTimeoutMs,
      effectMs: settings.CALL_TIMEOUT_MS,
    },
    merchantAppId: given(settings, 'HRSS_PAY_MERCHANT_APP_ID'),
    mchId: given(settings, 'HRSS_PAY_MCH_ID'),
    encrypted: settings.HRSS_PAY_MERCHANT_SIDE_DATA === 'encrypted',
    signAnswer: settings.HRSS_PAY_SIGN_ANSWER,
    notifyUrl: `${settings.PUBLIC_URL}/callbacks/hrss-pay/order`,
    cashierHosts: settings.HRSS_PAY_CASHIER_HOSTS,
    warn: (about, message) => log.warn({ upstream: 'hrss-pay', ...about }, message),
  })
}
