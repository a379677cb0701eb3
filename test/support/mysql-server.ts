/**
 * The MySQL half of the tests: TEST_DATABASE_URL when set, else a private server on a temporary
 * data directory for the time of one run, else one line that says it was skipped.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where tests may create databases of their own; null: the MySQL half is skipped. */
    mysqlUrl: string | null
  }
}

const DATABASE = 'jianlian_test'
const READY_WITHIN_MS = 60_000

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['TEST_DATABASE_URL']
  if (given) {
    project.provide('mysqlUrl', given)
    return undefined
  }
  const program = findProgram(['mariadbd', 'mysqld'])
  if (program === null) {
    if (process.env['REQUIRE_MYSQL'] === '1')
      throw new Error('REQUIRE_MYSQL=1, but neither TEST_DATABASE_URL nor mariadbd nor mysqld')
    console.warn('MySQL half skipped: no TEST_DATABASE_URL, no mariadbd or mysqld here')
    project.provide('mysqlUrl', null)
    return undefined
  }
  const server = await startServer(program)
  project.provide('mysqlUrl', server.url)
  return server.stop
}

function findProgram(names: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  for (const name of names)
    for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name)
  return null
}

async function startServer(program: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'jianlian-mysql-'))
  const data = join(home, 'data')
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  initialise(program, data, asRoot)
  const port = await freePort()
  const options = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${join(home, 'socket')}`,
    `--pid-file=${join(home, 'pid')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--innodb-flush-log-at-trx-commit=2',
    '--skip-log-bin',
    '--max-connections=400',
  ]
  const server = spawn(program, [...options, ...asRoot], { stdio: 'ignore' })
  // A run that dies without its teardown takes its own server along.
  const kill = (): void => {
    server.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    await ended(server)
    process.off('exit', kill)
    rmSync(home, { recursive: true, force: true })
  }
  const url = `mysql://root@127.0.0.1:${port}/${DATABASE}`
  try {
    await ready(url, server)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stop }
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

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS
  for (;;) {
    try {
      const probe = await createConnection(url.replace(`/${DATABASE}`, '/mysql'))
      await probe.end()
      return
    } catch (cause) {
      if (server.exitCode !== null || Date.now() > until)
        throw new Error('the private MySQL server did not start', { cause })
      await pause(50)
    }
  }
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  const forced = setTimeout(() => server.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(forced)
}
