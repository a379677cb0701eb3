import { describe, expect, it } from 'vitest'
import { checkKnownAnswers, selfTest } from '../../src/crypto/self-test.ts'
import { SM2_IMPLEMENTATIONS, type Sm2Implementation } from '../../src/crypto/sm2.ts'

const { native, 'sm-crypto-v2': smCrypto } = SM2_IMPLEMENTATIONS

const absent: Sm2Implementation = {
  signer: () => {
    throw new Error('unknown group')
  },
  verifier: () => {
    throw new Error('unknown group')
  },
}
const refusing: Sm2Implementation = { ...native, verifier: () => () => false }
const signingWrongly: Sm2Implementation = { ...native, signer: () => () => Buffer.alloc(64, 1) }

describe('the self-test', () => {
  it('[SC-B01] chooses OpenSSL here, where it makes the standard signatures', () => {
    expect(selfTest()).toEqual({ sm2Engine: 'native' })
  })

  it('[SC-B01] falls back to sm-crypto-v2 where OpenSSL has no SM2 or hashes in its own way', () => {
    for (const broken of [absent, refusing])
      expect(selfTest({ native: broken, 'sm-crypto-v2': smCrypto })).toEqual({
        sm2Engine: 'sm-crypto-v2',
      })
  })

  it('[SC-B01] stops the start, by the name of the vector, when the two disagree', () => {
    expect(() => selfTest({ native, 'sm-crypto-v2': absent })).toThrow(
      'SM2 verification (GB/T 32918.5)',
    )
    expect(() => selfTest({ native, 'sm-crypto-v2': signingWrongly })).toThrow(
      'signature of sm-crypto-v2, verified by OpenSSL',
    )
    expect(() => selfTest({ native: signingWrongly, 'sm-crypto-v2': smCrypto })).toThrow(
      'signature of OpenSSL, verified by sm-crypto-v2',
    )
    expect(() => selfTest({ native: absent, 'sm-crypto-v2': signingWrongly })).toThrow(
      'signature of sm-crypto-v2, verified by itself',
    )
  })

  it('names a vector whose answer is wrong or does not come', () => {
    const wrong = { name: 'SM3', answer: 'a', ask: () => 'b' }
    const missing = { ...wrong, name: 'SM4', ask: () => absent.signer.name.repeat(-1) }
    expect(() => checkKnownAnswers([wrong])).toThrow(/^self-test failed: SM3$/)
    expect(() => checkKnownAnswers([missing])).toThrow(/^self-test failed: SM4$/)
  })
})
