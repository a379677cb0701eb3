/** How busy a process is and how long its event loop stood still: measured inside of it. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { z } from 'zod'
import type { Commands } from './child.ts'

/** The histogram counts from one look to the next, this pause included; it is taken off again. */
const LOOK_EVERY_MS = 2

export const METER = z.object({
  /** Share of one core since `meter-begin`. */
  cpu: z.number(),
  longestStallMs: z.number(),
  p99StallMs: z.number(),
  residentMiB: z.number(),
})
export type Meter = z.infer<typeof METER>

export function meterCommands(): Commands {
  const stalls = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  stalls.enable()
  let usage = process.cpuUsage()
  let at = performance.now()
  const read = (): Meter => {
    const { user, system } = process.cpuUsage(usage)
    return {
      cpu: (user + system) / 1_000 / (performance.now() - at),
      longestStallMs: stalls.max / 1e6 - LOOK_EVERY_MS,
      p99StallMs: stalls.percentile(99) / 1e6 - LOOK_EVERY_MS,
      residentMiB: process.memoryUsage.rss() / 2 ** 20,
    }
  }
  return {
    'meter-begin': () => {
      stalls.reset()
      usage = process.cpuUsage()
      at = performance.now()
    },
    'meter-read': read,
    collect: async () => {
      let least = Number.POSITIVE_INFINITY
      for (let times = 0; times < COLLECTIONS; times += 1) {
        globalThis.gc?.()
        await new Promise((resolve) => setTimeout(resolve, 300))
        least = Math.min(least, process.memoryUsage.rss() / 2 ** 20)
      }
      return { leastMiB: least, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 }
    },
  }
}

/** V8 gives pages back over several collections. */
const COLLECTIONS = 5
