import { describe, expect, it } from 'vitest'
import { httpSend } from '../src/upstreams/http-client.ts'
import { allowedTargets } from '../src/wiring/targets.ts'
import { testSettings } from './support/app.ts'

/** Every address that there is, each on a host of its own. */
const ADDRESSES = {
  PUBLIC_URL: 'https://pay.hospital.example',
  PATIENT_JWKS_URL: 'https://platform.example/.well-known/jwks.json',
  HIS_URL: 'https://his.example:8443/gateway',
  WECHAT_USER_QUERY_URL: 'https://mip.wechat.example/api',
  WECHAT_AUTH_PAGE_URL: 'https://card.wechat.example/oauth/code',
  WECHAT_H5_RETURN_URL: 'https://h5.hospital.example/back',
  INSURANCE_URL: 'https://core.example/fsi/callService/{infno}',
  INSURANCE_PERSON_URL: 'https://person.example/query',
  INSURANCE_PERSON_QUERY: 'queryPsninfobyZFB',
  MID_PLATFORM_URL: 'https://platform.bureau.example',
  ICBC_URL: 'https://gw.bank.example',
  STANDARD_BANK_URL: 'https://pay.bank.example/v',
}

const targetsOf = (given: Record<string, string>) => allowedTargets(testSettings(given))
const core = (address: string) => targetsOf({ INSURANCE_URL: address })[2]

describe('where the service may call', () => {
  it('[SC-G01] is exactly HIS, the code exchange, the insurance core, the platform and the bank', () => {
    const plainHttp = false
    expect(targetsOf(ADDRESSES)).toEqual([
      { origin: 'https://his.example:8443', pathPrefix: '/gateway/', plainHttp },
      {
        origin: 'https://mip.wechat.example',
        pathPrefix: '/api/mipuserquery/userQuery/',
        plainHttp,
      },
      { origin: 'https://core.example', pathPrefix: '/fsi/callService/', plainHttp },
      { origin: 'https://person.example', path: '/query', plainHttp },
      { origin: 'https://platform.bureau.example', pathPrefix: '/', plainHttp },
      { origin: 'https://gw.bank.example', pathPrefix: '/', plainHttp },
    ])
  })

  it.each([
    'https://mip.wechat.example/api/v3/pay/transactions/jsapi',
    'https://card.wechat.example/oauth/code',
    'https://pay.hospital.example/',
    'https://platform.example/.well-known/jwks.json',
    'https://core.example/fsi/other',
    'https://person.example/query/more',
    'https://his.example/gateway/bills/1',
    'https://his.example:8443/admin',
    'http://gw.bank.example/api',
    'https://gw.bank.example.evil.example/api',
    'https://gw.bank.example@evil.example/api',
    'https://insurer.example/',
    'https://pay.bank.example/v/v1/refunds',
  ])('[SC-G01] is not %s', async (url) => {
    const send = httpSend({ allowed: targetsOf(ADDRESSES) })
    const request = { method: 'POST', url, headers: {}, body: '', timeoutMs: 1 } as const
    await expect(send(request)).rejects.toThrow('not on the outbound allow-list')
  })

  it.each([
    ['HIS', [0]],
    ['WECHAT', [1]],
    ['INSURANCE', [2, 3]],
    ['MID_PLATFORM', [4]],
    ['ICBC', [5]],
  ])('[SC-O03] goes by %s_ROUTE to that upstream alone', (name, calls) => {
    const given = { ...ADDRESSES, [`${name}_ROUTE`]: 'http://10.20.0.8:3128' }
    const routed = targetsOf(given).flatMap(({ route }, at) => (route ? [at] : []))
    expect(routed).toEqual(calls)
    expect(targetsOf(given)[calls[0] ?? -1]?.route).toEqual({ proxy: 'http://10.20.0.8:3128' })
  })

  it('is one address of the insurance core where the number of the call is not in the path', () => {
    const exact = { origin: 'https://core.example', path: '/call', plainHttp: false }
    expect(core('https://core.example/call')).toEqual(exact)
    expect(core('https://core.example/call?infno={infno}')).toEqual(exact)
    expect(core('https://core.example/a/call-{infno}/x')).toMatchObject({ pathPrefix: '/a/' })
  })

  it('does not include the address of a person query that is not used', () => {
    const origins = targetsOf({ ...ADDRESSES, INSURANCE_PERSON_QUERY: '1101' })
    expect(origins.map(({ origin }) => origin)).not.toContain('https://person.example')
  })

  it('[SC-T01] trusts a private authority on its own link alone', () => {
    const settings = testSettings(ADDRESSES)
    const trusted = (name: string) =>
      allowedTargets({ ...settings, authorities: { [name]: 'pem' } })
        .filter(({ ca }) => ca === 'pem')
        .map(({ origin }) => origin)
    expect(trusted('HIS_CA_FILE')).toEqual(['https://his.example:8443'])
    expect(trusted('INSURANCE_CA_FILE')).toEqual(['https://core.example', 'https://person.example'])
    expect(trusted('MID_PLATFORM_CA_FILE')).toEqual(['https://platform.bureau.example'])
    expect(trusted('STANDARD_BANK_CA_FILE')).toEqual([])
  })

  it('[SC-G01] [SC-G05] is the chosen bank and no other, with its own authority', () => {
    const settings = testSettings({ ...ADDRESSES, BANK: 'standard-bank' })
    const authorities = { STANDARD_BANK_CA_FILE: 'pem' }
    const targets = allowedTargets({ ...settings, authorities })
    expect(targets.map(({ origin }) => origin)).not.toContain('https://gw.bank.example')
    expect(targets.filter(({ ca }) => ca === 'pem')).toMatchObject([
      { origin: 'https://pay.bank.example', pathPrefix: '/v/' },
    ])
  })

  it('[SC-T01] may be plain http only in the sandbox and only on loopback, whatever was checked before', () => {
    const sandbox = testSettings({ ENVIRONMENT: 'sandbox', ICBC_URL: 'http://127.0.0.1:8090/icbc' })
    const bank = (changes: object) => allowedTargets({ ...sandbox, ...changes }).at(-1)?.plainHttp
    expect(bank({})).toBe(true)
    expect(bank({ ENVIRONMENT: 'test' })).toBe(false)
    expect(bank({ ENVIRONMENT: 'production' })).toBe(false)
    expect(bank({ ICBC_URL: 'http://10.1.2.3/icbc' })).toBe(false)
    expect(bank({ ICBC_URL: 'http://127.0.0.1.evil.example/icbc' })).toBe(false)
    const refused = allowedTargets({ ...sandbox, ENVIRONMENT: 'production' })
    expect(() => httpSend({ allowed: refused })).toThrow('https only: http://127.0.0.1:8090')
  })
})
