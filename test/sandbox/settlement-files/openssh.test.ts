import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DATE } from './bank-day.ts'
import { newFolder, settlementRig } from '../../support/settlement-rig.ts'

const hasClient = spawnSync('sftp', ['-V']).error === undefined

describe.skipIf(!hasClient)('[SC-T02] the SFTP host of the sandbox, by OpenSSH', () => {
  it('is known by its key, gives its files, and takes, removes and renames nothing', async () => {
    const { shelf, hosts, parameters } = await settlementRig()
    const { host, login, prefix, user } = parameters.settlementFiles.bank
    await shelf.issue({ book: 'bank', period: DATE, errors: [], damage: null })
    const folder = newFolder()
    const at = (name: string): string => join(folder, name)
    writeFileSync(at('key'), login.privateKey, { mode: 0o600 })
    writeFileSync(at('known'), `[127.0.0.1]:${hosts.ports.bank} ${host.publicKey}\n`)
    const name = `${prefix}_20261120.txt`
    const sftp = (commands: readonly string[]) =>
      new Promise<{ failed: boolean; out: string }>((resolve) => {
        const options = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${at('known')}`]
        const args = options.flatMap((option) => ['-o', option])
        const child = execFile(
          'sftp',
          [
            '-b',
            '-',
            '-i',
            at('key'),
            '-P',
            String(hosts.ports.bank),
            ...args,
            `${user}@127.0.0.1`,
          ],
          (error, out, err) => resolve({ failed: error !== null, out: `${out}${err}` }),
        )
        child.stdin?.end(commands.map((line) => `${line}\n`).join(''))
      })
    const { failed, out } = await sftp(['cd /outgoing', 'ls -1', `get ${name} ${at('here')}`])
    expect([failed, out]).toEqual([false, expect.stringContaining(`${name}.sig`)])
    expect(readFileSync(at('here'))).toEqual((await shelf.files('bank')).get(name))
    const before = [...(await shelf.files('bank')).keys()]
    for (const command of [
      `put ${at('key')} /outgoing/key`,
      `rm /outgoing/${name}`,
      `rename /outgoing/${name} /outgoing/other`,
      'mkdir /outgoing/folder',
      'get /etc/passwd',
      `get /outgoing/../etc/passwd`,
    ])
      expect((await sftp([command])).failed).toBe(true)
    expect([...(await shelf.files('bank')).keys()]).toEqual(before)
    expect(readdirSync(folder).toSorted()).toEqual(['here', 'key', 'known'])
    await hosts.changeKey('bank')
    expect((await sftp(['ls'])).out).toContain('Host key verification failed')
  }, 60_000)
})
