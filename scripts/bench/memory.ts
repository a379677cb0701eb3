/** What stays in memory after many payments. */
import { z } from 'zod'
import type { Child } from './children.ts'
import type { BenchDatabase } from './databases.ts'
import { below, type Figure, type Wish } from './figures.ts'
import { METER } from './meter.ts'
import { payAll } from './patients.ts'
import { profiling, SERVICE_FLAGS, withRig } from './rig.ts'

const FEW = 1_000
const MANY = 20_000
const QUICK_FEW = 200
const QUICK_MANY = 1_000
const GROWTH = 1.1
const MOST_MIB = 256
const BATCH = 200
const SETTLED_WITHIN_MS = 60_000

const BILLS = z.array(z.object({ billNo: z.string(), patientId: z.string() }))
const COLLECTED = z.object({ leastMiB: z.number(), heapMiB: z.number() })

export function memory(wish: Wish): Promise<Figure[]> {
  return withRig(async (rig) => {
    const sandbox = await rig.startSandbox()
    const database = await rig.database()
    const environment = await rig.environment({
      databaseUrl: database.url,
      sandboxUrl: sandbox.ready,
    })
    const service = await rig.start('service-process.ts', {
      environment,
      nodeOptions: [...SERVICE_FLAGS, '--expose-gc', ...profiling(wish.profileFolder)],
    })
    const first = wish.quick ? QUICK_FEW : FEW
    const world = { wish, sandbox, service, database }
    const few = await residentAfter(world, { from: 0, to: first })
    const many = await residentAfter(world, { from: first, to: wish.quick ? QUICK_MANY : MANY })
    const ratio = many / few
    return [
      {
        ...below('memory-growth', { value: many, limit: 0, unit: 'MiB' }),
        yardstick: `${few.toFixed(0)} MiB`,
        ratio: ratio.toFixed(2),
        goal: `<= ${GROWTH}`,
        reached: ratio <= GROWTH,
      },
      below('memory-resident', { value: many, limit: MOST_MIB, unit: 'MiB' }),
    ]
  })
}

interface Stage {
  readonly wish: Wish
  readonly sandbox: Child
  readonly service: Child
  readonly database: BenchDatabase
}

/** Pays bills number `from` to `to` - 1, settled and written back. @returns MiB after collection */
async function residentAfter(stage: Stage, bills: { from: number; to: number }): Promise<number> {
  const { sandbox, service, wish } = stage
  const addresses = { serviceUrl: service.ready, sandboxUrl: sandbox.ready }
  const began = performance.now()
  let again = 0
  await service.ask('meter-begin', z.unknown())
  for (let from = bills.from; from < bills.to; from += BATCH) {
    const count = Math.min(BATCH, bills.to - from)
    again += await payAll(addresses, await sandbox.ask('bills', BILLS, { from, count }))
    await settled(stage, from + count)
    await sandbox.ask('forget', z.unknown())
  }
  const seconds = (performance.now() - began) / 1_000
  const { cpu } = await service.ask('meter-read', METER)
  const { leastMiB, heapMiB } = await service.ask('collect', COLLECTED)
  const count = bills.to - bills.from
  const cpuMs = ((cpu * seconds * 1_000) / count).toFixed(0)
  wish.note(
    `memory: ${bills.to} payments, ${leastMiB.toFixed(0)} MiB resident, ` +
      `${heapMiB.toFixed(0)} MiB heap; ${(count / seconds).toFixed(0)} payments/s, ` +
      `${cpuMs} ms of CPU each; ${again} times no cashier yet`,
  )
  return leastMiB
}

/** Paid, told to HIS, and every notice applied: nothing is under way when memory is looked at. */
async function settled({ database: { q } }: Stage, count: number): Promise<void> {
  const patience = Date.now() + SETTLED_WITHIN_MS
  for (;;) {
    const [orders] = await q('orders')
      .where({ state: 'paid', his_write_back: 'done' })
      .count<{ done: number }[]>('* as done')
    const [notices] = await q('inbox')
      .where({ state: 'new' })
      .count<{ unread: number }[]>('* as unread')
    if (orders?.done === count && notices?.unread === 0) return
    if (Date.now() > patience)
      throw new Error(`${orders?.done} of ${count} orders are settled, ${notices?.unread} unread`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
