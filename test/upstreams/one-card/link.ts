/** The adapter in front of the pretend platform, without sockets, on a clock of ours. */
import { createOneCard } from '../../../src/sandbox/one-card/one-card.ts'
import type { OneCardProfile } from '../../../src/sandbox/one-card/parameters.ts'
import { oneCard, type OneCardSettings } from '../../../src/upstreams/one-card/adapter.ts'
import { CSB_PROFILE, powerdtpProfile } from '../../../src/upstreams/one-card/profiles.ts'
import { ONE_CARD_HEADERS } from '../../../src/config/one-card.ts'
import { CONSUMED, PROVIDED } from '../../../src/payment/one-card.ts'
import type { OneCardService } from '../../../src/payment/one-card.ts'
import { Secret } from '../../../src/errors.ts'
import { Ledger } from '../../../src/sandbox/ledger.ts'
import { DEFAULT_PROFILES, makeParameters } from '../../../src/sandbox/parameters.ts'
import { createRegistry, type SandboxContext } from '../../../src/sandbox/registry.ts'
import { SM_CRYPTO } from '../../../src/sandbox/crypto.ts'
import type { Exchange } from '../../../src/upstreams/exchange.ts'
import type { HttpReply, HttpRequest } from '../../../src/upstreams/http-client.ts'
import { seededRandom } from '../../support/random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

export function platform(profile: Partial<OneCardProfile> = {}) {
  const clock = new VirtualClock()
  const random = seededRandom(7)
  const made = makeParameters(seededRandom(3))
  const parameters = {
    ...made,
    oneCard: { ...made.oneCard, profile: { ...made.oneCard.profile, ...profile } },
  }
  const counts = new Map<string, number>()
  const context: SandboxContext = {
    world: {
      now: clock.now,
      sleep: clock.sleep,
      random,
      ledger: new Ledger(),
      calls: [],
      timeScale: 1,
      post: async () => ({ status: 0, headers: {}, body: '' }),
      count: (key) => {
        const before = counts.get(key) ?? 0
        counts.set(key, before + 1)
        return before
      },
    },
    registry: createRegistry(),
    parameters,
    profiles: DEFAULT_PROFILES,
    crypto: SM_CRYPTO,
  }
  return { clock, context, upstream: createOneCard(context), oneCard: parameters.oneCard }
}

export type Platform = ReturnType<typeof platform>

export function linkTo(world: Platform, changes: Partial<OneCardSettings> = {}) {
  const { clock, oneCard: agreed } = world
  const sent: HttpRequest[] = []
  const exchanges: Exchange[] = []
  const alarms: { service: string; code: string; message: string }[] = []
  const send = async (request: HttpRequest): Promise<HttpReply> => {
    sent.push(request)
    const { headers, method } = request
    const body = Buffer.from(request.body)
    const reply = await world.upstream.handle({ method, path: '/gateway', headers, body })
    if (reply.kind === 'lost') return { kind: 'unknown', cause: 'ECONNRESET' }
    const { status } = reply
    return { kind: 'answer', status, headers: {}, body: Buffer.from(reply.body) }
  }
  const adapter = oneCard({
    url: 'https://ykt.example/gateway',
    profile:
      agreed.profile.signature === 'csb' ? CSB_PROFILE : powerdtpProfile([...ONE_CARD_HEADERS]),
    caller: {
      app: agreed.app,
      node: agreed.node,
      account: agreed.account,
      accessKey: agreed.accessKey,
      secretKey: new Secret(agreed.secretKey),
      protocol: 'http',
    },
    signBody: agreed.profile.bodyHash,
    sealing: sealingOf(world),
    services: numbersOf(world),
    disabled: new Set(),
    send,
    recordExchange: (exchange) => void exchanges.push(exchange),
    now: clock.now,
    sleep: clock.sleep,
    alarm: (about) => void alarms.push(about),
    timeoutMs: 8_000,
    callsPerSecond: 100,
    ...changes,
  })
  return { adapter, sent, exchanges, alarms }
}

export const sealingOf = ({ oneCard: { profile, sm4KeyHex } }: Platform) => ({
  mode: profile.sm4Mode,
  scope: profile.sm4Scope,
  key: new Secret(Buffer.from(sm4KeyHex, 'hex')),
  random: seededRandom(5),
})

export function numbersOf({ oneCard: agreed }: Platform): Map<OneCardService, string> {
  return new Map(
    [...CONSUMED, ...PROVIDED].map((name) => [name, agreed.services[name] ?? ''] as const),
  )
}

/** Something happens on the holder's telephone. */
export async function phone(
  { upstream }: Platform,
  what: string,
  fields: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const body = Buffer.from(JSON.stringify(fields))
  const reply = await upstream.handle({ method: 'POST', path: `/phone/${what}`, headers: {}, body })
  return reply.kind === 'answer' ? JSON.parse(reply.body) : {}
}

interface Shown {
  idType: string
  idNo: string
  name: string
  cardNo: string
}

export async function holderOf(world: Platform, at = 0): Promise<Shown> {
  const told = await phone(world, 'holders')
  const holders: Shown[] = JSON.parse(JSON.stringify(told['holders']))
  const holder = holders[at]
  if (holder === undefined) throw new Error(`no holder ${at}`)
  return holder
}
