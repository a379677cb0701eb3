import { describe, expect, it } from 'vitest'
import { sealEnvelope } from '../../../src/sandbox/mid-platform-envelope.ts'
import { failing, NOW, sandboxContext } from '../stub.ts'
import { build } from './link.ts'

const context = sandboxContext()
const { appId, appSecret, platform, hospital } = context.parameters.midPlatform
const link = {
  appId,
  appSecret,
  privateKeyHex: platform.privateKeyHex,
  publicKeyHex: hospital.publicKeyHex,
  ...context.profiles.midPlatform,
  crypto: context.crypto,
}
const { adapter } = build(failing('unsent'), context)
const sealed = (data: Record<string, unknown>, by = link) => sealEnvelope(by, { data, at: NOW })
const read = (envelope: unknown) => adapter.readNotice(Buffer.from(JSON.stringify(envelope)))
const PAID = { payOrdId: 'ORD1', medOrgOrd: 'M1', ordStas: '6', fundPay: '1.00' }

describe('6302', () => {
  it('[SC-S01] is read under the platform’s signature', () => {
    expect(read(sealed(PAID))).toEqual({ payOrdId: 'ORD1', ordStas: '6' })
    expect(read(sealed({ payOrdId: 'ORD1' }))).toEqual({ payOrdId: 'ORD1', ordStas: null })
  })

  it('[SC-S01] is not read without it, under another key, changed, or of another shape', () => {
    const { signData: _, ...unsigned } = sealed(PAID)
    const forged = sealed(PAID, { ...link, privateKeyHex: hospital.privateKeyHex })
    const good = sealed(PAID)
    const changed = { ...good, timestamp: '20200101000000' }
    for (const bad of [
      unsigned,
      forged,
      changed,
      { ...good, appId: 'X' },
      sealed({}),
      {},
      null,
      'x',
    ])
      expect(read(bad)).toBeNull()
    expect(adapter.readNotice(Buffer.from('{"encData":'))).toBeNull()
  })

  it('is acknowledged in plain words', () => {
    expect(JSON.parse(adapter.acknowledge(true))).toMatchObject({ success: true })
    expect(JSON.parse(adapter.acknowledge(false))).toMatchObject({ success: false })
  })
})
