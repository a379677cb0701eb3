/** The hospital's service processes: killed as by the power, started again as by a supervisor. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Child } from '../bench/children.ts'
import { type Rig, SERVICE_FLAGS } from '../bench/rig.ts'

/** As systemd's RestartSec would; the database may be away just now. */
const RESTART_AFTER_MS = 300
const LOOK_EVERY_MS = 50
/** A dead process' leases end within the storm. */
const LEASE_MS = '10000'

export interface Services {
  readonly urls: readonly string[]
  /** Resolves when it is up again. */
  readonly kill: (at: number) => Promise<void>
  /** Processes that ended although nobody had killed them. */
  readonly endedByThemselves: () => number
  readonly stop: () => Promise<void>
}

/** All of them answer, on one database; one before them has made the tables and compiled the sources. */
export async function startServices(
  rig: Rig,
  from: { count: number; databaseUrl: string; sandboxUrl: string; orderLifeMs: number },
): Promise<Services> {
  const kept: Kept[] = []
  for (let at = 0; at < from.count; at += 1) {
    const environment = {
      ...(await rig.environment(from)),
      ORDER_LIFE_MS: String(from.orderLifeMs),
      LEASE_MS,
      // A process that is born every few seconds need not read the same sources anew.
      NODE_COMPILE_CACHE: join(rig.folder, 'compiled'),
    }
    const start = () =>
      rig.start('service-process.ts', { environment, nodeOptions: SERVICE_FLAGS, silent: true })
    if (at === 0) await (await start()).stop()
    const one = new Kept(start)
    kept.push(one)
    await one.begin()
  }
  return {
    urls: kept.map(({ url }) => url),
    kill: async (at) => kept[at]?.kill(),
    endedByThemselves: () => kept.reduce((sum, { ownEnds }) => sum + ownEnds, 0),
    stop: async () => void (await Promise.all(kept.map((one) => one.stop()))),
  }
}

/** One process that is started again whenever it has ended, at the same address. */
class Kept {
  readonly #start: () => Promise<Child>
  #child: Child | null = null
  #keeping: Promise<void> = Promise.resolve()
  #isStopping = false
  ownEnds = 0

  constructor(start: () => Promise<Child>) {
    this.#start = start
  }

  get url(): string {
    return this.#child?.ready ?? ''
  }

  async begin(): Promise<void> {
    this.#child = await this.#start()
    this.#keeping = this.#keep(this.#child)
  }

  async #keep(first: Child): Promise<void> {
    for (let child: Child | null = first; !this.#isStopping; child = await this.#again()) {
      if (child === null) continue
      await child.ended
      if (this.#child === child && !this.#isStopping) this.ownEnds += 1
    }
  }

  /** Null when it could not start: without a database nothing does. */
  async #again(): Promise<Child | null> {
    await pause(RESTART_AFTER_MS)
    if (this.#isStopping) return null
    this.#child = await this.#start().catch(() => null)
    return this.#child
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    child?.kill()
    while (this.#child === null && !this.#isStopping) await pause(LOOK_EVERY_MS)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#child?.stop()
    await this.#keeping
  }
}
