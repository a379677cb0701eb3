/** A MariaDB or MySQL server of one's own, on a temporary folder and a free port, that may be killed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { freePort } from '../parts/processes.ts'

const READY_WITHIN_MS = 120_000

export interface OwnMysql {
  /** Of the server; databases are made by whoever needs one. */
  readonly url: string
  /** As if the power had failed: SIGKILL, nothing is written down. */
  readonly kill: () => Promise<void>
  /** Again on the same folder and port; resolves when it answers. */
  readonly start: () => Promise<void>
  /** Ends it and removes all that it wrote. */
  readonly stop: () => Promise<void>
}

/** @returns null where neither program is installed */
export async function startOwnMysql(options: readonly string[] = []): Promise<OwnMysql | null> {
  const program = findProgram(['mariadbd', 'mysqld'])
  if (program === null) return null
  const home = mkdtempSync(join(tmpdir(), 'jianlian-mysql-'))
  const data = join(home, 'data')
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  initialise(program, data, asRoot)
  const port = await freePort()
  const url = `mysql://root@127.0.0.1:${port}`
  const all = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${join(home, 'socket')}`,
    `--pid-file=${join(home, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-log-bin',
    '--max-connections=400',
    ...options,
    ...asRoot,
  ]
  let server: ChildProcess
  const launch = async (): Promise<void> => {
    const until = Date.now() + READY_WITHIN_MS
    do {
      server = spawn(program, all, { stdio: 'ignore' })
      if (await answers(url, server, until)) return
    } while (Date.now() < until)
    throw new Error('the private MySQL server did not start')
  }
  // A run that dies without its teardown takes its own server along.
  const atExit = (): void => {
    server.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
  process.once('exit', atExit)
  const stop = async (): Promise<void> => {
    await ended(server, 'SIGTERM')
    process.off('exit', atExit)
    rmSync(home, { recursive: true, force: true })
  }
  try {
    await launch()
  } catch (error) {
    await stop()
    throw error
  }
  return { url, kill: () => ended(server, 'SIGKILL'), start: launch, stop }
}

function findProgram(names: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  for (const name of names)
    for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name)
  return null
}

function initialise(program: string, data: string, asRoot: readonly string[]): void {
  const common = ['--no-defaults', `--datadir=${data}`, ...asRoot]
  const install = findProgram(['mariadb-install-db'])
  const isMariadb = program.endsWith('mariadbd') || install !== null
  const [command, args] =
    isMariadb && install !== null
      ? [install, [...common, '--auth-root-authentication-method=normal', '--skip-test-db']]
      : [program, [...common, '--initialize-insecure']]
  const result = spawnSync(command, args, { encoding: 'utf8' })
  if (result.status !== 0)
    throw new Error(`${command} could not make a data directory: ${result.stderr}`)
}

/** @returns false when it has ended: who died a moment ago may still hold its files. */
async function answers(url: string, server: ChildProcess, until: number): Promise<boolean> {
  while (server.exitCode === null && Date.now() < until) {
    try {
      const probe = await createConnection(`${url}/mysql`)
      await probe.end()
      return true
    } catch {
      await pause(50)
    }
  }
  return false
}

async function ended(server: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill(signal)
  const forced = setTimeout(() => server.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(forced)
}
