import type { ChannelName } from '../payment/order.ts'
import { alipayChannel } from '../upstreams/alipay/adapter.ts'
import type { Channel } from '../upstreams/upstream.ts'
import { wechatChannel } from '../upstreams/wechat/adapter.ts'
import { base, given, type Wire } from './wire.ts'

/** The channels that this hospital has opened. */
export function connectChannels(wire: Wire): Partial<Record<ChannelName, Channel>> {
  const alipay = connectAlipay(wire)
  return { wechat: connectWechat(wire), ...(alipay && { alipay }) }
}

/** One environment of the channel takes nothing of the other (upstreams/wechat/README.md 3). */
const WECHAT_TEST = { envVersion: 'trial', h5: 'https://mitest.wecity.qq.com/oauth/code' } as const
const WECHAT_PAGES = {
  sandbox: WECHAT_TEST,
  test: WECHAT_TEST,
  production: { envVersion: 'release', h5: 'https://card.wecity.qq.com/oauth/code' },
} as const

function connectWechat(wire: Wire): Channel {
  const { settings } = wire
  const pages = WECHAT_PAGES[settings.ENVIRONMENT]
  return wechatChannel({
    ...base(wire),
    baseUrl: settings.WECHAT_USER_QUERY_URL,
    partnerId: settings.WECHAT_PARTNER_ID,
    partnerSecret: settings.WECHAT_PARTNER_SECRET,
    hospital: {
      cityCode: settings.WECHAT_CITY_CODE,
      channel: settings.WECHAT_CHANNEL,
      orgChnlCrtfCodg: settings.WECHAT_ORG_CHNL_CRTF_CODG,
      orgCodg: settings.WECHAT_ORG_CODG,
      orgAppId: settings.WECHAT_ORG_APP_ID,
    },
    miniProgram: {
      appId: settings.WECHAT_AUTH_APP_ID,
      envVersion: pages.envVersion,
      encodeOrgChnlCrtfCodg: settings.WECHAT_ENCODE_ORG_CHNL_CRTF_CODG,
    },
    h5: {
      pageUrl: settings.WECHAT_AUTH_PAGE_URL ?? pages.h5,
      appId: settings.WECHAT_APP_ID,
      redirectUrl: settings.WECHAT_H5_RETURN_URL ?? settings.PUBLIC_URL,
      encodeOrgChnlCrtfCodg: 'encoded',
    },
  })
}

/** Complete, or not opened at all. */
function connectAlipay(wire: Wire): Channel | null {
  const { settings } = wire
  if (settings.ALIPAY_GATEWAY_URL === undefined) return null
  return alipayChannel({
    ...base(wire),
    gatewayUrl: settings.ALIPAY_GATEWAY_URL,
    privateKey: given(settings, 'ALIPAY_PRIVATE_KEY'),
    alipayPublicKeys: given(settings, 'ALIPAY_PUBLIC_KEY'),
    hospital: {
      appId: given(settings, 'ALIPAY_APP_ID'),
      orgCode: given(settings, 'ALIPAY_ORG_CODE'),
      orgChnlCrtfCode: given(settings, 'ALIPAY_ORG_CHNL_CRTF_CODE'),
      orgAppId: given(settings, 'ALIPAY_ORG_APP_ID'),
      returnPage: given(settings, 'ALIPAY_RETURN_PAGE'),
      returnUrl: settings.ALIPAY_H5_RETURN_URL ?? settings.PUBLIC_URL,
    },
  })
}
