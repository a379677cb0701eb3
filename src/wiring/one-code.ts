import { issuedKey } from '../config/issued-key.ts'
import { collection } from '../upstreams/collection/adapter.ts'
import { oneCodePay } from '../upstreams/one-code/adapter.ts'
import type { OneCode } from '../upstreams/one-code.ts'
import { signedLink } from '../upstreams/signed-link.ts'
import { base, bytesOf, given, privateKey, publicKeys, type Wire } from './wire.ts'

/** Where the collection notifies us. */
export const CHARGE_CALLBACK = '/callbacks/collection/charge'

/** Complete, or not opened at all. */
export function connectOneCode(wire: Wire): OneCode | null {
  const { settings, log, engine } = wire
  const { ONE_CODE_URL: baseUrl } = settings
  if (baseUrl === undefined) return null
  const orgId = given(settings, 'ONE_CODE_ORG_ID')
  const typeOrg = settings.ONE_CODE_REQT_TYPE_ORG ?? orgId
  const key = issuedKey(given(settings, 'ONE_CODE_SM4_KEY'), settings.ONE_CODE_SM4_KEY_ENCODING)
  if (key === null) throw new Error('ONE_CODE_SM4_KEY is not 16 bytes')
  return {
    pay: oneCodePay({
      ...base(wire),
      baseUrl,
      orgId,
      reqtType: `${typeOrg}&${given(settings, 'ONE_CODE_PROVINCE')}`,
      key,
      institution: {
        orgCodg: settings.INSURANCE_ORG_CODE,
        orgName: settings.INSURANCE_ORG_NAME,
      },
      profile: {
        amountFormat: settings.ONE_CODE_AMOUNT_FORMAT,
        lengthIn: settings.ONE_CODE_LENGTH_IN,
      },
      warn: (message) => log.warn({ upstream: 'one-code' }, message),
    }),
    collection: collection({
      ...base(wire),
      baseUrl: given(settings, 'COLLECTION_URL'),
      merchantNo: given(settings, 'COLLECTION_MERCHANT_NO'),
      callbackUrl: settings.PUBLIC_URL + CHARGE_CALLBACK,
      link: signedLink({
        appId: given(settings, 'COLLECTION_APP_ID'),
        theirAppId: given(settings, 'COLLECTION_THEIR_APP_ID'),
        privateKey: privateKey(given(settings, 'COLLECTION_PRIVATE_KEY')),
        theirKeys: publicKeys(given(settings, 'COLLECTION_THEIR_PUBLIC_KEY')),
        fieldKey: bytesOf(given(settings, 'COLLECTION_SM4_KEY')),
        engine,
      }),
    }),
  }
}
