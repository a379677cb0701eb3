/** A process of a run, as it sees its parent: it answers commands and ends with its parent. */
import { z } from 'zod'

const QUESTION = z.object({ id: z.number(), command: z.string(), argument: z.unknown().optional() })

export type Commands = Readonly<Record<string, (argument: unknown) => unknown>>

/** Says that it is ready, and answers until SIGTERM; `stop` puts everything away. */
export function answerParent(
  ready: string,
  commands: Commands,
  stop: () => Promise<void> = async () => {},
): void {
  process.on('message', (raw: unknown) => {
    const { id, command, argument } = QUESTION.parse(raw)
    void answer(commands, command, argument).then((said) => process.send?.({ id, ...said }))
  })
  let stopping = false
  process.on('SIGTERM', () => {
    if (stopping) return
    stopping = true
    void stop().finally(() => process.exit(0))
  })
  // Ctrl+C reaches the whole group of a terminal: the parent decides, and tells by SIGTERM.
  process.on('SIGINT', () => {})
  process.once('disconnect', () => process.exit(1))
  process.send?.({ ready })
}

async function answer(commands: Commands, command: string, argument: unknown) {
  try {
    const run = commands[command]
    if (run === undefined) throw new Error(`no command ${command}`)
    return { result: (await run(argument)) ?? null }
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
