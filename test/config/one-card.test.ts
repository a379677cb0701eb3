import { describe, expect, it } from 'vitest'
import { legacyLinks } from '../../src/config.ts'
import { ONE_CARD_NEEDS } from '../../src/config/one-card-rules.ts'
import { testSettings } from '../support/app.ts'
import { refusal } from '../support/refusal.ts'

const JOINED = {
  ...Object.fromEntries(ONE_CARD_NEEDS.map((name) => [name, name.toLowerCase()])),
  ONE_CARD_URL: 'https://ykt.example/gateway',
  ONE_CARD_SM4_KEY: '00112233445566778899aabbccddeeff',
  ONE_CARD_NETWORKS: '10.1.0.0/16',
  ONE_CARD_SERVICES: 'person=SC.01.01.01,rights=YY.03.01.01',
}

describe('the one-card platform', () => {
  it('[HN-01][HN-17] is joined with all it needs or not at all', () => {
    expect(refusal({})).toBe('accepted')
    expect(refusal(JOINED)).toBe('accepted')
    for (const name of [...ONE_CARD_NEEDS, 'ONE_CARD_NETWORKS', 'ONE_CARD_SERVICES'])
      expect(refusal({ ...JOINED, [name]: '' })).toContain(`${name} is required to open`)
  })

  it('[HN-05] has allocated what is listed, each service under a number of its own', () => {
    const { ONE_CARD_SERVICES: services } = testSettings(JOINED)
    expect(services).toEqual({ person: 'SC.01.01.01', rights: 'YY.03.01.01' })
    for (const wrong of ['person', 'nobody=SC.1', 'person=A,card=A', 'person=A,person=B'])
      expect(refusal({ ...JOINED, ONE_CARD_SERVICES: wrong })).toContain('ONE_CARD_SERVICES must')
    expect(refusal({ ...JOINED, ONE_CARD_DISABLED: 'nobody' })).toContain('ONE_CARD_DISABLED must')
  })

  it('[HN-02] is spoken to in clear on a private network alone, with a reason and a day', () => {
    const reason = 'no TLS on the business network yet; 2027-06-30'
    const at = (url: string, more = {}) => refusal({ ...JOINED, ONE_CARD_URL: url, ...more })
    const optedIn = { ONE_CARD_PLAIN_HTTP: reason }
    expect(at('http://10.2.3.4/gateway')).toContain('ONE_CARD_URL must be https:')
    expect(at('http://10.2.3.4/gateway', optedIn)).toBe('accepted')
    for (const url of ['http://192.168.1.1/x', 'http://172.31.0.1/x', 'http://[fd00::1]/x'])
      expect(at(url, optedIn)).toBe('accepted')
    for (const url of ['http://8.8.8.8/x', 'http://172.32.0.1/x', 'http://ykt.example/x'])
      expect(at(url, optedIn)).toContain('ONE_CARD_URL may be http: only to a private address')
    const settings = testSettings({ ...JOINED, ONE_CARD_URL: 'http://10.2.3.4/x', ...optedIn })
    expect(legacyLinks(settings)).toMatchObject([{ link: 'one-card-plain-http' }])
  })

  it('[HN-08] signs with another key than we do', () => {
    const same = { ...JOINED, ONE_CARD_THEIR_ACCESS_KEY: JOINED.ONE_CARD_URL }
    expect(refusal({ ...same, ONE_CARD_ACCESS_KEY: JOINED.ONE_CARD_URL })).toContain('must differ')
  })

  it('[HN-12] needs an SM4 key of its length, and five header names', () => {
    expect(refusal({ ...JOINED, ONE_CARD_SM4_KEY: 'short' })).toContain('must have 32 hex digits')
    expect(refusal({ ...JOINED, ONE_CARD_HEADERS: 'a,b' })).toContain('must name five headers')
    expect(refusal({ ...JOINED, ONE_CARD_HEADERS: 'A,b,c,d,e' })).toContain('lower case')
  })

  it('[HN-18] is another one in each environment: its address is a setting like every other', () => {
    for (const ENVIRONMENT of ['test', 'sandbox'])
      expect(refusal({ ...JOINED, ENVIRONMENT })).toBe('accepted')
  })
})
