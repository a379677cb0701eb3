/**
 * Addresses of banks and channels that everybody knows, by the environment they serve: SC-O14
 * forbids a test address among production's, and the other way round. Who is not listed (a bureau's
 * private network, a proxy of the hospital) is not judged.
 */

/** Beginnings of host and path. */
const TEST = [
  // upstreams/icbc/README.md 1.1
  'gw-sandbox.open.icbc.com.cn/',
  'apipcs3.dccnet.com.cn/',
  'apipcs4.dccnet.com.cn/',
  // upstreams/wechat/README.md 3
  'mitest.wecity.qq.com/',
  'test-receiver.wecity.qq.com/',
  'mip-receiver.tengmed.com/testapi/',
  // upstreams/alipay/README.md 1
  'openapi-sandbox.dl.alipaydev.com/',
  'openapi.alipaydev.com/',
]

const PRODUCTION = [
  'gw.open.icbc.com.cn/',
  'gw.inner.icbc.com.cn/',
  'card.wecity.qq.com/',
  'openapi.alipay.com/',
]

/** @returns null for an address that nobody knows. */
export function environmentOf(address: string): 'test' | 'production' | null {
  const { hostname, pathname } = new URL(address)
  const place = `${hostname}${pathname}/`
  if (TEST.some((known) => place.startsWith(known))) return 'test'
  return PRODUCTION.some((known) => place.startsWith(known)) ? 'production' : null
}
