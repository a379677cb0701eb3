/** A hospital that has joined the pretend one-card platform: no sockets, a real database, a clock of ours. */
import { ONE_CARD_HEADERS } from '../../src/config/one-card.ts'
import { Secret } from '../../src/errors.ts'
import type { OneCardService } from '../../src/payment/one-card.ts'
import type { OneCardProfile } from '../../src/sandbox/one-card/parameters.ts'
import type { Db } from '../../src/store/database.ts'
import * as nonces from '../../src/store/nonces.ts'
import type { OneCardCalls } from '../../src/upstreams/one-card.ts'
import type { OneCardSettings } from '../../src/upstreams/one-card/adapter.ts'
import { platformRequests } from '../../src/upstreams/one-card/inbound.ts'
import { CSB_PROFILE, powerdtpProfile } from '../../src/upstreams/one-card/profiles.ts'
import { done } from '../../src/upstreams/upstream.ts'
import {
  linkTo,
  numbersOf,
  type Platform,
  platform,
  sealingOf,
} from '../upstreams/one-card/link.ts'
import { type Given, hisStub, type TestApp, testApp, testBill } from './app.ts'
import { databaseIsBusy } from './virtual-clock.ts'

/** The platform's own proof of itself, as the hospital expects it. */
export function callsOf(
  world: Platform,
  db: Db,
  disabled: readonly OneCardService[] = [],
): OneCardCalls {
  const { clock, oneCard: agreed } = world
  const { signature, bodyHash } = agreed.profile
  return platformRequests({
    profile: signature === 'csb' ? CSB_PROFILE : powerdtpProfile([...ONE_CARD_HEADERS]),
    caller: {
      app: agreed.app,
      node: agreed.node,
      account: agreed.account,
      accessKey: agreed.theirAccessKey,
      secretKey: new Secret(agreed.theirSecretKey),
      protocol: 'http',
    },
    signBody: bodyHash,
    sealing: sealingOf(world),
    services: numbersOf(world),
    disabled: new Set(disabled),
    form: { stringly: false, statusFromCode: false },
    now: clock.now,
    seen: async (message) =>
      !(await nonces.remember(db, shortened(message), clock.now() + 86_400_000)),
  })
}

/** Short enough for the column; the app itself takes SM3. */
const shortened = (message: string): string => Buffer.from(message).toString('base64').slice(-64)

export interface OneCardWorld extends Platform {
  readonly app: TestApp
  readonly sent: ReturnType<typeof linkTo>['sent']
  /** What HIS was told is paid. */
  readonly written: { billNo: string; settlementNo: string }[]
}

export async function oneCardWorld(
  db: Db,
  options: {
    profile?: Partial<OneCardProfile>
    link?: Partial<OneCardSettings>
    app?: Given
    /** Services of ours that are switched off. */
    disabled?: readonly OneCardService[]
  } = {},
): Promise<OneCardWorld> {
  const world = platform(options.profile)
  world.clock.alsoWaitsFor(databaseIsBusy(db))
  const { adapter, sent } = linkTo(world, options.link)
  const written: OneCardWorld['written'] = []
  const his = hisStub({
    bill: async (billNo) => done(testBill({ billNo })),
    writeBack: async (settlement) => {
      written.push(settlement)
      return done(undefined)
    },
  })
  const app = await testApp({
    his,
    ...options.app,
    settings: { ONE_CARD_NETWORKS: '127.0.0.1', ...options.app?.settings },
    db,
    clock: world.clock,
    oneCard: { platform: adapter, calls: callsOf(world, db, options.disabled) },
  })
  return { ...world, app, sent, written }
}
