/**
 * Commands for operators: the service's parts without serving, who is acting, and what is printed.
 * Whatever they refuse is said in Chinese; exit code 1 could not be done, 2 wrong use or settings,
 * unless a command has codes of its own.
 */
import { type App, buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { ConfigError, readSettings } from '../../src/config.ts'
import { AppError, Secret } from '../../src/errors.ts'
import { type Operator, recogniseOperator } from '../../src/flows/operators/operators.ts'
import { refuse, type Usage } from './command-line.ts'
import { askUnseen } from './unseen.ts'

/** What is missing on the command line, found only once the command is known. */
export class Incomplete extends Error {
  override name = 'Incomplete'
}

export function needed(value: string | null | undefined, what: string): string {
  if (value === null || value === undefined || value === '') throw new Incomplete(`缺少${what}`)
  return value
}

/** From the environment or typed unseen; never from the command line, which others can read. */
async function operatorKey(): Promise<Secret> {
  const given = process.env['OPERATOR_KEY']
  if (given !== undefined && given !== '') return new Secret(given)
  if (!process.stdin.isTTY) throw new Incomplete('缺少操作员密钥：设置 OPERATOR_KEY 或在终端中运行')
  return askUnseen('操作员密钥')
}

export async function operatorOf(app: App, name: string | null | undefined): Promise<Operator> {
  const given = needed(name, '操作员（--operator）')
  return recogniseOperator(app, given, await operatorKey())
}

/** What is printed: text for people, a value for `--json`. */
export interface Printed {
  readonly text: string
  readonly value: unknown
  /** 0 unless it says more. */
  readonly exitCode?: number
}

/** Runs `work` on the service's own environment and prints what it gives; the process' exit code. */
export async function runForOperator(
  usage: Usage,
  { json, couldNot }: { readonly json: boolean; readonly couldNot?: number },
  work: (app: App) => Promise<Printed>,
): Promise<void> {
  try {
    const { text, value, exitCode = 0 } = await onParts(work)
    console.log(json ? JSON.stringify(value, null, 2) : text)
    process.exitCode = exitCode
  } catch (error) {
    if (error instanceof Incomplete) refuse(usage, error.message)
    const [message, code] = explain(error)
    console.error(message)
    process.exitCode = couldNot ?? code
  }
}

async function onParts<T>(work: (app: App) => Promise<T>): Promise<T> {
  // The same environment as the service; its log lines would only disturb the output here.
  const settings = readSettings({ ...process.env, LOG_LEVEL: 'silent' })
  const { app, stop } = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  try {
    return await work(app)
  } finally {
    await stop()
  }
}

function explain(error: unknown): [message: string, exitCode: number] {
  if (error instanceof ConfigError) return [error.message, 2]
  if (error instanceof AppError) return [error.sentence, 1]
  return [error instanceof Error ? error.message : String(error), 1]
}
