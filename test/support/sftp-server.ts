/** A real OpenSSH server on loopback for one test file: its own keys, its own folder, no password. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const READY_WITHIN_MS = 20_000

export interface SftpServer {
  readonly port: number
  /** What the server shows; files are put here by the test. */
  readonly folder: string
  readonly user: string
  readonly clientKey: string
  readonly fingerprint: string
  readonly stop: () => Promise<void>
}

/** Null where OpenSSH's server is not installed, unless `REQUIRE_SFTP=1` says that it must be. */
export function sshdProgram(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = folders.map((folder) => join(folder, 'sshd')).find((path) => existsSync(path))
  if (found === undefined && process.env['REQUIRE_SFTP'] === '1')
    throw new Error('REQUIRE_SFTP=1, but no sshd')
  return found ?? null
}

/**
 * @param port the one that a server before had, whose host key this one changes.
 * @param lines more lines of its configuration.
 */
export async function startSftpServer(
  program: string,
  port?: number,
  lines: readonly string[] = [],
): Promise<SftpServer> {
  const home = mkdtempSync(join(tmpdir(), 'jianlian-sftp-'))
  const folder = join(home, 'files')
  mkdirSync(folder)
  const [hostKey, clientKey] = ['host', 'client'].map((name) => newKey(join(home, name)))
  const own = port ?? (await freePort())
  const config = join(home, 'config')
  writeFileSync(
    config,
    [
      `Port ${own}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${clientKey}.pub`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'Subsystem sftp internal-sftp',
      'LogLevel ERROR',
      ...lines,
    ].join('\n'),
  )
  // The package's service makes it at start; here no service runs.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const server = spawn(program, ['-D', '-e', '-f', config], { stdio: 'ignore' })
  const kill = (): void => {
    server.kill('SIGKILL')
  }
  process.once('exit', kill)
  await ready(own, server)
  return {
    port: own,
    folder,
    user: userInfo().username,
    clientKey: readFileSync(clientKey ?? '', 'utf8'),
    fingerprint: fingerprintIn(`${hostKey}.pub`),
    stop: async () => {
      const gone = new Promise((resolve) => server.once('exit', resolve))
      if (server.exitCode === null && server.kill('SIGKILL')) await gone
      process.off('exit', kill)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function newKey(path: string): string {
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path])
  return path
}

const fingerprintIn = (publicKey: string): string =>
  run('ssh-keygen', ['-l', '-E', 'sha256', '-f', publicKey]).split(' ')[1] ?? ''

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return stdout
}

export async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function ready(port: number, server: ChildProcess): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1', () => resolve(true)).on('error', () =>
        resolve(false),
      )
      probe.once('connect', () => probe.destroy())
    })
    if (open) return
    if (server.exitCode !== null || Date.now() > until) throw new Error('sshd did not start')
    await pause(20)
  }
}
