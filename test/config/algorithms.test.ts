import { describe, expect, it } from 'vitest'
import { legacyLinks, type Settings } from '../../src/config.ts'
import { testSettings } from '../support/app.ts'
import { rsaKeys } from '../support/keys.ts'
import { refusal } from '../support/refusal.ts'

const LONG = rsaKeys()
const SHORT = rsaKeys(1024)

describe('algorithms', () => {
  it('[SC-B01] are SM2 and SM4 unless somebody says otherwise', () => {
    const settings = testSettings()
    expect(settings).toMatchObject({
      ICBC_SIGN_TYPE: 'SM2',
      ICBC_GATEWAY_SIGN: 'SM2',
      ICBC_CIPHER: 'SM4',
      HIS_PROTECTION: 'sm2-sm4',
    })
    expect(legacyLinks(settings)).toEqual([])
  })

  it.each([
    [{ ICBC_SIGN_TYPE: 'RSA2', ICBC_PRIVATE_KEY: LONG.privateKey }, 'ICBC_LEGACY'],
    [{ ICBC_GATEWAY_SIGN: 'SHA1', ICBC_GATEWAY_PUBLIC_KEY: LONG.publicKey }, 'ICBC_LEGACY'],
    [{ ICBC_CALLBACK_SIGN: 'SHA1', ICBC_CALLBACK_PUBLIC_KEY: LONG.publicKey }, 'ICBC_LEGACY'],
    [{ ICBC_CIPHER: 'AES' }, 'ICBC_LEGACY'],
    [{ ICBC_MIXED_ORDERS: 'aggregated' }, 'ICBC_LEGACY'],
    [{ HIS_PROTECTION: 'bearer' }, 'HIS_LEGACY'],
  ])('[SC-B02] %o needs a reason and a deadline in %s', (given, name) => {
    expect(refusal(given)).toContain(name)
    expect(refusal({ ...given, [name]: 'old app' })).toContain(name)
    expect(refusal({ ...given, [name]: 'old app; 2027-06-30' })).toBe('accepted')
  })

  it.each(['2026-02-30', '2027-13-01', '2027-00-10', '2027-04-31'])(
    '[SC-B02] a link cannot live until %s, a day that never comes',
    (day) => {
      const legacy = { HIS_PROTECTION: 'bearer', HIS_LEGACY: `old HIS; ${day}` }
      expect(refusal(legacy)).toBe(
        'HIS_LEGACY must end with a day that the calendar has, as yyyy-mm-dd',
      )
      expect(refusal({ ...legacy, HIS_LEGACY: 'old HIS; 2028-02-29' })).toBe('accepted')
    },
  )

  it('[SC-S03] names and id numbers that only TLS hides are such a link', () => {
    expect(refusal({ ICBC_MIXED_ORDERS: 'aggregated' })).toBe(
      'ICBC_LEGACY must give "reason; yyyy-mm-dd" for ICBC_MIXED_ORDERS=aggregated',
    )
    expect(refusal({ ICBC_MIXED_ORDERS: 'hebei' })).toBe('accepted')
  })

  it('[SC-B02] what is legacy is told with its reason and deadline', () => {
    const settings: Settings = testSettings({
      ICBC_SIGN_TYPE: 'RSA2',
      ICBC_PRIVATE_KEY: LONG.privateKey,
      ICBC_LEGACY: 'existing app; 2027-06-30',
    })
    expect(legacyLinks(settings)).toEqual([
      { link: 'icbc', reason: 'existing app', deadline: '2027-06-30' },
    ])
  })

  it.each([
    { ICBC_SIGN_TYPE: 'RSA' },
    { ICBC_SIGN_TYPE: 'MD5' },
    { ICBC_SIGN_TYPE: 'SM3' },
    { ICBC_GATEWAY_SIGN: 'MD5' },
    { ICBC_CALLBACK_SIGN: 'MD5' },
    { ICBC_CIPHER: '3DES' },
    { ICBC_CIPHER: 'DES' },
    { ICBC_CIPHER: 'NULL' },
    { HIS_PROTECTION: 'none' },
  ])('[SC-B03] %o is refused even with a reason', (given) => {
    const reasons = { ICBC_LEGACY: 'because; 2027-06-30', HIS_LEGACY: 'because; 2027-06-30' }
    expect(refusal({ ...given, ...reasons })).toContain(Object.keys(given)[0])
  })

  it.each([
    ['ICBC_PRIVATE_KEY', { ICBC_SIGN_TYPE: 'RSA2' }, 'private'],
    ['ICBC_GATEWAY_PUBLIC_KEY', { ICBC_GATEWAY_SIGN: 'SHA256' }, 'public'],
    ['ICBC_GATEWAY_PUBLIC_KEY', { ICBC_GATEWAY_SIGN: 'SHA1' }, 'public'],
    ['ICBC_CALLBACK_PUBLIC_KEY', { ICBC_CALLBACK_SIGN: 'SHA1' }, 'public'],
  ] as const)('[SC-B03] %s has 2048 bits at least under %o', (name, given, kind) => {
    const legacy = { ...given, ICBC_LEGACY: 'because; 2027-06-30' }
    const key = (pair: typeof LONG) => (kind === 'public' ? pair.publicKey : pair.privateKey)
    expect(refusal({ ...legacy, [name]: key(LONG) })).toBe('accepted')
    expect(refusal({ ...legacy, [name]: key(SHORT) })).toBe(
      `${name} must be an RSA key of at least 2048 bits, this one has 1024`,
    )
    expect(refusal({ ...legacy, [name]: '04abcdef' })).toBe(`${name} is not an RSA ${kind} key`)
  })

  it('callbacks of another kind than the answers need a key of that kind', () => {
    const legacy = { ICBC_LEGACY: 'because; 2027-06-30' }
    const says = 'ICBC_CALLBACK_PUBLIC_KEY is required by ICBC_CALLBACK_SIGN'
    expect(refusal({ ...legacy, ICBC_CALLBACK_SIGN: 'SHA1' })).toBe(says)
    const rsa = { ICBC_GATEWAY_SIGN: 'SHA256', ICBC_GATEWAY_PUBLIC_KEY: LONG.publicKey }
    expect(refusal({ ...legacy, ...rsa, ICBC_CALLBACK_SIGN: 'SHA1' })).toBe('accepted')
    expect(refusal({ ...legacy, ...rsa, ICBC_CALLBACK_SIGN: 'SM2' })).toBe(says)
  })
})
