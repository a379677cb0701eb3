import { describe, expect, it } from 'vitest'
import { legacyLinks } from '../../src/config.ts'
import { allowedTargets } from '../../src/wiring/targets.ts'
import { testSettings } from '../support/app.ts'
import { counterContext, counterSettings } from '../support/one-code-rig.ts'
import { refusal } from '../support/refusal.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const WHOLE = counterSettings(counterContext(new VirtualClock()))

const NEEDED = [
  'ONE_CODE_URL',
  'ONE_CODE_ORG_ID',
  'ONE_CODE_PROVINCE',
  'ONE_CODE_SM4_KEY',
  'ONE_CODE_CHANNELS',
  'COLLECTION_URL',
  'COLLECTION_APP_ID',
  'COLLECTION_THEIR_APP_ID',
  'COLLECTION_PRIVATE_KEY',
  'COLLECTION_THEIR_PUBLIC_KEY',
  'COLLECTION_SM4_KEY',
  'COLLECTION_MERCHANT_NO',
]

describe('the settings of 一码付', () => {
  it.each(NEEDED)('[YM-02, YM-51] are whole or not there: without %s nothing starts', (name) => {
    expect(refusal({ ...WHOLE, [name]: '' })).toBe(`${name} is required to open 一码付`)
  })

  it('[YM-02] open nothing by themselves, and allow two places when they are there', () => {
    const origins = allowedTargets(testSettings(WHOLE)).map((target) => JSON.stringify(target))
    expect(origins.filter((target) => target.includes('/one-code/cfc/api/'))).toHaveLength(1)
    expect(origins.filter((target) => target.includes('/collection/'))).toHaveLength(1)
    const without = allowedTargets(testSettings()).map((target) => JSON.stringify(target))
    expect(without.join()).not.toMatch(/cfc|collection/)
  })

  it.each([
    ['hex', '0123'],
    ['utf8', '0123456789abcde'],
    ['base64', '0123456789abcdef'],
  ])(
    '[YM-11] refuse an issued key that is not 16 bytes in %s, without printing it',
    (encoding, key) => {
      const given = { ...WHOLE, ONE_CODE_SM4_KEY: key, ONE_CODE_SM4_KEY_ENCODING: encoding }
      expect(refusal(given)).toBe(`ONE_CODE_SM4_KEY must be 16 bytes in ${encoding}`)
    },
  )

  it('[YM-11] refuse in production the key that the standard prints', () => {
    const key = '0123456789ABCDEFFEDCBA9876543210'
    const production = {
      ENVIRONMENT: 'production',
      KEY_ENCRYPTION_KEY: '5f0d31b7c6a94e2280d7193c4ab6ee58',
    }
    expect(refusal({ ...WHOLE, ...production, ONE_CODE_SM4_KEY: key })).toContain(
      'ONE_CODE_SM4_KEY is an example',
    )
  })

  it.each([
    [''],
    ['微信支付'],
    ['微信支付=wechat'],
    ['微信支付=wechat:0'],
    ['a=b:1,a=c:2'],
    ['a=B:1'],
  ])('[YM-24, YM-35] refuse %j as channels', (text) => {
    expect(refusal({ ...WHOLE, ONE_CODE_CHANNELS: text })).toContain('ONE_CODE_CHANNELS')
  })

  it('[YM-01] take http: only on a private network that says why and until when', () => {
    const plain = { ...WHOLE, ONE_CODE_URL: 'http://10.1.2.3/ecc' }
    expect(refusal(plain)).toContain('ONE_CODE_URL must be https:')
    const said = { ...plain, ONE_CODE_PLAIN_HTTP: 'no TLS inside; 2027-06-30' }
    expect(refusal(said)).toBe('accepted')
    expect(legacyLinks(testSettings(said))).toMatchObject([{ link: 'one-code-plain-http' }])
  })
})
