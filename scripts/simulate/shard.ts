/** Runs in a row, in this process or in several: each has a store of its own. */
import { fork } from 'node:child_process'
import { openStore } from './database.ts'
import type { Violation } from './invariants.ts'
import { runOnce } from './run.ts'
import type { Day } from './world.ts'
import { firstBill, timeline } from './timeline.ts'

/** What is left of a run: figures, and the story of the first bill that went wrong. */
export interface Report extends Day {
  readonly kind: string
  readonly bank: string
  readonly orders: number
  readonly endings: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
  readonly violations: readonly Violation[]
  readonly story: string | null
}

export type Runner = (day: Day) => Promise<Report>

export async function runner(): Promise<Runner> {
  const q = await openStore()
  return async (day) => {
    const { world, violations, kind, bank, orders, endings, faults } = await runOnce(q, day)
    const story = violations.length === 0 ? null : await timeline(world, firstBill(violations))
    return { ...day, kind, bank, orders, endings, faults, violations, story }
  }
}

/** @returns runners in processes of their own, and how to send them home. */
export function shards(count: number): { runners: Runner[]; end: () => void } {
  const program = new URL('shard-process.ts', import.meta.url)
  const children = Array.from({ length: count }, () => fork(program, { serialization: 'advanced' }))
  return {
    runners: children.map(
      (child) => (day) =>
        new Promise((resolve, reject) => {
          child.removeAllListeners()
          child.once('message', (report: Report) => resolve(report))
          child.once('exit', (code) => reject(new Error(`a shard ended: ${code}`)))
          child.send(day)
        }),
    ),
    end: () => {
      for (const child of children) {
        child.removeAllListeners()
        child.kill()
      }
    },
  }
}
