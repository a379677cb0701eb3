import { describe, expect, it } from 'vitest'
import { ConfigError, legacyLinks, readSettings, type Settings, VARIABLES } from '../src/config.ts'
import { testSettings } from './support/app.ts'

function refusal(given: Record<string, string>): string {
  try {
    testSettings(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'accepted'
}

describe('what is missing or wrong', () => {
  it('is named, every variable at once', () => {
    let message = ''
    try {
      readSettings({ ENVIRONMENT: 'production', HTTP_PORT: 'eighty' })
    } catch (error) {
      message = error instanceof ConfigError ? error.message : ''
    }
    for (const name of ['HTTP_PORT', 'DATABASE_URL', 'ICBC_URL', 'HIS_TOKEN', 'PUBLIC_URL'])
      expect(message).toContain(name)
  })

  it('is never told with the value of a secret', () => {
    expect(refusal({ ICBC_PRIVATE_KEY: 'canary-of-a-key', ICBC_URL: 'no url' })).not.toContain(
      'canary',
    )
  })

  it.each([
    [{ SCHEDULE_QUESTION_TIMEOUT_MS: '5000' }, 'SCHEDULE_QUESTION_TIMEOUT_MS'],
    [{ LEASE_MS: '1000' }, 'LEASE_MS'],
    [{ HOSPITAL_LOCATION: 'Chengdu' }, 'HOSPITAL_LOCATION'],
    [{ PATIENT_JWT_SECRET: '' }, 'PATIENT_JWKS_URL'],
    [{ KEY_ENCRYPTION_KEY: '' }, 'KEY_FILE'],
    [{ INSURANCE_AUTHENTICATOR: 'x-tif' }, 'INSURANCE_TIF_SECRET'],
    [{ INSURANCE_AUTHENTICATOR: 'csb' }, 'INSURANCE_CSB_ACCESS_KEY'],
    [{ INSURANCE_PERSON_QUERY: 'queryPsninfobyZFB' }, 'INSURANCE_PERSON_URL'],
  ])('%o names %s', (given, name) => {
    expect(refusal(given)).toContain(name)
  })
})

describe('transport', () => {
  const urls = Object.keys(VARIABLES).filter(
    (name) => name.endsWith('_URL') && name !== 'DATABASE_URL',
  )

  it.each(urls)('[SC-T01] %s over plain http is refused', (name) => {
    expect(refusal({ [name]: 'http://bank.example' })).toContain(`${name} must be https:`)
  })

  it('[SC-T01] plain http passes to loopback in the sandbox and nowhere else', () => {
    const local = { ICBC_URL: 'http://127.0.0.1:8090/icbc' }
    expect(refusal({ ...local, ENVIRONMENT: 'sandbox' })).toBe('accepted')
    expect(refusal({ ...local, ENVIRONMENT: 'test' })).toContain('ICBC_URL')
    expect(refusal({ ...local, ENVIRONMENT: 'production' })).toContain('ICBC_URL')
    expect(refusal({ ICBC_URL: 'http://10.1.2.3/icbc', ENVIRONMENT: 'sandbox' })).toContain(
      'ICBC_URL',
    )
  })
})

describe('our own listener', () => {
  it('[SC-T01] leaves loopback only behind a TLS terminator', () => {
    expect(refusal({ HTTP_HOST: '0.0.0.0' })).toContain('HTTP_HOST')
    expect(refusal({ HTTP_HOST: '0.0.0.0', TRUSTED_PROXIES: '10.0.0.5/32' })).toBe('accepted')
  })
})

describe('Alipay', () => {
  const ALIPAY = {
    ALIPAY_GATEWAY_URL: 'https://openapi.alipay.example/gateway.do',
    ALIPAY_APP_ID: '2021000000000001',
    ALIPAY_PRIVATE_KEY: 'key',
    ALIPAY_PUBLIC_KEY: 'key',
    ALIPAY_LEGACY: 'Alipay signs with RSA2; 2027-06-30',
    ALIPAY_ORG_CODE: 'H1',
    ALIPAY_ORG_CHNL_CRTF_CODE: 'C1',
    ALIPAY_ORG_APP_ID: 'A1',
    ALIPAY_RETURN_PAGE: 'pages/pay/index',
  }

  it.each(Object.keys(ALIPAY))(
    'is opened whole or not at all: without %s it is refused',
    (name) => {
      expect(refusal(ALIPAY)).toBe('accepted')
      expect(refusal({ ...ALIPAY, [name]: '' })).toContain(name)
      expect(refusal({ ALIPAY_APP_ID: '2021000000000001' })).toContain('ALIPAY_LEGACY')
    },
  )

  it('[SC-B02] runs on RSA2 as legacy, with its deadline', () => {
    const legacy = { reason: 'Alipay signs with RSA2', deadline: '2027-06-30' }
    expect(legacyLinks(testSettings(ALIPAY))).toEqual([{ link: 'alipay', ...legacy }])
  })
})

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
    [{ ICBC_SIGN_TYPE: 'RSA2' }, 'ICBC_LEGACY'],
    [{ ICBC_GATEWAY_SIGN: 'SHA1' }, 'ICBC_LEGACY'],
    [{ ICBC_CIPHER: 'AES' }, 'ICBC_LEGACY'],
    [{ HIS_PROTECTION: 'bearer' }, 'HIS_LEGACY'],
  ])('[SC-B02] %o needs a reason and a deadline in %s', (given, name) => {
    expect(refusal(given)).toContain(name)
    expect(refusal({ ...given, [name]: 'old app' })).toContain(name)
    expect(refusal({ ...given, [name]: 'old app; 2027-06-30' })).toBe('accepted')
  })

  it('[SC-B02] what is legacy is told with its reason and deadline', () => {
    const settings: Settings = testSettings({
      ICBC_SIGN_TYPE: 'RSA2',
      ICBC_LEGACY: 'existing app; 2027-06-30',
    })
    expect(legacyLinks(settings)).toEqual([
      { link: 'icbc', reason: 'existing app', deadline: '2027-06-30' },
    ])
  })

  it.each([
    { ICBC_SIGN_TYPE: 'MD5' },
    { ICBC_SIGN_TYPE: 'SM3' },
    { ICBC_GATEWAY_SIGN: 'MD5' },
    { ICBC_CIPHER: '3DES' },
    { ICBC_CIPHER: 'DES' },
    { ICBC_CIPHER: 'NULL' },
    { HIS_PROTECTION: 'none' },
  ])('[SC-B03] %o is refused even with a reason', (given) => {
    const reasons = { ICBC_LEGACY: 'because; 2027-06-30', HIS_LEGACY: 'because; 2027-06-30' }
    expect(refusal({ ...given, ...reasons })).toContain(Object.keys(given)[0])
  })
})
