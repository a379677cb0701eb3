import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { patientLimits, slidingWindows, type Visit } from '../../src/http/limits.ts'
import { addressGroup, clientAddress, networks } from '../../src/http/networks.ts'
import { testApp, type TestApp } from '../support/app.ts'

const visit = (changes: Partial<Visit> = {}): Visit => ({
  ip: '203.0.113.7',
  device: 'device-0123456789abcdef',
  authorization: 'Bearer one',
  kind: 'patient',
  ...changes,
})

async function limited(settings: Record<string, string> = {}) {
  const app = await testApp({ settings })
  const limits = patientLimits(app)
  const refused = (of: Visit): number | null => {
    try {
      limits.check(of)
      return null
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'too-many-requests') throw error
      return error.retryAfterSeconds ?? 0
    }
  }
  return { app, refused }
}

const audits = (app: TestApp): Record<string, unknown>[] =>
  app.logged.map((line) => JSON.parse(line)).filter((line) => line.audit === 'limit-tripped')

describe('the limits of patients', () => {
  it('[SC-S04] refuse request 121 of a minute from one address with rotating devices, and only that address', async () => {
    const { app, refused } = await limited()
    for (let i = 0; i < 120; i += 1)
      expect(refused(visit({ device: `rotating-device-${i}-xxxxxx` }))).toBeNull()
    expect(refused(visit({ device: 'rotating-device-last-x' }))).toBe(600)
    expect(refused(visit({ ip: '203.0.113.8' }))).toBeNull()
    expect(audits(app)).toMatchObject([{ key: 'ip', ip: '203.0.113.7' }])
  })

  it('[SC-S04] refuse request 31 of a minute from one device with rotating addresses, and only that device', async () => {
    const { app, refused } = await limited()
    for (let i = 0; i < 30; i += 1) expect(refused(visit({ ip: `198.51.100.${i}` }))).toBeNull()
    expect(refused(visit({ ip: '198.51.100.99' }))).toBe(600)
    expect(refused(visit({ ip: '198.51.100.99', device: 'another-device-xxxxx' }))).toBeNull()
    const [audit] = audits(app)
    expect(audit?.['key']).toBe('device')
    expect(audit?.['device']).toBe(app.hash(visit().device ?? ''))
    expect(app.logged.join()).not.toContain(visit().device)
  })

  it('[SC-S04] slide: what is a minute old does not count, what is younger does', async () => {
    const { app, refused } = await limited()
    for (let i = 0; i < 29; i += 1) refused(visit())
    await app.clock.advance(30_000)
    expect(refused(visit())).toBeNull()
    await app.clock.advance(30_000)
    for (let i = 0; i < 29; i += 1) expect(refused(visit())).toBeNull()
    expect(refused(visit())).toBe(600)
  })

  it('[SC-S04] ban for ten minutes and say how long it still lasts', async () => {
    const { app, refused } = await limited({ LIMIT_PER_DEVICE: '1' })
    refused(visit())
    expect(refused(visit())).toBe(600)
    await app.clock.advance(599_000)
    expect(refused(visit())).toBe(1)
    await app.clock.advance(1_000)
    expect(refused(visit())).toBeNull()
  })

  it('[SC-S04] are tighter for paying, and then the orders can still be read', async () => {
    const { refused } = await limited()
    for (let i = 0; i < 10; i += 1) expect(refused(visit({ kind: 'paying' }))).toBeNull()
    expect(refused(visit({ kind: 'paying' }))).toBe(600)
    expect(refused(visit())).toBeNull()
  })

  it('[SC-S04] hold a caller without a device to the stricter limit, and only that caller', async () => {
    const { app, refused } = await limited({ EXEMPT_NETWORKS: '203.0.113.0/24' })
    for (let i = 0; i < 10; i += 1) expect(refused(visit({ device: null }))).toBeNull()
    expect(refused(visit({ device: null }))).toBe(600)
    expect(refused(visit())).toBeNull()
    expect(refused(visit({ device: null, authorization: 'Bearer another' }))).toBeNull()
    expect(audits(app)).toMatchObject([{ key: 'device', device: null }])
  })

  it('[SC-S04] leave the orders readable when paying without a device is refused', async () => {
    const { refused } = await limited()
    const paying = visit({ device: null, kind: 'paying' })
    for (let i = 0; i < 10; i += 1) expect(refused(paying)).toBeNull()
    expect(refused(paying)).toBe(600)
    for (let i = 0; i < 10; i += 1) expect(refused(visit({ device: null }))).toBeNull()
  })

  it('[SC-S04] do not count the address of an exempt network, but its devices one by one', async () => {
    const { refused } = await limited({ EXEMPT_NETWORKS: '203.0.113.0/24' })
    for (let i = 0; i < 500; i += 1)
      expect(refused(visit({ device: `wifi-device-${i}-xxxxxxxx` }))).toBeNull()
    for (let i = 0; i < 30; i += 1) expect(refused(visit())).toBeNull()
    expect(refused(visit())).toBe(600)
  })

  it('[SC-S04] do not let a banned device wear out the address that it shares with others', async () => {
    const { refused } = await limited({ LIMIT_PER_IP: '40' })
    for (let i = 0; i < 300; i += 1) refused(visit())
    expect(refused(visit({ device: 'another-device-xxxxx' }))).toBeNull()
  })

  it('[SC-S04] remember a bounded number of keys, whoever floods', () => {
    const windows = slidingWindows(() => 0, 100)
    for (let i = 0; i < 100_000; i += 1) windows.count(`key-${i}`, 1)
    expect(windows.count('key-99999', 1)).toBe(false)
    expect(windows.count('key-0', 1)).toBe(true)
  })
})

const request = (peer: string, forwarded?: string) => {
  const from = {
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }
  return from as Parameters<typeof clientAddress>[0]
}

describe("the client's address", () => {
  const proxies = networks('TRUSTED_PROXIES', ['10.0.0.0/8', 'fd00::/8'])

  it('[SC-S05] is the peer when the peer is not a trusted proxy, whatever it forwards', () => {
    expect(clientAddress(request('203.0.113.7', '1.1.1.1'), proxies)).toBe('203.0.113.7')
  })

  it('[SC-S05] is the right-most hop that is not a trusted proxy', () => {
    const spoofed = '1.1.1.1, 203.0.113.9, 10.0.0.2'
    expect(clientAddress(request('10.0.0.1', spoofed), proxies)).toBe('203.0.113.9')
    expect(clientAddress(request('::ffff:10.0.0.1', spoofed), proxies)).toBe('203.0.113.9')
    expect(clientAddress(request('fd00::1', '2001:db8::5'), proxies)).toBe('2001:db8::5')
  })

  it('[SC-S05] ends the walk at a hop that is no address', () => {
    expect(clientAddress(request('10.0.0.1', '1.1.1.1, unknown'), proxies)).toBe('10.0.0.1')
    expect(clientAddress(request('10.0.0.1'), proxies)).toBe('10.0.0.1')
  })

  it('[SC-S04] counts a whole IPv6 /64 as one: its owner may take any address in it', () => {
    expect(addressGroup('2001:db8:0:1::5')).toBe(addressGroup('2001:DB8::1:ffff:0:0:9'))
    expect(addressGroup('2001:db8:0:2::5')).not.toBe(addressGroup('2001:db8:0:1::5'))
    expect(addressGroup('203.0.113.7')).toBe('203.0.113.7')
  })

  it('refuses a configured network that is none, by the name of its variable', () => {
    for (const text of ['10.0.0.0/33', '10.0.0', '10.0.0.0/x', '10.0.0.0/'])
      expect(() => networks('TRUSTED_PROXIES', [text])).toThrow(/TRUSTED_PROXIES/)
  })
})
