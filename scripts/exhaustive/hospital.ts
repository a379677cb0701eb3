/** One process of the service against the sandbox; a schedule says what arrives and when it dies. */
import type { Knex } from 'knex'
import { readSettings, type Settings } from '../../src/config.ts'
import { createBank } from '../../src/sandbox/bank/book.ts'
import { Ledger } from '../../src/sandbox/ledger.ts'
import { DEFAULT_PROFILES, makeParameters } from '../../src/sandbox/parameters.ts'
import { createRegistry, type SandboxContext } from '../../src/sandbox/registry.ts'
import { createUpstreams } from '../../src/sandbox/server.ts'
import type { SandboxUpstream, World as SandboxWorld } from '../../src/sandbox/world.ts'
import { sandboxEnvironment } from '../parts/sandbox-environment.ts'
import { dueBell } from '../simulate/bell.ts'
import { type Chance, chanceOf } from '../simulate/chance.ts'
import { Life } from '../simulate/life.ts'
import { type Net, URLS } from '../simulate/network.ts'
import { type Process, startProcess } from '../simulate/process.ts'
import { OPEN_SEALER, signWith } from '../simulate/signatures.ts'
import { VirtualTime } from '../simulate/time.ts'
import { weatherOf } from '../simulate/weather.ts'
import { record, type Simulated } from '../simulate/world.ts'
import { type Rows, rowsOf } from './rows.ts'
import { Wire } from './wire.ts'

const BEGINS_AT = Date.parse('2026-11-20T09:00:00+08:00')
/** A supervisor starts the next process; the lease of the dead one still runs. */
const RESTART_MS = 2_000

export interface Hospital {
  readonly world: Simulated
  readonly wire: Wire
  /** Points so far at which a death could be told from one before it. */
  readonly deaths: () => number
  /** What somebody should still do, at an instant at which nobody ever would. */
  readonly forgotten: ReadonlySet<string>
}

const parameters = makeParameters(chanceOf(7))
const settings = hospitalSettings()

function hospitalSettings(): Settings {
  const environment = sandboxEnvironment(parameters, {
    ...URLS,
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'x'.repeat(32),
  })
  const other = /^(ONE_CODE|COLLECTION|HRSS_PAY|ONE_CARD)_/
  return readSettings(
    Object.fromEntries(Object.entries(environment).filter(([name]) => !other.test(name))),
  )
}

export interface Fate {
  /** The point of its life at which the first process dies; null: it lives. */
  readonly diesAt: number | null
  /** Nothing is lost: then nothing is asked twice or late either. */
  readonly isCalm: boolean
}

export async function openHospital(q: Knex, { diesAt, isCalm }: Fate): Promise<Hospital> {
  const chance: Chance = Object.assign(chanceOf(1), { hits: () => false })
  const time = new VirtualTime(BEGINS_AT)
  const drawn = weatherOf(chance, 'calm')
  const weather = { ...drawn, beginsAt: BEGINS_AT, kind: isCalm ? drawn.kind : ('power' as const) }
  const { story, faults, tell, fault } = record(time)
  const upstreams: SandboxUpstream[] = []
  let process: Process | null = null
  const net: Net = {
    time,
    chance,
    weather,
    upstreams,
    process: () => process,
    fault,
    worked: () => world.watch(),
    acknowledged: (path, body) => world.promised(path, body),
  }
  const wire = new Wire(net)
  const context: SandboxContext = {
    world: outside(net, wire),
    registry: createRegistry(),
    parameters,
    profiles: DEFAULT_PROFILES,
    crypto: signWith('keyed-hash'),
  }
  const bank = createBank(context)
  upstreams.push(...createUpstreams(context, bank))
  const world: Simulated = {
    seed: 0,
    bankName: settings.BANK,
    time,
    chance,
    weather,
    settings,
    bank,
    upstreams,
    q,
    story,
    tell,
    faults,
    process: net.process,
    watch: () => {},
    promised: () => {},
  }
  const rows = await rowsOf(world)
  const power = startPower({ world, wire, diesAt, rows, started: (next) => (process = next) })
  return { world, wire, ...power }
}

function outside(net: Net, wire: Wire): SandboxWorld {
  const counts = new Map<string, number>()
  return {
    now: net.time.now,
    sleep: net.time.sleep,
    random: net.chance,
    ledger: new Ledger(),
    calls: [],
    timeScale: 1,
    post: wire.post,
    count: (key) => {
      const before = counts.get(key) ?? 0
      counts.set(key, before + 1)
      return before
    },
  }
}

interface Power {
  readonly world: Simulated
  readonly wire: Wire
  readonly diesAt: number | null
  readonly rows: Rows
  readonly started: (process: Process | null) => void
}

/** A process carries nothing beyond its death: it is counted where it leaves another trace behind. */
function startPower(power: Power): Pick<Hospital, 'deaths' | 'forgotten'> {
  const { world, wire, diesAt, rows, started } = power
  const { time, chance, q, tell } = world
  const bell = dueBell(q, time, BEGINS_AT)
  const seen = new Set([rows.trace()])
  const forgotten = new Set<string>()
  const strikes = (where: string): 'dead' | null => {
    if (!AFTER_A_CHANGE.has(where)) return null
    const trace = rows.trace()
    if (seen.has(trace)) return null
    seen.add(trace)
    const left = rows.forgotten()
    if (left !== null) forgotten.add(left)
    if (seen.size - 1 !== diesAt) return null
    tell(null, `kill: at ${where}`)
    return 'dead'
  }
  const start = (): void => {
    const life = new Life('process', strikes)
    const seams = { databaseFault: () => null, databaseLatencyMs: () => 0, send: wire.send(life) }
    started(
      startProcess({
        life,
        settings,
        time,
        chance,
        q,
        bell,
        skewMs: 0,
        sealer: OPEN_SEALER,
        ...seams,
      }),
    )
    tell(null, 'process starts')
    void life.death.then(async () => {
      started(null)
      await time.sleep(RESTART_MS)
      start()
    })
  }
  start()
  return { deaths: () => seen.size - 1, forgotten }
}

const AFTER_A_CHANGE: ReadonlySet<string> = new Set(['written', 'committed', 'answer'])
