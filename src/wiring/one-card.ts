import type { Settings } from '../config.ts'
import { CONSUMED, type OneCardService, PROVIDED } from '../payment/one-card.ts'
import type { OneCardLink } from '../upstreams/one-card.ts'
import { oneCard } from '../upstreams/one-card/adapter.ts'
import { platformRequests } from '../upstreams/one-card/inbound.ts'
import { type Caller, CSB_PROFILE, powerdtpProfile } from '../upstreams/one-card/profiles.ts'
import { base, bytesOf, given, type Wire } from './wire.ts'

/** Null: this hospital has not joined the platform. */
export function connectOneCard(
  wire: Wire,
  seen: (message: string) => Promise<boolean>,
): OneCardLink | null {
  const { settings, clock, random, log } = wire
  if (settings.ONE_CARD_URL === undefined) return null
  const profile =
    settings.ONE_CARD_SIGNATURE === 'csb' ? CSB_PROFILE : powerdtpProfile(settings.ONE_CARD_HEADERS)
  const services = servicesOf(settings)
  const disabled = new Set<OneCardService>(settings.ONE_CARD_DISABLED)
  const sealing = {
    mode: settings.ONE_CARD_SM4_MODE,
    scope: settings.ONE_CARD_SM4_SCOPE,
    key: bytesOf(given(settings, 'ONE_CARD_SM4_KEY')),
    random,
  }
  const agreed = { profile, services, disabled, sealing }
  const platform = oneCard({
    ...base(wire),
    ...agreed,
    url: settings.ONE_CARD_URL,
    caller: callerOf(settings, 'ONE_CARD_ACCESS_KEY', 'ONE_CARD_SECRET_KEY'),
    signBody: settings.ONE_CARD_BODY_HASH === 'both',
    sleep: clock.sleep,
    callsPerSecond: settings.ONE_CARD_CALLS_PER_SECOND,
    alarm: (about) => log.error({ event: 'one-card.refused', ...about }, 'the platform refuses us'),
  })
  const calls = platformRequests({
    ...agreed,
    caller: callerOf(settings, 'ONE_CARD_THEIR_ACCESS_KEY', 'ONE_CARD_THEIR_SECRET_KEY'),
    signBody: settings.ONE_CARD_BODY_HASH !== 'none',
    form: {
      stringly: settings.ONE_CARD_STRINGLY,
      statusFromCode: settings.ONE_CARD_STATUS_FROM_CODE,
    },
    now: clock.now,
    seen,
  })
  return { platform, calls }
}

function callerOf(
  settings: Settings,
  accessKey: 'ONE_CARD_ACCESS_KEY' | 'ONE_CARD_THEIR_ACCESS_KEY',
  secretKey: 'ONE_CARD_SECRET_KEY' | 'ONE_CARD_THEIR_SECRET_KEY',
): Caller {
  return {
    app: given(settings, 'ONE_CARD_APP'),
    node: given(settings, 'ONE_CARD_NODE'),
    account: given(settings, 'ONE_CARD_ACCOUNT'),
    accessKey: given(settings, accessKey),
    secretKey: given(settings, secretKey),
    protocol: settings.ONE_CARD_PROTOCOL,
  }
}

function servicesOf({ ONE_CARD_SERVICES: numbers }: Settings): ReadonlyMap<OneCardService, string> {
  const services = new Map<OneCardService, string>()
  for (const name of [...CONSUMED, ...PROVIDED]) {
    const number = numbers[name]
    if (number !== undefined) services.set(name, number)
  }
  return services
}
