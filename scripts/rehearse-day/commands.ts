/** The commands of finance staff, each in a process of its own, as they are typed. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { COMPILED } from '../parts/processes.ts'

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export type Command = 'reconcile' | 'breaks' | 'resolve' | 'report' | 'work-items'
export type Run = (command: Command, ...words: readonly string[]) => Promise<Ended>

export function commandsBeside(environment: Readonly<Record<string, string>>): Run {
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, ...environment }
  return (command, ...words) =>
    new Promise((resolve) => {
      const script = fileURLToPath(new URL(`../${command}.ts`, import.meta.url))
      const options = { env, maxBuffer: 2 ** 28 }
      execFile(process.execPath, [script, ...words], options, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err })
      })
    })
}

/** @throws Error with what the command said, when it ended otherwise. */
export function expectCode({ code, out, err }: Ended, expected: number, what: string): string {
  if (code !== expected) throw new Error(`${what}：退出码 ${code}，应为 ${expected}\n${err}${out}`)
  return out
}
