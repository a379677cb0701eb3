import {
  MID_PLATFORM_PROFILE,
  midPlatform,
  type MidPlatformSettings,
  refundAuthorisation,
} from '../upstreams/mid-platform/adapter.ts'
import { envelopeKeys } from '../upstreams/mid-platform/envelope.ts'
import { ORIGINAL_AUTHORISATION } from '../upstreams/original-authorisation.ts'
import type { InsuranceQuestion, Insurer, RefundAuthorisation } from '../upstreams/upstream.ts'
import { base, privateKey, publicKeys, twice, type Wire } from './wire.ts'

export function connectMidPlatform(wire: Wire): Insurer {
  const insurer = midPlatform(midPlatformOf(wire))
  return {
    ...insurer,
    query: twice(wire)((question: InsuranceQuestion) => insurer.query(question)),
  }
}

/** Step 3 of a refund (SC-R03). */
export function connectRefundAuthorisation(wire: Wire): RefundAuthorisation {
  const { REFUND_AUTHORISATION, REFUND_AUTHORISATION_PATH } = wire.settings
  return REFUND_AUTHORISATION === 'original'
    ? ORIGINAL_AUTHORISATION
    : refundAuthorisation(midPlatformOf(wire), REFUND_AUTHORISATION_PATH)
}

function midPlatformOf(wire: Wire): MidPlatformSettings {
  const { settings, log } = wire
  return {
    ...base(wire),
    baseUrl: settings.MID_PLATFORM_URL,
    keys: envelopeKeys({
      appId: settings.MID_PLATFORM_APP_ID,
      appSecret: settings.MID_PLATFORM_APP_SECRET,
      privateKey: privateKey(settings.MID_PLATFORM_PRIVATE_KEY),
      platformKeys: publicKeys(settings.MID_PLATFORM_THEIR_PUBLIC_KEY),
      engine: wire.engine,
    }),
    profile: {
      ...MID_PLATFORM_PROFILE,
      timestampFormat: settings.MID_PLATFORM_TIMESTAMP,
      sort: settings.MID_PLATFORM_SORT,
      responseVerification: settings.MID_PLATFORM_VERIFY,
      refundType: settings.REFUND_TYPE,
    },
    hospital: {
      orgCodg: settings.INSURANCE_ORG_CODE,
      orgId: settings.MID_PLATFORM_ORG_ID,
      acctUsedFlag: '1',
      pubHospRfomFlag: settings.MID_PLATFORM_PUB_HOSP_RFOM_FLAG,
    },
    warn: (message) => log.warn({ upstream: 'mid-platform' }, message),
  }
}
