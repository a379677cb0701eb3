import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import {
  type AdapterSettings,
  settlementFiles,
} from '../../../src/upstreams/settlement-files/adapter.ts'
import { judgeHost } from '../../../src/flows/certificates/judge-certificates.ts'
import { sftpSource, type SftpSettings } from '../../../src/upstreams/settlement-files/sftp.ts'
import { showHostKey } from '../../../src/upstreams/settlement-files/ssh.ts'
import {
  freePort,
  type SftpServer,
  sshdProgram,
  startSftpServer,
} from '../../support/sftp-server.ts'
import { DATE, NAME, settingsFor } from './settings.ts'

const WHOLE = 'row\nEND\n'
const program = sshdProgram()

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe.skipIf(program === null)('[SC-T02] settlement files from a real OpenSSH server', () => {
  let server: SftpServer
  beforeAll(async () => {
    server = await startSftpServer(program ?? '')
  })
  afterAll(() => server.stop())
  afterEach(() => {
    for (const name of readdirSync(server.folder)) rmSync(join(server.folder, name))
  })

  const put = (name: string, content: string): void =>
    writeFileSync(join(server.folder, name), content)

  function connected(
    changes: Partial<SftpSettings> = {},
    how: Partial<AdapterSettings> = {},
  ): { files: ReturnType<typeof settlementFiles>; folder: string; pauses: number[] } {
    const source = sftpSource({
      host: '127.0.0.1',
      port: server.port,
      folder: server.folder,
      user: server.user,
      login: { kind: 'key', privateKey: new Secret(server.clientKey) },
      hostKeys: [server.fingerprint],
      timeoutMs: 10_000,
      ...changes,
    })
    const { settings, pauses } = settingsFor(source)
    return { files: settlementFiles({ ...settings, ...how }), folder: settings.folder, pauses }
  }

  it('a file is brought here whole, and what stands there stays', async () => {
    put(NAME, WHOLE)
    put('M001_20261120.txt', WHOLE)
    const { files, folder } = connected()
    expect(await files.list(DATE)).toEqual({ kind: 'done', value: [NAME] })
    const answer = await files.fetch(DATE)
    const path = join(folder, 'received', DATE, `${sha256(WHOLE).slice(0, 16)}-${NAME}`)
    const file = { date: DATE, name: NAME, path, sha256: sha256(WHOLE), bytes: 8, repeated: false }
    expect(answer).toEqual({ kind: 'done', value: [file] })
    expect(readFileSync(path, 'utf8')).toBe(WHOLE)
    expect(readdirSync(join(folder, 'incoming'))).toEqual([])
    expect(readdirSync(server.folder)).toHaveLength(2)
  })

  it('the same file again is known again; another content under its name stands beside it', async () => {
    put(NAME, WHOLE)
    const { files, folder } = connected()
    await files.fetch(DATE)
    expect(await files.fetch(DATE)).toMatchObject({ value: [{ repeated: true }] })
    put(NAME, `more ${WHOLE}`)
    expect(await files.fetch(DATE)).toMatchObject({ value: [{ repeated: false }] })
    expect(readdirSync(join(folder, 'received', DATE))).toHaveLength(2)
  })

  it('a host with another key is refused before any login', async () => {
    put(NAME, WHOLE)
    const { port } = server
    await server.stop()
    const pinned = server.fingerprint
    server = await startSftpServer(program ?? '', port)
    put(NAME, WHOLE)
    const { files, folder, pauses } = connected({ hostKeys: [pinned] })
    expect(await files.fetch(DATE)).toMatchObject({ kind: 'refused', code: 'host-key-changed' })
    expect(await files.list(DATE)).toMatchObject({ kind: 'refused', code: 'host-key-changed' })
    expect(pauses).toEqual([])
    expect(readdirSync(folder)).toEqual([])
    const both = connected({ hostKeys: [pinned, server.fingerprint] })
    expect(await both.files.fetch(DATE)).toMatchObject({ kind: 'done' })
  })

  it('a login that is turned away is a refusal, no connection is not', async () => {
    const password = { kind: 'password', password: new Secret('wrong') } as const
    expect(await connected({ login: password }).files.list(DATE)).toMatchObject({
      kind: 'refused',
      code: 'login-refused',
    })
    const port = await freePort()
    const { files, pauses } = connected({ port })
    expect(await files.fetch(DATE)).toMatchObject({ kind: 'unsent' })
    expect(pauses).toEqual([1_000, 2_000])
  })

  it('[SC-S07] a truncated file is put aside, downloaded again with longer pauses, then refused', async () => {
    put(NAME, 'row\nEN')
    const { files, folder, pauses } = connected()
    expect(await files.fetch(DATE)).toEqual({
      kind: 'refused',
      code: 'file-damaged',
      message: '没有合计行，文件可能被截断',
    })
    expect(pauses).toEqual([1_000, 2_000])
    expect(readdirSync(join(folder, 'quarantine', DATE))).toHaveLength(1)
    expect(readdirSync(folder).toSorted()).toEqual(['incoming', 'quarantine'])
  })

  it('[SC-S07] the good value is stored when a later download is whole', async () => {
    put(NAME, 'row\nEN')
    const sleep = (): Promise<void> => {
      put(NAME, WHOLE)
      return Promise.resolve()
    }
    expect(await connected({}, { sleep }).files.fetch(DATE)).toMatchObject({ kind: 'done' })
  })

  it('a file that is not there yet is absent, and so is one whose checksum is still to come', async () => {
    const checksum = { suffix: '.sha256', algorithm: 'sha256' } as const
    const { files } = connected({}, { checksum })
    expect(await files.fetch(DATE)).toEqual({ kind: 'absent' })
    put(NAME, WHOLE)
    expect(await files.fetch(DATE)).toEqual({ kind: 'absent' })
    put(`${NAME}.sha256`, `${sha256('other')}  ${NAME}\n`)
    expect(await files.fetch(DATE)).toMatchObject({ message: '文件与其校验值不符' })
    put(`${NAME}.sha256`, `${sha256(WHOLE)}  ${NAME}\n`)
    expect(await files.fetch(DATE)).toMatchObject({ kind: 'done' })
  })

  it('a signature is verified over the file as it came', async () => {
    put(NAME, WHOLE)
    put(`${NAME}.sig`, 'good')
    const verify = (content: Buffer, signature: Buffer): boolean =>
      content.toString() === WHOLE && signature.toString() === 'good'
    const { files } = connected({}, { signature: { suffix: '.sig', verify } })
    expect(await files.fetch(DATE)).toMatchObject({ kind: 'done' })
    put(`${NAME}.sig`, 'bad')
    expect(await files.fetch(DATE)).toMatchObject({ message: '文件签名验证未通过' })
    put(`${NAME}.sig`, 'x'.repeat(2 ** 16 + 1))
    expect(await files.fetch(DATE)).toMatchObject({ message: '校验或签名文件过大' })
  })

  it('a link, a folder and a name that only resembles are no files of the day', async () => {
    symlinkSync('/etc/passwd', join(server.folder, NAME))
    put('M001_20261119.txt.tmp', WHOLE)
    put('.M001_20261119.txt', WHOLE)
    put('M001_20261119..txt', WHOLE)
    expect(await connected().files.fetch(DATE)).toEqual({ kind: 'absent' })
  })

  it('a file without end is stopped at the allowed size', async () => {
    put(NAME, `${'x'.repeat(4_096)}END\n`)
    const { files, folder } = connected({}, { mostBytes: 1_024 })
    expect(await files.fetch(DATE)).toMatchObject({ message: '文件过大，已停止接收' })
    expect(readdirSync(join(folder, 'incoming'))).toEqual([])
  })
})

describe.skipIf(program === null)('[SC-T03] a host that offers only what is too weak', () => {
  it.each([
    [['KexAlgorithms diffie-hellman-group14-sha1']],
    [['Ciphers aes128-cbc']],
    [['Ciphers aes256-ctr', 'MACs hmac-sha1']],
  ])('(%s) gets no login, and fails the audit [SC-T04]', async (lines) => {
    const server = await startSftpServer(program ?? '', undefined, lines)
    try {
      const at = { host: '127.0.0.1', port: server.port, timeoutMs: 10_000 }
      const source = sftpSource({
        ...at,
        folder: server.folder,
        user: server.user,
        login: { kind: 'key', privateKey: new Secret(server.clientKey) },
        hostKeys: [server.fingerprint],
      })
      const { settings } = settingsFor(source)
      expect(await settlementFiles(settings).fetch(DATE)).toMatchObject({ kind: 'unsent' })
      const host = { name: 'HOST_KEYS', origin: 'sftp://bank', pinned: [server.fingerprint] }
      expect(judgeHost(host, await showHostKey(at))).toMatchObject({
        verdict: 'failed',
        said: '未能协商出安全的 SSH 算法（SSH）',
      })
    } finally {
      await server.stop()
    }
  })

  it('and one with good algorithms shows the key that ssh-keygen prints', async () => {
    const server = await startSftpServer(program ?? '')
    try {
      const at = { host: '127.0.0.1', port: server.port, timeoutMs: 10_000 }
      const { fingerprint } = server
      const shown = { kind: 'host-key', algorithm: 'ED25519', bits: 256, fingerprint }
      expect(await showHostKey(at)).toEqual(shown)
    } finally {
      await server.stop()
    }
  })
})
