/** The callback endpoint: verify, store, signed acknowledgement after commit. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Child } from './children.ts'
import type { BenchDatabase } from './databases.ts'
import { againstYardstick, below, type Figure, percentile, type Wish } from './figures.ts'
import { writeNotices } from './notices.ts'
import { profiling, type Rig, SERVICE_FLAGS, withRig } from './rig.ts'
import { insertStandingOrders } from './standing-orders.ts'

const GOAL = 0.7
const P99_MS = 100
const PATH = '/callbacks/icbc/mixed-order'
const ORDERS = 1_000

const LOADED = z.object({
  elapsedMs: z.number(),
  wrong: z.number(),
  latencies: z.array(z.number()),
})

interface Side {
  readonly name: string
  readonly process: Child
  readonly database: BenchDatabase
  readonly table: string
  /** Notices that it was sent so far; each gets every notice once. */
  sent: number
}

export function callback(wish: Wish): Promise<Figure[]> {
  return withRig(async (rig) => {
    const perRound = wish.quick ? 600 : 2_500
    const pacedSeconds = wish.quick ? 3 : 10
    const count = perRound * (wish.rounds + 1) + pacedSeconds * 1_500
    const file = join(rig.folder, 'notices')
    const notices = await writeNotices(rig.parameters, {
      count,
      orders: ORDERS,
      callbackUrl: `http://127.0.0.1${PATH}`,
    })
    writeFileSync(file, notices.join('\n'))
    const sides = await bothSides(rig, wish)
    const load = await rig.start('load-process.ts', { arguments: [file] })
    const rounds = await interleaved(load, { ...sides, perRound, rounds: wish.rounds })
    const figure = againstYardstick('callback-endpoint', GOAL, rounds)
    const perSecond = Math.min(Number.parseInt(figure.ours, 10) / 2, 1_500)
    wish.note(`callback-p99: open loop at ${perSecond.toFixed(0)}/s for ${pacedSeconds} s`)
    const latencies = await send(load, sides.ours, {
      count: Math.floor(pacedSeconds * perSecond),
      perSecond,
    })
    const p99 = percentile(latencies.latencies, 0.99)
    await checkStored([sides.ours, sides.yardstick])
    wish.note(`callback-p99: median ${percentile(latencies.latencies, 0.5).toFixed(1)} ms`)
    return [figure, below('callback-p99', { value: p99, limit: P99_MS, unit: 'ms' })]
  })
}

async function bothSides(rig: Rig, wish: Wish): Promise<{ ours: Side; yardstick: Side }> {
  const databases = { ours: await rig.database(), yardstick: await rig.database() }
  const environment = await rig.environment({ databaseUrl: databases.ours.url })
  const now = Date.now()
  await insertStandingOrders(environment, { count: ORDERS, t0Of: () => now })
  const ours = await rig.start('endpoint-process.ts', {
    environment,
    nodeOptions: [...SERVICE_FLAGS, ...profiling(wish.profileFolder)],
  })
  const yardstick = await rig.start('yardstick-process.ts', {
    environment: { ...environment, DATABASE_URL: databases.yardstick.url },
    nodeOptions: [...SERVICE_FLAGS, ...profiling(wish.profileFolder)],
  })
  const side = (name: 'ours' | 'yardstick', process: Child, table: string): Side => ({
    name,
    process,
    table,
    database: databases[name],
    sent: 0,
  })
  return {
    ours: side('ours', ours, 'inbox'),
    yardstick: side('yardstick', yardstick, 'notices'),
  }
}

/** A B A B ...: what disturbs one disturbs the other. The first of each warms up and is not counted. */
async function interleaved(
  load: Child,
  from: { ours: Side; yardstick: Side; perRound: number; rounds: number },
): Promise<{ ours: number; yardstick: number }[]> {
  const { ours, yardstick, perRound, rounds } = from
  const rateOf = async (side: Side): Promise<number> => {
    const { elapsedMs } = await send(load, side, { count: perRound })
    return (perRound / elapsedMs) * 1_000
  }
  const measured: { ours: number; yardstick: number }[] = []
  for (let round = 0; round <= rounds; round += 1)
    measured.push({ ours: await rateOf(ours), yardstick: await rateOf(yardstick) })
  return measured.slice(1)
}

async function send(load: Child, side: Side, wish: { count: number; perSecond?: number }) {
  const argument = { url: side.process.ready + PATH, from: side.sent, ...wish }
  const command = wish.perSecond === undefined ? 'closed' : 'paced'
  const loaded = await load.ask(command, LOADED, argument)
  side.sent += wish.count
  if (loaded.wrong > 0)
    throw new Error(`${side.name}: ${loaded.wrong} notices were not acknowledged as they should be`)
  return loaded
}

/** An answer is worth nothing when the notice is not there: every one must have become a row. */
async function checkStored(sides: readonly Side[]): Promise<void> {
  for (const { name, database, table, sent } of sides) {
    const [row] = await database.q(table).count<{ stored: number }[]>('* as stored')
    if (row?.stored !== sent)
      throw new Error(`${name}: ${sent} notices were sent and ${row?.stored ?? 0} are stored`)
  }
}
