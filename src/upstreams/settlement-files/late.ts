/** A file that does not come (SC-C02): asked for again and again, and told of when it is late. */
import type { ReceivedFile, SettlementFiles } from '../settlement-files.ts'
import type { Answer } from '../upstream.ts'

export interface Punctuality {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Between two questions. */
  readonly everyMs: number
  /** Instants at which somebody is told, the last of them the end of waiting. */
  readonly alarmsAt: readonly number[]
  readonly alarm: (late: { readonly date: string; readonly cause: string }) => void
}

/** @returns the files, a refusal at once, or the last answer when the last alarm has rung. */
export async function awaitFiles(
  files: SettlementFiles,
  date: string,
  { now, sleep, everyMs, alarmsAt, alarm }: Punctuality,
): Promise<Answer<readonly ReceivedFile[]>> {
  const alarms = alarmsAt.toSorted((one, other) => one - other)
  for (;;) {
    const answer = await files.fetch(date)
    if (answer.kind === 'done') return answer
    if (answer.kind === 'refused') {
      alarm({ date, cause: answer.code })
      return answer
    }
    const [next] = alarms
    if (next !== undefined && now() >= next) {
      alarm({ date, cause: answer.kind === 'absent' ? 'absent' : answer.kind })
      while (alarms[0] !== undefined && now() >= alarms[0]) alarms.shift()
    }
    if (alarms.length === 0) return answer
    await sleep(Math.max(0, Math.min(everyMs, (alarms[0] ?? 0) - now())))
  }
}
