/** Our programs in folders of their own, and whatever they leave in them. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './places.ts'
import type { Canary, Source } from './search.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What a program takes for its working folder, its home and the place for temporary files. */
export const FOLDERS = ['cwd', 'home', 'tmp'] as const

export interface Place {
  readonly folder: string
  readonly log: string
}

export function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-canary-'))
  for (const name of FOLDERS) mkdirSync(join(folder, name))
  return { folder, log: join(folder, 'service.log') }
}

export type Environment = Record<string, string>

interface Launch {
  readonly words?: readonly string[]
  readonly environment: Environment
  readonly at: Place
}

/** With nothing of our own environment; what it prints goes to the log. */
export function launch(script: string, { words = [], environment, at }: Launch) {
  const [cwd, HOME, TMPDIR] = FOLDERS.map((name) => join(at.folder, name))
  const log = openSync(at.log, 'a')
  const child = spawn(process.execPath, [join(ROOT, script), ...words], {
    cwd,
    env: { ...environment, HOME, TMPDIR },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  return child
}

export async function ended(child: ReturnType<typeof launch>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Runs to its end; used for starts that must fail and for the operators' command. */
export async function runOnce(script: string, how: Launch): Promise<void> {
  await ended(launch(script, how))
}

/** Every file below the three folders. */
function leftIn({ folder }: Place): Source[] {
  return FOLDERS.flatMap((name) =>
    filesBelow(join(folder, name)).map((file) => ({ ...file, name: `${name}/${file.name}` })),
  )
}

export interface Written {
  readonly log: Source[]
  readonly files: Source[]
  /** Stands in a file of each folder, so that finding nothing else there proves something. */
  readonly planted: Canary
}

/** What was printed and what was left behind, and one file a folder by a program run in the same way. */
export async function writtenTo(at: Place): Promise<Written> {
  const planted = { what: 'the planted file', text: randomBytes(16).toString('hex') }
  const words = [planted.text]
  await runOnce('scripts/canary/leave-files.ts', { words, environment: {}, at })
  const log = filesBelow(at.folder).filter(({ name }) => name === 'service.log')
  return { log, files: leftIn(at), planted }
}
