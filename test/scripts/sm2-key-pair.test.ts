import { spawnSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { sm2 } from 'sm-crypto'
import { expect, it } from 'vitest'
import { sm2PublicKey } from '../../src/crypto/sm2.ts'
import { testSettings } from '../support/app.ts'
import { TEST_KEY } from '../support/sealer.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/sm2-key-pair.ts', import.meta.url))

const make = (key: object) =>
  spawnSync(process.execPath, [SCRIPT], {
    env: { PATH: process.env['PATH'], ...key },
    encoding: 'utf8',
  })

it('[RS-12] a new pair: the private key sealed as settings read it, the public one as others read it', () => {
  const { stdout, stderr, status } = make({ KEY_ENCRYPTION_KEY: TEST_KEY })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  const [wrapped = '', hex = '', base64 = ''] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('  ')[1])
  const settings = testSettings({ KEY_ENCRYPTION_KEY: TEST_KEY, HIS_PRIVATE_KEY: wrapped })
  const privateKey = settings.HIS_PRIVATE_KEY.reveal()
  expect(stdout).not.toContain(privateKey)
  const signature = sm2.doSignature('message', privateKey, { hash: true })
  expect(sm2.doVerifySignature('message', signature, hex, { hash: true })).toBe(true)
  const der = Buffer.from(base64, 'base64')
  const read = createPublicKey({ key: der, format: 'der', type: 'spki' })
  expect(read.export({ format: 'der', type: 'spki' }).equals(der)).toBe(true)
  expect(sm2PublicKey({ base64 }).hex).toBe(hex)
})

it('[RS-12] without the key-encryption key there is no pair, for nobody could seal it', () => {
  expect(make({})).toMatchObject({ status: 2, stdout: '' })
})
