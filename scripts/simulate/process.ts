/** One process of the service: the real parts, each at a seam where it can fail or die. */
import type { Knex } from 'knex'
import { type App, assemble } from '../../src/app.ts'
import type { Settings } from '../../src/config.ts'
import type { Sealer } from '../../src/crypto/seal.ts'
import { createLogger } from '../../src/logger.ts'
import type { Send } from '../../src/upstreams/http-client.ts'
import { runWorker } from '../../src/worker/worker.ts'
import type { DueBell } from './bell.ts'
import type { Chance } from './chance.ts'
import { type DatabaseFault, handleOf } from './database.ts'
import type { Life } from './life.ts'
import type { VirtualTime } from './time.ts'

export interface Birth {
  readonly life: Life
  readonly settings: Settings
  readonly time: VirtualTime
  readonly chance: Chance
  readonly q: Knex
  readonly send: Send
  readonly bell: DueBell
  readonly skewMs: number
  readonly sealer: Sealer
  readonly databaseFault: () => DatabaseFault
  readonly databaseLatencyMs: () => number
}

export interface Process {
  readonly life: Life
  readonly app: App
  /** What a caller hears: null when the process died before it answered. */
  readonly serve: <T>(work: (app: App) => Promise<T>) => Promise<T | null>
}

export function startProcess(birth: Birth): Process {
  const { life, settings, time, chance, bell, skewMs } = birth
  const clock = {
    now: () => time.now() + skewMs,
    sleep: (ms: number) => life.outlive(time.sleep(ms).then(() => life.step('sleep'))),
  }
  const db = {
    q: handleOf(birth.q, {
      life,
      time,
      fault: birth.databaseFault,
      latencyMs: birth.databaseLatencyMs,
      written: () => bell.written(),
    }),
    sealer: birth.sealer,
    committed: () => {},
  }
  const built = assemble(settings, {
    clock,
    random: chance,
    log: createLogger(settings.LOG_LEVEL),
    engine: 'native',
    db,
    send: birth.send,
  })
  const looks = bell.listener(skewMs)
  const app: App = {
    ...built.app,
    wake: looks.wake,
    woken: () => life.outlive(looks.woken()),
  }
  void runWorker(app, () => life.isDead)
  return {
    life,
    app,
    serve: (work) => Promise.race([life.outlive(work(app)), life.death]),
  }
}
