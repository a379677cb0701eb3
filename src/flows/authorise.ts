import type { App } from '../app.ts'
import { AppError, Secret } from '../errors.ts'
import type { AuthCode } from '../payment/authorisation.ts'
import { nonce } from '../payment/numbers.ts'
import type { Order } from '../payment/order.ts'
import * as authStates from '../store/auth-states.ts'
import type {
  AuthorisationJump,
  AuthorisationRequest,
  Channel,
  ChannelAuthorisation,
} from '../upstreams/upstream.ts'
import { type HeldOrder, takeStep } from './held-order.ts'
import { type Call, end, perform } from './perform.ts'
import { needInsurance } from './spare-new-orders.ts'

/** @throws AppError `entry-closed` when this hospital has not opened the channel. */
export function channelOf(app: App, order: Pick<Order, 'channel'>): Channel {
  const channel = app.channels[order.channel]
  if (!channel) throw new AppError('entry-closed')
  return channel
}

/** Step 3: the jump to the channel's authorisation page, with a `state` for one use on this order. */
export async function startAuthorisation(app: App, order: Order): Promise<AuthorisationJump> {
  if (order.payMode !== 'insurance')
    throw new AppError('invalid-request', '这笔订单为自费支付，无需医保授权，请直接付款。')
  if (order.state !== 'created') throw new AppError('payment-in-progress')
  if (app.clock.now() >= order.expiresAt) throw new AppError('order-expired')
  const channel = channelOf(app, order)
  needInsurance(app, order.channel)
  const state = nonce(app.random)
  await authStates.insert(app.db, {
    hash: app.hash(state),
    orderId: order.id,
    expiresAt: order.expiresAt,
  })
  const jump = await channel.authorisation(authorisationRequest(app, order, state))
  switch (jump.kind) {
    case 'done':
      return jump.value
    case 'refused':
      throw new AppError('upstream-refused', `医保授权未受理：${jump.message}`)
    case 'pending':
    case 'unknown':
    case 'unsent':
      throw new AppError('upstream-unavailable')
  }
}

const authorisationRequest = (app: App, order: Order, state: string): AuthorisationRequest => ({
  surface: order.surface,
  state,
  reference: app.hash(state),
  userId: order.userId.reveal(),
})

/** What the patient brings back from the authorisation page. */
export interface Consent {
  /** The one-use state of the authorisation jump. */
  readonly state: string
  readonly authCode: AuthCode
  /** `"longitude,latitude"` of the patient, when the front end may know it. */
  readonly location: string | null
}

/**
 * Step 4: one exchange an authCode, ever. A lost answer burns the code: the order is `created`
 * again, nothing has moved, and the patient authorises once more.
 */
export async function exchangeAuthCode(
  app: App,
  held: HeldOrder,
  { authCode, state, location }: Consent,
): Promise<void> {
  const { order } = held
  const call: Call<ChannelAuthorisation> = {
    effect: 'authorise',
    number: app.hash(authCode.reveal()),
    intend: { order: { state: 'pre-settling' }, attempt: { location } },
    send: () =>
      channelOf(app, order).exchange({ ...authorisationRequest(app, order, state), authCode }),
    learn: (answer) => ({
      attempt: {
        payAuthNo: answer.payAuthNo,
        payer: new Secret(answer.payer),
        family: answer.family,
        authorisedAt: app.clock.now(),
        location: location ?? answer.location ?? app.settings.HOSPITAL_LOCATION,
      },
    }),
    refuse: () => ({ order: { state: 'created' } }),
    lose: () => ({ order: { state: 'created' } }),
  }
  const result = await perform(app, held, call)
  switch (result.kind) {
    case 'done':
      if (held.order.attempt.payAuthNo === null) throw new AppError('authorisation-state-invalid')
      return
    case 'refused':
      throw new AppError('authorisation-failed', `医保授权未成功：${result.message}`)
    case 'unsent':
    case 'unknown':
      await end(app, held, call, {
        state: 'lost',
        answer: `answer ${result.kind}`,
        order: { state: 'created' },
      })
      throw new AppError(result.kind === 'unsent' ? 'upstream-unavailable' : 'authorisation-lost')
    case 'lost':
    case 'dead':
    case 'useless':
      throw new AppError('authorisation-lost')
  }
}

/** A process died between exchange and commit: the code is burnt, whatever the channel did. */
export async function loseAuthorisation(
  app: App,
  held: HeldOrder,
  open: readonly { effect: 'authorise'; number: string }[],
): Promise<void> {
  const [call] = open
  const created = { order: { state: 'created' } } as const
  if (call) await end(app, held, call, { state: 'lost', answer: 'answer lost', ...created })
  else await takeStep(app, held, { what: 'authorisation-lost', ...created })
}
