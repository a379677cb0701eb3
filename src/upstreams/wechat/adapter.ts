/** WeChat as payment channel (第三方支付渠道): authorisation page, code exchange, cashier; nothing else. */
import { type Channel, done } from '../upstream.ts'
import {
  authorisationOf,
  cashierOf,
  type H5Page,
  type Hospital,
  type MiniProgramPage,
  miniProgramJump,
  pageJump,
} from './mapping.ts'
import { type TransportSettings, userQuery } from './transport.ts'

export interface WechatSettings extends TransportSettings {
  readonly hospital: Hospital
  readonly miniProgram: MiniProgramPage
  readonly h5: H5Page
}

export function wechatChannel(settings: WechatSettings): Channel {
  const { hospital, miniProgram, h5 } = settings
  const query = userQuery(settings)
  return {
    authorisation: async ({ surface, state }) =>
      done(
        surface === 'h5'
          ? pageJump(hospital, h5, state)
          : miniProgramJump(hospital, miniProgram, state),
      ),
    // An authCode is burnt by the first try that leaves; whoever calls this asks once.
    exchange: async ({ authCode, userId }) => {
      const outcome = await query({ qrcode: authCode.reveal(), openid: userId })
      return outcome.kind === 'done' ? authorisationOf(outcome.value) : outcome
    },
    cashierIsPage: false,
    cashier: ({ mixTradeNo, prepay }) => cashierOf(mixTradeNo, prepay),
  }
}
