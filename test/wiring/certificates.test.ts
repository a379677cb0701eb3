import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { readSettings } from '../../src/config.ts'
import { sm3Hex } from '../../src/crypto/sm3.ts'
import { checkCertificates } from '../../src/flows/certificates/audit-certificates.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { certificatesInUse } from '../../src/wiring/certificates.ts'
import { testApp } from '../support/app.ts'
import { localhostCertificate } from '../support/certificate.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const parameters = makeParameters(Math.random, { alipay: true })
const ENVIRONMENT = sandboxEnvironment(parameters, {
  sandboxUrl: 'http://127.0.0.1:1',
  publicUrl: 'http://127.0.0.1:2',
  databaseUrl: 'sqlite::memory:',
  keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
  patientSecret: 'x'.repeat(32),
})
const inUse = (given: Record<string, string> = {}) =>
  certificatesInUse(readSettings({ ...ENVIRONMENT, ...given }))

const sm3 = (hex: string) => sm3Hex(Buffer.from(hex, 'hex'))

const tls = localhostCertificate()
const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, tls.cert)
const server = createServer(tls)
let origin = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  origin = `https://localhost:${typeof address === 'object' && address ? address.port : 0}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

describe('[SC-T04] the servers that are looked at', () => {
  it('are our own address and everything that may be called, no more', () => {
    const jwks = { PATIENT_JWKS_URL: 'https://platform.example/jwks.json' }
    expect(inUse(jwks).servers.map(({ name, origin }) => [name, origin])).toEqual([
      ['PUBLIC_URL', 'http://127.0.0.1:2'],
      ['HIS_URL', 'http://127.0.0.1:1'],
      ['WECHAT_USER_QUERY_URL', 'http://127.0.0.1:1'],
      ['INSURANCE_URL', 'http://127.0.0.1:1'],
      ['MID_PLATFORM_URL', 'http://127.0.0.1:1'],
      ['ICBC_URL', 'http://127.0.0.1:1'],
      ['ONE_CODE_URL', 'http://127.0.0.1:1'],
      ['COLLECTION_URL', 'http://127.0.0.1:1'],
      ['HRSS_PAY_URL', 'http://127.0.0.1:1'],
      ['ALIPAY_GATEWAY_URL', 'http://127.0.0.1:1'],
      ['ONE_CARD_URL', 'http://127.0.0.1:1'],
      ['PATIENT_JWKS_URL', 'https://platform.example'],
    ])
  })

  it('are believed as in a call: a private authority for its own link, for nobody else', async () => {
    const given = { HIS_URL: origin, ICBC_URL: origin, PUBLIC_URL: origin, HIS_CA_FILE: caFile }
    const app = await testApp({
      clock: new VirtualClock(new X509Certificate(tls.cert).validFromDate.getTime()),
      certificates: inUse(given),
    })
    const findings = new Map((await checkCertificates(app)).map((found) => [found.name, found]))
    expect(findings.get('HIS_URL')?.said).toBe('证书将在 2 天后到期')
    expect(findings.get('HIS_CA_FILE')?.about).toBe('CN=localhost')
    for (const name of ['ICBC_URL', 'PUBLIC_URL'])
      expect(findings.get(name)).toMatchObject({
        verdict: 'failed',
        said: '自签证书，未列为可信（DEPTH_ZERO_SELF_SIGNED_CERT）',
      })
    await app.clock.advance(3 * 86_400_000)
    const later = (await checkCertificates(app)).find(({ name }) => name === 'HIS_URL')
    expect(later).toMatchObject({ verdict: 'failed', said: '证书已过期 1 天' })
  })
})

describe('[SC-T04] the keys that are looked at', () => {
  it('are every key pair of ours and every public key of theirs, with the second ones', () => {
    const other = makeParameters(Math.random)
    const both = [parameters, other].map(({ icbc }) => icbc.gateway.sm2.publicKeyHex)
    const given = { ICBC_GATEWAY_PUBLIC_KEY: both.join() }
    expect(inUse(given).keys.map(({ name, owner, algorithm }) => [name, owner, algorithm])).toEqual(
      [
        ['HIS_PRIVATE_KEY', 'ours', 'SM2'],
        ['HIS_THEIR_PUBLIC_KEY', 'theirs', 'SM2'],
        ['MID_PLATFORM_PRIVATE_KEY', 'ours', 'SM2'],
        ['MID_PLATFORM_THEIR_PUBLIC_KEY', 'theirs', 'SM2'],
        ['ICBC_PRIVATE_KEY', 'ours', 'SM2'],
        ['ICBC_GATEWAY_PUBLIC_KEY', 'theirs', 'SM2'],
        ['ICBC_GATEWAY_PUBLIC_KEY', 'theirs', 'SM2'],
        ['COLLECTION_PRIVATE_KEY', 'ours', 'SM2'],
        ['COLLECTION_THEIR_PUBLIC_KEY', 'theirs', 'SM2'],
        ['HRSS_PAY_PRIVATE_KEY', 'ours', 'SM2'],
        ['HRSS_PAY_THEIR_PUBLIC_KEY', 'theirs', 'SM2'],
        ['ALIPAY_PRIVATE_KEY', 'ours', 'RSA'],
        ['ALIPAY_PUBLIC_KEY', 'theirs', 'RSA'],
      ],
    )
  })

  it('are those of the bank that is spoken to', () => {
    const names = inUse({ BANK: 'standard-bank' }).keys.map(({ name }) => name)
    expect(names.filter((name) => name.startsWith('ICBC'))).toEqual([])
    expect(names).toContain('STANDARD_BANK_THEIR_PUBLIC_KEY')
  })

  it('have the fingerprint of their public half, which both sides can compare', () => {
    const { his, alipay } = parameters
    const { keys } = inUse()
    const fingerprintOf = (name: string) => keys.find((key) => key.name === name)?.fingerprint
    expect(fingerprintOf('HIS_PRIVATE_KEY')).toBe(sm3(his.hospital.publicKeyHex))
    expect(fingerprintOf('HIS_THEIR_PUBLIC_KEY')).toBe(sm3(his.his.publicKeyHex))
    const spki = createPublicKey(alipay?.hospital.publicKeyPem ?? '').export({
      type: 'spki',
      format: 'der',
    })
    expect(fingerprintOf('ALIPAY_PRIVATE_KEY')).toBe(
      createHash('sha256').update(spki).digest('hex'),
    )
    expect(keys.some(({ published }) => published)).toBe(false)
  })

  it('of RSA are told with their length', () => {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 3_072,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const { keys } = inUse({
      ICBC_CALLBACK_SIGN: 'SHA1',
      ICBC_CALLBACK_PUBLIC_KEY: pair.publicKey,
      ICBC_LEGACY: 'callbacks are RSA; 2099-12-31',
    })
    expect(keys.find(({ name }) => name === 'ICBC_CALLBACK_PUBLIC_KEY')).toMatchObject({
      algorithm: 'RSA',
      bits: 3_072,
    })
  })

  it('that are examples of this repository are told as published', () => {
    const example = 'bd57a40bf75f032d2e73ae795e000f578d61f82ddb0ff93c2019c63094a1cbb6'
    const { keys } = inUse({ HIS_PRIVATE_KEY: example })
    expect(keys.filter(({ published }) => published).map(({ name }) => name)).toEqual([
      'HIS_PRIVATE_KEY',
    ])
  })

  it('are not those of a link that signs nothing', () => {
    const bearer = { HIS_PROTECTION: 'bearer', HIS_LEGACY: 'HIS cannot sign; 2099-12-31' }
    expect(inUse(bearer).keys.map(({ name }) => name)).not.toContain('HIS_PRIVATE_KEY')
  })
})
