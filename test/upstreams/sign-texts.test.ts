/** What is signed, told a second time by other code: loops and bytes instead of the adapters' own. */
import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { signText as alipayText } from '../../src/upstreams/alipay/transport.ts'
import { sourceString } from '../../src/upstreams/hrss-pay/signing.ts'
import { signText as icbcText } from '../../src/upstreams/icbc/transport.ts'
import {
  isJsonObject,
  readJson,
  signText as midPlatformText,
} from '../../src/upstreams/mid-platform/canonical.ts'
import { CSB_PROFILE, signatureOf } from '../../src/upstreams/one-card/profiles.ts'
import { signAnswer, signRequest } from '../../src/upstreams/signed-request.ts'
import { portalSignature } from '../../src/upstreams/wechat/transport.ts'
import { sm3Hex } from '../../src/crypto/sm3.ts'

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/)
/** Separators of every text among them: nothing is escaped, so nothing may be swallowed either. */
const value = fc.oneof(
  fc.constantFrom('', '0', ' ', 'a=b', 'a&b', '%26', '+', '张三', '{"a":1}', '\n', '😀'),
  fc.string(),
)
const fields = fc.dictionary(fc.oneof(name, fc.constantFrom('sign', 'access_token')), value)

/** Insertion sort over bytes, then one string grown pair by pair. */
function joined(given: Readonly<Record<string, string>>, left: readonly string[]): string {
  const names: string[] = []
  for (const each of Object.keys(given)) {
    if (given[each] === '' || left.includes(each)) continue
    let at = 0
    while (at < names.length && Buffer.compare(Buffer.from(names[at] ?? ''), Buffer.from(each)) < 0)
      at += 1
    names.splice(at, 0, each)
  }
  let text = ''
  for (const each of names) text += `${text === '' ? '' : '&'}${each}=${given[each]}`
  return text
}

describe('[SC-S01] the text that is signed', () => {
  it('of the bank is path, question mark and the form without its signature', () => {
    fc.assert(
      fc.property(fields, (form) => {
        expect(icbcText('/icbc/api/x/V1', form)).toBe(`/icbc/api/x/V1?${joined(form, ['sign'])}`)
      }),
    )
  })

  it('of Alipay is the form without its signature', () => {
    fc.assert(
      fc.property(fields, (form) => {
        expect(alipayText(form)).toBe(joined(form, ['sign']))
      }),
    )
  })

  it('[RS-10] of 人社支付平台 leaves out what was agreed', () => {
    const left = ['sign', 'access_token']
    fc.assert(
      fc.property(fields, (form) => {
        expect(sourceString(form, left)).toBe(joined(form, left))
      }),
    )
  })

  it('of WeChat is partner and time under HMAC-SHA256', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.string({ minLength: 1 }), (partner, time, secret) => {
        const expected = createHmac('sha256', secret).update(partner).update(String(time))
        const signature = portalSignature(partner, String(time), new Secret(secret))
        expect(signature.toLowerCase()).toBe(expected.digest('hex'))
      }),
    )
  })

  it('[HN-08] of the one-card platform is the signed headers, empty ones too', () => {
    const { signed } = CSB_PROFILE
    const headers = fc.dictionary(fc.constantFrom(...signed, 'x-other'), value)
    fc.assert(
      fc.property(headers, fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)), (given, bodyHash) => {
        const all = new Map(signed.map((each) => [each, given[each] ?? '']))
        if (bodyHash !== null) all.set('bodyHash', bodyHash)
        const text = [...all.keys()]
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          .map((each) => `${each}=${all.get(each)}`)
          .join('&')
        const expected = createHmac('sha1', 'key').update(text).digest('base64')
        const key = new Secret('key')
        expect(signatureOf(CSB_PROFILE, { headers: given, bodyHash, key })).toBe(expected)
      }),
    )
  })

  it('of a signed request is five lines, each ended, the last the hash of the body', () => {
    const texts: string[] = []
    const sign = (text: Buffer | string): Buffer => {
      texts.push(text.toString())
      return Buffer.alloc(64)
    }
    const stamp = { now: 1_795_136_400_000, nonce: 'n'.repeat(16) }
    const message = fc.record({ path: fc.webPath(), body: fc.string(), status: fc.nat(599) })
    fc.assert(
      fc.property(message, ({ path, body, status }) => {
        signRequest({ method: 'post', path, body }, { appId: 'a', sign }, stamp)
        signAnswer({ status, requestNonce: 'r', body }, { appId: 'a', sign }, stamp)
        const tail = `${stamp.now}\n${stamp.nonce}\n${sm3ByNode(body)}\n`
        expect(texts.splice(0)).toEqual([`POST\n${path}\n${tail}`, `${status}\nr\n${tail}`])
      }),
    )
  })
})

const sm3ByNode = (body: string): string => createHash('sm3').update(body).digest('hex')

describe('SM3', () => {
  it('is what OpenSSL says of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (some) => {
        const bytes = Buffer.from(some)
        expect(sm3Hex(bytes)).toBe(createHash('sm3').update(bytes).digest('hex'))
      }),
    )
  })
})

// ---------------------------------------------------------------- the mid-platform's envelope

/** JSON with what it looks like as sent and as signed, grown side by side. */
interface Both {
  readonly sent: string
  /** Null: it is empty and stands in no object. */
  readonly signed: string | null
}

const scalar: fc.Arbitrary<Both> = fc.oneof(
  fc.string().map((text) => ({
    sent: JSON.stringify(text),
    signed: text === '' ? null : JSON.stringify(text),
  })),
  fc
    .constantFrom('0', '10', '10.50', '-0.00', '1e3', '12345678901234567890.10')
    .map((text) => ({ sent: text, signed: `"${text}"` })),
  fc.boolean().map((is) => ({ sent: String(is), signed: `"${is}"` })),
  fc.constant({ sent: 'null', signed: null }),
)

const { tree } = fc.letrec<{ tree: Both; object: Both }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, scalar, tie('object')),
  object: fc.dictionary(name, tie('tree'), { maxKeys: 5 }).map(objectOf),
}))

function objectOf(members: Readonly<Record<string, Both>>): Both {
  const sent = Object.entries(members).map(([key, both]) => `"${key}" : ${both.sent}`)
  let signed = ''
  for (const key of Object.keys(members).sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )) {
    const text = members[key]?.signed ?? null
    if (text !== null) signed += `${signed === '' ? '' : ','}"${key}":${text}`
  }
  return { sent: `{ ${sent.join(' , ')} }`, signed: `{${signed}}` }
}

describe("[SC-S01] the text of the mid-platform's envelope", () => {
  it('is sorted, without blanks and empty members, numbers as they were written', () => {
    const data = fc.dictionary(name, tree, { maxKeys: 5 }).map(objectOf)
    fc.assert(
      fc.property(data, fc.string({ minLength: 1 }), (both, secret) => {
        const read = readJson(both.sent)
        if (!isJsonObject(read)) throw new Error('an object was sent')
        const members = { version: '2.0.1', appId: 'APP', data: read, signData: 'x', extra: '' }
        const text = midPlatformText(members, secret, { sort: 'ordinal', leaves: 'string' })
        expect(text).toBe(`appId=APP&data=${both.signed}&version=2.0.1&key=${secret}`)
      }),
    )
  })
})
