/** Alipay as payment channel (第三方支付渠道): authorisation page, code exchange, cashier; nothing else. */
import {
  type AuthorisationExchange,
  type AuthorisationRequest,
  type Channel,
  type ChannelAuthorisation,
  type Outcome,
  refused,
  unknown,
  unlisted,
} from '../upstream.ts'
import * as map from './mapping.ts'
import { type AuthorisationState, MEMBER, METHOD, TOKEN } from './messages.ts'
import { type Gateway, gateway, type TransportSettings } from './transport.ts'

export interface AlipaySettings extends TransportSettings {
  readonly hospital: map.Hospital
}

interface Context {
  readonly ask: Gateway
  readonly until: number
  readonly hospital: map.Hospital
}

export function alipayChannel(settings: AlipaySettings): Channel {
  const { hospital } = settings
  const ask = gateway({ ...settings, appId: hospital.appId })
  const begin = (): Context => ({ ask, hospital, until: settings.now() + settings.timeoutMs })
  return {
    authorisation: async (request) => {
      const told = await authorisation(begin(), request)
      return told.kind === 'done' ? map.jumpOf(told.value, request.state) : told
    },
    exchange: (request) => exchange(begin(), request),
    cashierIsPage: true,
    cashier: map.cashierOf,
  }
}

async function authorisation(
  { ask, hospital, until }: Context,
  request: AuthorisationRequest,
): Promise<Outcome<AuthorisationState>> {
  const content = map.questionOf(hospital, request)
  const answer = await ask({
    method: METHOD.authorisation,
    number: request.reference,
    until,
    content,
  })
  if (answer.kind !== 'done') return answer
  const state = map.stateOf(answer.value, request.reference)
  return state === null ? unlisted('answer-to-another-question') : { kind: 'done', value: state }
}

/**
 * The OAuth code proves who holds the phone, and only its token tells the payer's name. It is burnt
 * by the first call that leaves, so nothing after it is `unsent` any more; whoever calls this does so
 * once a code.
 */
async function exchange(
  context: Context,
  request: AuthorisationExchange,
): Promise<Outcome<ChannelAuthorisation>> {
  const { authCode, reference, userId } = request
  const granted = await context.ask({
    method: METHOD.token,
    number: reference,
    until: context.until,
    parameters: { grant_type: 'authorization_code', code: authCode.reveal() },
  })
  if (granted.kind !== 'done') return granted
  const token = TOKEN.safeParse(granted.value)
  if (!token.success) return unlisted('answer-incomplete')
  if (token.data.user_id !== userId) return refused('another-user', '支付宝账户与登录账户不一致')
  return codeIsBurnt(await authorised(context, request, token.data.access_token))
}

async function authorised(
  context: Context,
  request: AuthorisationExchange,
  accessToken: string,
): Promise<Outcome<ChannelAuthorisation>> {
  const told = await authorisation(context, request)
  if (told.kind !== 'done') return told
  if (!map.isAuthorised(told.value)) return map.notAuthorised(told.value)
  const answer = await context.ask({
    method: METHOD.member,
    number: request.reference,
    until: context.until,
    parameters: { auth_token: accessToken },
  })
  if (answer.kind !== 'done') return answer
  const member = MEMBER.safeParse(answer.value)
  if (!member.success || member.data.user_id !== request.userId)
    return unlisted('answer-incomplete')
  const { user_name: name, cert_no: idNo } = member.data
  return map.authorisationOf(told.value, { name, idNo })
}

const codeIsBurnt = <T>(outcome: Outcome<T>): Outcome<T> =>
  outcome.kind === 'unsent' ? unknown(`code burnt, then ${outcome.cause}`) : outcome
