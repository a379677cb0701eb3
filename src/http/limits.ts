import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { addressGroup, networks } from './networks.ts'

/** Defaults of SC-S04: a window slides over the last minute, and who trips it is refused for ten. */
const WINDOW_MS = 60_000
const BAN_MS = 600_000
/** Keys remembered at once; the longest unseen is forgotten first, so a flood cannot eat the memory. */
const MOST_KEYS = 20_000

export interface Visit {
  readonly ip: string
  /** Null when the header is absent or not an installation id. */
  readonly device: string | null
  /** The `Authorization` header, believed or not: whose caller is told apart without an installation. */
  readonly authorization: string
  /** `page`: counts by address alone; `paying`: authorisation, pre-settlement, payment. */
  readonly kind: 'page' | 'patient' | 'paying'
}

export interface Limits {
  /** Counts this request. @throws AppError `too-many-requests` with the seconds to wait */
  check(visit: Visit): void
}

interface Counter {
  readonly name: 'ip' | 'device' | 'paying'
  readonly key: string
  readonly limit: number
}

/**
 * SC-S04: independent sliding windows by address and by installation. A request refused by one is
 * not counted by the other, so that nobody can get a stranger or a whole Wi-Fi banned; a ban of
 * `paying` leaves the orders readable, because the patient must see what became of their money.
 */
export function patientLimits(app: App): Limits {
  const exempt = networks('EXEMPT_NETWORKS', app.settings.EXEMPT_NETWORKS)
  const seen = slidingWindows(() => app.clock.now())
  return {
    check(visit) {
      const counters = countersOf(app, visit).filter(
        ({ name }) => name !== 'ip' || !exempt.has(visit.ip),
      )
      for (const { key } of counters) {
        const waitMs = seen.bannedForMs(key)
        if (waitMs > 0) throw tooMany(waitMs)
      }
      for (const { name, key, limit } of counters) {
        if (seen.count(key, limit)) continue
        const device = visit.device === null ? null : app.hash(visit.device)
        app.log.warn({ audit: 'limit-tripped', key: name, ip: visit.ip, device, limit }, 'banned')
        throw tooMany(BAN_MS)
      }
    },
  }
}

function countersOf(app: App, visit: Visit): Counter[] {
  const { LIMIT_PER_IP, LIMIT_PER_DEVICE, LIMIT_PER_DEVICE_PAYING } = app.settings
  const ip: Counter = { name: 'ip', key: `ip:${addressGroup(visit.ip)}`, limit: LIMIT_PER_IP }
  if (visit.kind === 'page') return [ip]
  const { device } = visit
  // Without an installation id it is the sign-in that tells callers apart: one hospital Wi-Fi is
  // one address. The stricter limit holds then for reading too (docs/standard.md 1.4).
  const who = device ?? `signed-in:${app.hash(visit.authorization)}`
  const limit = device === null ? LIMIT_PER_DEVICE_PAYING : LIMIT_PER_DEVICE
  const any: Counter = { name: 'device', key: `device:${who}`, limit }
  if (visit.kind === 'patient') return [ip, any]
  const paying: Counter = { name: 'paying', key: `paying:${who}`, limit: LIMIT_PER_DEVICE_PAYING }
  return device === null ? [ip, paying] : [ip, any, paying]
}

const tooMany = (waitMs: number): AppError =>
  new AppError('too-many-requests', undefined, { retryAfterSeconds: Math.ceil(waitMs / 1_000) })

export interface Windows {
  bannedForMs(key: string): number
  /** @returns false when this one is over the limit; the key is banned then. */
  count(key: string, limit: number): boolean
}

export function slidingWindows(now: () => number, mostKeys: number = MOST_KEYS): Windows {
  const hits = new Map<string, number[]>()
  const bans = new Map<string, number>()
  return {
    bannedForMs: (key) => {
      const until = bans.get(key) ?? 0
      if (until <= now()) bans.delete(key)
      return Math.max(0, until - now())
    },
    count(key, limit) {
      const at = now()
      const recent = (hits.get(key) ?? []).filter((hit) => hit > at - WINDOW_MS)
      hits.delete(key)
      if (recent.length >= limit) {
        remember(bans, key, { value: at + BAN_MS, mostKeys })
        return false
      }
      recent.push(at)
      remember(hits, key, { value: recent, mostKeys })
      return true
    },
  }
}

/** A map keeps the order of insertion: its first key is the one not seen for longest. */
function remember<T>(
  map: Map<string, T>,
  key: string,
  { value, mostKeys }: { value: T; mostKeys: number },
): void {
  map.delete(key)
  const [longestUnseen] = map.keys()
  if (map.size >= mostKeys && longestUnseen !== undefined) map.delete(longestUnseen)
  map.set(key, value)
}
