/** One run: the hospital's processes, the pretend upstreams, the weather, and a story of what happened. */
import type { Knex } from 'knex'
import type { Settings } from '../../src/config.ts'
import { type Sealer, sealer } from '../../src/crypto/seal.ts'
import { type Bank, createBank } from '../../src/sandbox/bank/book.ts'
import { Ledger } from '../../src/sandbox/ledger.ts'
import {
  createRegistry,
  type SandboxContext,
  type SandboxCrypto,
} from '../../src/sandbox/registry.ts'
import { createUpstreams } from '../../src/sandbox/server.ts'
import type { SandboxUpstream, World as SandboxWorld } from '../../src/sandbox/world.ts'
import { dueBell } from './bell.ts'
import { type Chance, chanceOf } from './chance.ts'
import { Life, type Struck } from './life.ts'
import { hospitalOf, parameters } from './hospitals.ts'
import { type Net, postOf, sendOf } from './network.ts'
import { type Process, startProcess } from './process.ts'
import { OPEN_SEALER, signWith } from './signatures.ts'
import { VirtualTime } from './time.ts'
import { databaseFault, type Weather, type WeatherKind, weatherOf } from './weather.ts'

/** One run in so many signs with SM2 itself and seals with SM4. */
const REAL_CRYPTO_EVERY = 100

/** What a day has left undone is done or waits for a person by then. */
const QUIET_AFTER_MS = 3 * 3_600_000

/** Whose bill it is about; null: everybody's. */
export interface Told {
  readonly at: number
  readonly billNo: string | null
  readonly what: string
}

/** What a run is made from: the same values, the same run. */
export interface Day {
  readonly seed: number
  readonly bills: number
  readonly weather?: WeatherKind | undefined
}

export interface Simulated {
  readonly seed: number
  readonly time: VirtualTime
  readonly chance: Chance
  readonly weather: Weather
  readonly settings: Settings
  readonly bankName: string
  readonly bank: Bank
  readonly upstreams: readonly SandboxUpstream[]
  readonly q: Knex
  readonly story: Told[]
  /** Injected, by kind. */
  readonly faults: Map<string, number>
  readonly tell: (billNo: string | null, what: string) => void
  /** One that is alive, or null while the power is out. */
  readonly process: () => Process | null
  /** Called after each request that an upstream has worked on: what must hold always is looked at. */
  watch: () => void
  /** Called when the service has acknowledged a notice. */
  promised: (path: string, body: string) => void
}

export function simulatedWorld({ seed, weather: wanted }: Day, q: Knex): Simulated {
  const chance = chanceOf(seed)
  const weather = weatherOf(chance, wanted ?? null)
  const time = new VirtualTime(weather.beginsAt)
  const { story, faults, tell, fault } = record(time)
  const { bank: bankName, settings, profiles } = hospitalOf(seed)
  const { crypto, columns } = cryptoOf(seed, settings, chance)
  const processes: Process[] = []
  const alive = () => processes.filter(({ life }) => !life.isDead)
  const upstreams: SandboxUpstream[] = []
  const net: Net = {
    time,
    chance,
    weather,
    upstreams,
    process: () => alive()[chance.between(0, alive().length)] ?? null,
    fault,
    worked: () => world.watch(),
    acknowledged: (path, body) => world.promised(path, body),
  }
  const context: SandboxContext = {
    world: outside(net),
    registry: createRegistry(),
    parameters,
    profiles,
    crypto,
  }
  const bank = createBank(context)
  upstreams.push(...createUpstreams(context, bank))
  const world: Simulated = {
    seed,
    time,
    chance,
    weather,
    bank,
    upstreams,
    q,
    story,
    faults,
    tell,
    settings,
    bankName,
    process: net.process,
    watch: () => {},
    promised: () => {},
  }
  power(world, net, { processes, columns })
  return world
}

function cryptoOf(
  seed: number,
  settings: Settings,
  chance: Chance,
): { crypto: SandboxCrypto; columns: Sealer } {
  if (seed % REAL_CRYPTO_EVERY !== 0)
    return { crypto: signWith('keyed-hash'), columns: OPEN_SEALER }
  const bytes = (size: number): Buffer =>
    Buffer.from(Array.from({ length: size }, () => Math.floor(chance() * 256)))
  return { crypto: signWith('sm2'), columns: sealer(settings.keyEncryptionKey, bytes) }
}

/** What happened, and how often what went wrong. */
export function record(time: VirtualTime) {
  const story: Told[] = []
  const faults = new Map<string, number>()
  const tell = (billNo: string | null, what: string): void =>
    void story.push({ at: time.now(), billNo, what })
  const fault = (kind: string, about: string): void => {
    faults.set(kind, (faults.get(kind) ?? 0) + 1)
    tell(null, `${kind}: ${about}`)
  }
  return { story, faults, tell, fault }
}

function outside(net: Net): SandboxWorld {
  const counts = new Map<string, number>()
  return {
    now: net.time.now,
    sleep: net.time.sleep,
    random: net.chance,
    ledger: new Ledger(),
    calls: [],
    timeScale: 1,
    post: postOf(net),
    count: (key) => {
      const before = counts.get(key) ?? 0
      counts.set(key, before + 1)
      return before
    },
  }
}

/** Starts as many processes as the day has, and starts each again some time after it died. */
function power(
  world: Simulated,
  net: Net,
  { processes, columns }: { processes: Process[]; columns: Sealer },
): void {
  const { time, chance, weather, q, settings } = world
  const bell = dueBell(q, time, weather.calmAt + QUIET_AFTER_MS)
  let born = 0
  const strikes = (where: string): Struck => {
    if (weather.kill === 0 || time.now() >= weather.calmAt) return null
    const drawn = chance()
    if (drawn >= weather.kill + weather.pause) return null
    const kind = drawn < weather.kill ? 'kill' : 'pause'
    net.fault(kind, `at ${where}`)
    return kind === 'kill' ? 'dead' : time.sleep(chance.spread(1_000, 180_000))
  }
  const start = (): void => {
    born += 1
    const life = new Life(`process ${born}`, strikes)
    const skewMs = Math.round((chance() * 2 - 1) * weather.skewMs)
    const birth = { life, settings, time, chance, q, bell, skewMs, sealer: columns }
    const fault = () =>
      time.now() < weather.calmAt ? databaseFault(weather, chance, net.fault) : null
    const seams = {
      send: sendOf(net, life),
      databaseFault: fault,
      databaseLatencyMs: () => (chance.hits(weather.slowStatement) ? chance.spread(1, 1_500) : 0),
    }
    processes.push(startProcess({ ...birth, ...seams }))
    world.tell(null, `${life.name} starts, its clock ${skewMs} ms off`)
    void life.death.then(async () => {
      await time.sleep(chance.spread(500, 600_000))
      start()
    })
  }
  for (let count = 0; count < weather.processes; count += 1) start()
}
