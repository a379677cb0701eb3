import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sm4CbcEncrypt } from '../../src/crypto/sm4.ts'
import { generateSm2KeyPair, sm2PrivateKey, sm2Signer, sm2Verifier } from '../../src/crypto/sm2.ts'
import {
  openField,
  signAnswer,
  sealField,
  signRequest,
  verifyAnswer,
  verifyNotice,
  verifyRequest,
  WINDOW_MS,
} from '../../src/upstreams/signed-request.ts'
import { NOW, seededRandom } from './stub.ts'

const key = sm2PrivateKey({ hex: generateSm2KeyPair().privateKeyHex })
const signatory = { appId: 'HIS1', sign: sm2Signer(key, { encoding: 'raw' }) }
const counterpart = { appId: 'HIS1', verify: sm2Verifier(key.publicKey, { encoding: 'raw' }) }
const NONCE = 'nonce-0123456789'
const request = { method: 'POST', path: '/his/refunds?a=1', body: '{"billNo":"MZ1"}' }
const stamp = { now: NOW, nonce: NONCE }
const fresh = () => ({ ...counterpart, now: NOW, seen: () => false })

describe('a signed request', () => {
  const headers = signRequest(request, signatory, stamp)

  it('is believed once, and not a second time [SC-S01] [SC-S10]', async () => {
    const nonces = new Set<string>()
    const seen = (nonce: string): boolean => nonces.size === nonces.add(nonce).size
    const from = { ...counterpart, now: NOW, seen }
    expect(await verifyRequest({ ...request, headers }, from)).toEqual({
      trusted: true,
      nonce: NONCE,
    })
    expect(await verifyRequest({ ...request, headers }, from)).toMatchObject({
      reason: 'nonce-seen',
    })
  })

  it.each([
    ['another method', { method: 'PUT' }],
    ['another path', { path: '/his/refunds?a=2' }],
    ['another body', { body: '{"billNo":"MZ2"}' }],
  ])('is not believed for %s [SC-S01]', async (_, change) => {
    expect(await verifyRequest({ ...request, headers, ...change }, fresh())).toMatchObject({
      reason: 'bad-signature',
    })
  })

  it.each([WINDOW_MS + 1, -WINDOW_MS - 1])('is not believed %i ms away [SC-S10]', async (away) => {
    const from = { ...fresh(), now: NOW + away }
    expect(await verifyRequest({ ...request, headers }, from)).toMatchObject({
      reason: 'outside-window',
    })
  })

  it('is not believed from another application or with a header sent twice', async () => {
    expect(
      await verifyRequest({ ...request, headers }, { ...fresh(), appId: 'HIS2' }),
    ).toMatchObject({ reason: 'unknown-app-id' })
    const twice = { ...headers, 'X-Nonce': NONCE }
    expect(await verifyRequest({ ...request, headers: twice }, fresh())).toMatchObject({
      reason: 'header-missing',
    })
  })

  it('never asks for the nonce of what is not signed', async () => {
    let asked = 0
    const seen = (): boolean => {
      asked += 1
      return false
    }
    const forged = { ...headers, 'x-signature': Buffer.alloc(64).toString('base64') }
    await verifyRequest({ ...request, headers: forged }, { ...fresh(), seen })
    expect(asked).toBe(0)
  })

  it('is refused, never thrown about, whatever the headers hold', async () => {
    const name = fc.constantFrom('x-app-id', 'X-Timestamp', 'x-nonce', 'x-signature', 'other')
    const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(undefined))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value), async (headers) => {
        expect((await verifyRequest({ ...request, headers }, fresh())).trusted).toBe(false)
      }),
    )
  })
})

describe('a signed answer', () => {
  const answer = { status: 200, requestNonce: NONCE, body: '{}' }
  const headers = signAnswer(answer, signatory, { now: NOW, nonce: 'another-nonce-0123' })
  const from = { ...counterpart, now: NOW }

  it('answers its own request only [SC-S01]', () => {
    expect(verifyAnswer({ ...answer, headers }, from).trusted).toBe(true)
    const other = { ...answer, requestNonce: 'nonce-9876543210', headers }
    expect(verifyAnswer(other, from).trusted).toBe(false)
  })

  it('is not believed under another status', () => {
    expect(verifyAnswer({ ...answer, status: 404, headers }, from).trusted).toBe(false)
  })
})

describe('a notice', () => {
  const headers = signRequest(request, signatory, stamp)

  it('is believed at any age, and by its signature alone [SC-S01] [SC-Q10]', () => {
    expect(verifyNotice({ ...request, headers }, counterpart)).toEqual({
      trusted: true,
      nonce: NONCE,
    })
    for (const change of [{ method: 'PUT' }, { path: '/other' }, { body: '{}' }])
      expect(verifyNotice({ ...request, headers, ...change }, counterpart).trusted).toBe(false)
    const later = { ...headers, 'x-timestamp': String(NOW + 1) }
    expect(verifyNotice({ ...request, headers: later }, counterpart)).toMatchObject({
      reason: 'bad-signature',
    })
  })
})

describe('an sm4: field', () => {
  const sm4 = Buffer.from('0123456789abcdef')

  it('opens to what was sealed, and a clear one does not open [SC-S03]', () => {
    const iv = Buffer.alloc(16, 7)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sealed = Buffer.concat([iv, sm4CbcEncrypt(sm4, iv, text)]).toString('base64')
        expect(openField(`sm4:${sealed}`, sm4)).toBe(text)
        expect(openField(text, sm4)).toBeNull()
      }),
    )
  })

  it('is sealed anew each time, and opens under its own key alone [SC-S03]', () => {
    const random = seededRandom()
    const [one, other] = [sealField('张三', sm4, random), sealField('张三', sm4, random)]
    expect(one).not.toBe(other)
    for (const field of [one, other]) {
      expect(openField(field, sm4)).toBe('张三')
      expect(openField(field, Buffer.from('fedcba9876543210'))).not.toBe('张三')
    }
  })

  it('is null, never an error, when it is garbage', () => {
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        const opened = openField(`sm4:${text}`, sm4)
        expect(opened === null || typeof opened === 'string').toBe(true)
      }),
    )
  })
})
