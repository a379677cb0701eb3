import { isLoopback } from '../config/loopback.ts'
import type { Settings } from '../config.ts'
import type { AllowedTarget } from '../upstreams/http-client.ts'
import { USER_QUERY_PATH } from '../upstreams/wechat/transport.ts'
import { given } from './wire.ts'

/** SC-G01: the only places this service ever calls; at the channel only the exchange of a code. */
export const allowedTargets = (settings: Settings): AllowedTarget[] =>
  targetsBySetting(settings).map(({ target }) => target)

/** Each with the setting that names its address. */
export function targetsBySetting(settings: Settings): { name: string; target: AllowedTarget }[] {
  const { INSURANCE_URL, INSURANCE_PERSON_URL, INSURANCE_PERSON_QUERY } = settings
  const asksElsewhere = INSURANCE_PERSON_QUERY !== '1101' && INSURANCE_PERSON_URL !== undefined
  const { ALIPAY_GATEWAY_URL, authorities } = settings
  const his = {
    route: settings.HIS_ROUTE,
    ca: authorities.HIS_CA_FILE,
    plainHttp: settings.HIS_PLAIN_HTTP !== undefined,
  }
  const insurance = {
    route: settings.INSURANCE_ROUTE,
    ca: authorities.INSURANCE_CA_FILE,
    plainHttp: settings.INSURANCE_PLAIN_HTTP !== undefined,
  }
  const midPlatform = {
    route: settings.MID_PLATFORM_ROUTE,
    ca: authorities.MID_PLATFORM_CA_FILE,
    plainHttp: settings.MID_PLATFORM_PLAIN_HTTP !== undefined,
  }
  const wechat = { route: settings.WECHAT_ROUTE }
  const alipay = { route: settings.ALIPAY_ROUTE }
  const targets: Record<string, AllowedTarget> = {
    HIS_URL: { ...below(settings.HIS_URL), ...his },
    WECHAT_USER_QUERY_URL: {
      ...below(settings.WECHAT_USER_QUERY_URL + USER_QUERY_PATH),
      ...wechat,
    },
    INSURANCE_URL: { ...insuranceCalls(INSURANCE_URL), ...insurance },
    ...(asksElsewhere && {
      INSURANCE_PERSON_URL: { ...exactly(INSURANCE_PERSON_URL), ...insurance },
    }),
    MID_PLATFORM_URL: { ...below(settings.MID_PLATFORM_URL), ...midPlatform },
    ...bankTarget(settings),
    ...oneCodeTargets(settings),
    ...hrssPayTarget(settings),
    ...(ALIPAY_GATEWAY_URL !== undefined && {
      ALIPAY_GATEWAY_URL: { ...exactly(ALIPAY_GATEWAY_URL), ...alipay },
    }),
    ...oneCardTarget(settings),
  }
  return Object.entries(targets).map(([name, target]) => {
    const plainHttp = target.plainHttp === true || isPretend(settings, target.origin)
    return { name, target: { ...target, plainHttp } }
  })
}

function bankTarget(settings: Settings): Record<string, AllowedTarget> {
  if (settings.BANK === 'icbc')
    return { ICBC_URL: { ...below(given(settings, 'ICBC_URL')), route: settings.ICBC_ROUTE } }
  return {
    STANDARD_BANK_URL: {
      ...below(given(settings, 'STANDARD_BANK_URL')),
      route: settings.STANDARD_BANK_ROUTE,
      ca: settings.authorities.STANDARD_BANK_CA_FILE,
    },
  }
}

function oneCodeTargets(settings: Settings): Record<string, AllowedTarget> {
  const { ONE_CODE_URL, COLLECTION_URL, authorities } = settings
  if (ONE_CODE_URL === undefined || COLLECTION_URL === undefined) return {}
  return {
    ONE_CODE_URL: {
      ...below(`${ONE_CODE_URL}/cfc/api`),
      route: settings.ONE_CODE_ROUTE,
      ca: authorities.ONE_CODE_CA_FILE,
      plainHttp: settings.ONE_CODE_PLAIN_HTTP !== undefined,
    },
    COLLECTION_URL: {
      ...below(COLLECTION_URL),
      route: settings.COLLECTION_ROUTE,
      ca: authorities.COLLECTION_CA_FILE,
    },
  }
}

function hrssPayTarget(settings: Settings): Record<string, AllowedTarget> {
  const { HRSS_PAY_URL: url, HRSS_PAY_ROUTE: route, authorities } = settings
  if (url === undefined) return {}
  const plainHttp = settings.HRSS_PAY_PLAIN_HTTP !== undefined
  return { HRSS_PAY_URL: { ...below(url), route, ca: authorities.HRSS_PAY_CA_FILE, plainHttp } }
}

function oneCardTarget(settings: Settings): Record<string, AllowedTarget> {
  const { ONE_CARD_URL } = settings
  if (ONE_CARD_URL === undefined) return {}
  const plainHttp = settings.ONE_CARD_PLAIN_HTTP !== undefined
  const { ONE_CARD_ROUTE: route } = settings
  const { ONE_CARD_CA_FILE: ca } = settings.authorities
  return { ONE_CARD_URL: { ...exactly(ONE_CARD_URL), route, ca, plainHttp } }
}

function below(address: string) {
  const { origin, pathname } = new URL(address)
  return { origin, pathPrefix: pathname.endsWith('/') ? pathname : `${pathname}/` }
}

function exactly(address: string) {
  const { origin, pathname } = new URL(address)
  return { origin, path: pathname }
}

/** The number of the call may stand in the path, and then only its own part of the path varies. */
function insuranceCalls(address: string) {
  const { origin, pathname } = new URL(address)
  const at = pathname.indexOf('%7Binfno%7D')
  return at === -1
    ? exactly(address)
    : { origin, pathPrefix: pathname.slice(0, pathname.lastIndexOf('/', at) + 1) }
}

/** Asked again here and not left to the settings' check: two mistakes are needed, not one. */
const isPretend = (settings: Settings, origin: string): boolean =>
  settings.ENVIRONMENT === 'sandbox' && isLoopback(origin)
