/** Signatures and SM4 against other implementations: the openssl command and sm-crypto. */
import { spawnSync } from 'node:child_process'
import { sm4 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { openContent, sealContent } from '../../../src/upstreams/one-card/fields.ts'
import {
  bodyHashOf,
  CSB_PROFILE,
  powerdtpProfile,
  signatureOf,
} from '../../../src/upstreams/one-card/profiles.ts'
import { ONE_CARD_HEADERS } from '../../../src/config/one-card.ts'
import { seededRandom } from '../../support/random.ts'
import { holderOf, linkTo, platform } from './link.ts'

const hmacByOpenssl = (text: string, key: string): string =>
  spawnSync('openssl', ['dgst', '-sha1', '-hmac', key, '-binary'], { input: text }).stdout.toString(
    'base64',
  )

describe('HmacSHA1', () => {
  it('[HN-08] csb: the known answer', () => {
    const headers = {
      _api_name: 'SC.01.01.01',
      _api_version: '1.0.0',
      _api_timestamp: '1623225113340',
      _api_access_key: 'AKTEST',
    }
    const from = { headers, bodyHash: null, key: new Secret('SKTEST') }
    expect(signatureOf(CSB_PROFILE, from)).toBe('LAYxJADYwWU+0oO5ZaPqUUOFmps=')
    const other = { ...from, key: new Secret('SKTESU') }
    expect(signatureOf(CSB_PROFILE, other)).not.toBe('LAYxJADYwWU+0oO5ZaPqUUOFmps=')
  })

  it.each(['powerdtp', 'csb'] as const)(
    '[HN-08] %s: openssl agrees with what went out, body and all',
    async (signature) => {
      const world = platform({ signature })
      const { adapter, sent } = linkTo(world)
      const { name, idNo } = await holderOf(world)
      await world.clock.run(adapter.person({ name, socialSecurityNo: idNo }))
      const { headers = {}, body = '' } = sent[0] ?? {}
      const sign = signature === 'csb' ? '_api_signature' : 'powerdtp-sign'
      const prefix = signature === 'csb' ? '_api_' : 'powerdtp-'
      const names = Object.keys(headers).filter((each) => each.startsWith(prefix) && each !== sign)
      const pairs = names.map((each) => `${each}=${headers[each]}`)
      const all = [...pairs, `bodyHash=${bodyHashOf(body)}`].toSorted()
      expect(headers[sign]).toBe(hmacByOpenssl(all.join('&'), world.oneCard.secretKey))
    },
  )

  it('[HN-30][HN-31][HN-32] the three headers of table 1 are on every call, whatever signs it', async () => {
    for (const signature of ['powerdtp', 'csb'] as const) {
      const world = platform({ signature })
      const { adapter, sent } = linkTo(world)
      const { name, idNo } = await holderOf(world)
      await world.clock.run(adapter.person({ name, socialSecurityNo: idNo }))
      expect(sent[0]?.headers).toMatchObject({
        'powerdtp-app': '601',
        'powerdtp-node-endpoint': '430000',
        'powerdtp-interface-service': 'SC.01.01.01',
      })
    }
  })

  it('does not cover the body unless that was agreed', () => {
    const profile = powerdtpProfile([...ONE_CARD_HEADERS])
    const from = { headers: {}, key: new Secret('k') }
    const one = signatureOf(profile, { ...from, bodyHash: bodyHashOf('{"a":1}') })
    expect(one).not.toBe(signatureOf(profile, { ...from, bodyHash: bodyHashOf('{"a":2}') }))
    expect(one).not.toBe(signatureOf(profile, { ...from, bodyHash: null }))
  })

  it('[HN-42] two requests of one instant are no repeat', async () => {
    const world = platform()
    const { adapter, sent } = linkTo(world)
    const { name, idNo } = await holderOf(world)
    const asking = [1, 2, 3].map(() => adapter.person({ name, socialSecurityNo: idNo }))
    const answers = await world.clock.run(Promise.all(asking))
    expect(answers.map(({ kind }) => kind)).toEqual(['done', 'done', 'done'])
    expect(new Set(sent.map(({ headers }) => headers['powerdtp-timestamp'])).size).toBe(3)
  })
})

const KEY = '0123456789abcdeffedcba9876543210'
const PERSON = { name: '张三', socialSecurityNo: '430000199001011237', orderNo: 'O1' }

const sealing = (mode: 'cbc' | 'ecb', scope: 'field' | 'data') => ({
  mode,
  scope,
  key: new Secret(Buffer.from(KEY, 'hex')),
  random: seededRandom(1),
})

describe('SM4', () => {
  it.each([
    ['cbc', 'field'],
    ['cbc', 'data'],
    ['ecb', 'field'],
    ['ecb', 'data'],
  ] as const)('[HN-12] %s, each %s: sealed on the way, the same at the end', (mode, scope) => {
    const how = sealing(mode, scope)
    const sealed = sealContent(how, PERSON)
    const text = JSON.stringify(sealed)
    expect(text).not.toContain(PERSON.socialSecurityNo)
    expect(text).not.toContain(PERSON.name)
    expect({ ...openContent(how, sealed) }).toEqual(PERSON)
  })

  it('[HN-12] sm-crypto opens what we sealed', () => {
    const sealed = JSON.parse(JSON.stringify(sealContent(sealing('cbc', 'field'), PERSON)))
    const bytes = Buffer.from(String(sealed.name), 'base64')
    const options = { mode: 'cbc', iv: bytes.subarray(0, 16).toString('hex') } as const
    expect(sm4.decrypt(bytes.subarray(16).toString('hex'), KEY, options)).toBe('张三')
  })

  it.each([
    ['clear', { name: '张三' }],
    ['cut', { name: 'AAAA' }],
    ['under another key', { name: Buffer.alloc(32, 7).toString('base64') }],
    ['no object', [1]],
  ])('[HN-12] what is %s is not believed', (_what, content) => {
    expect(openContent(sealing('cbc', 'field'), content)).toBeNull()
  })
})
