/** How a request proves its sender by HmacSHA1 (README.md 2): two profiles, since the document says only that. */
import { createHash } from 'node:crypto'
import { hmacSha1Base64 } from '../../crypto/mac.ts'
import type { Secret } from '../../errors.ts'

/** What the errors of the document prove to be in the headers; `service` is the interface's number. */
export type Part =
  'app' | 'node' | 'service' | 'account' | 'accessKey' | 'timestamp' | 'protocol' | 'signature'

export interface SignatureProfile {
  readonly name: 'powerdtp' | 'csb'
  /** Null: this profile has no such header. */
  readonly headers: Readonly<Record<Part, string | null>>
  /** Further headers that repeat or add something. */
  readonly also: (service: string) => Readonly<Record<string, string>>
  /** The headers that are signed, in ascending order. */
  readonly signed: readonly string[]
}

/** Printed in table 1. */
const TABLE_1 = {
  app: 'powerdtp-app',
  node: 'powerdtp-node-endpoint',
  service: 'powerdtp-interface-service',
} as const

/** @param names of account, access key, signature, timestamp, protocol: printed nowhere, so a setting. */
export function powerdtpProfile(names: readonly string[]): SignatureProfile {
  const [account = '', accessKey = '', signature = '', timestamp = '', protocol = ''] = names
  const signed = [...Object.values(TABLE_1), account, accessKey, timestamp, protocol]
  return {
    name: 'powerdtp',
    headers: { ...TABLE_1, account, accessKey, timestamp, protocol, signature },
    also: () => ({}),
    signed: signed.toSorted(),
  }
}

/** The gateway whose messages the document prints under 95279401. */
export const CSB_PROFILE: SignatureProfile = {
  name: 'csb',
  headers: {
    ...TABLE_1,
    account: null,
    accessKey: '_api_access_key',
    timestamp: '_api_timestamp',
    protocol: null,
    signature: '_api_signature',
  },
  also: (service) => ({ _api_name: service, _api_version: '1.0.0' }),
  signed: ['_api_access_key', '_api_name', '_api_timestamp', '_api_version'],
}

export type Headers = Readonly<Record<string, string>>

/** @param bodyHash hex SHA-256 of the raw body; null where only headers are signed. */
export function signatureOf(
  profile: SignatureProfile,
  from: { readonly headers: Headers; readonly bodyHash: string | null; readonly key: Secret },
): string {
  const { headers, bodyHash, key } = from
  const pairs = profile.signed.map((name) => [name, headers[name] ?? ''])
  const all = bodyHash === null ? pairs : [...pairs, ['bodyHash', bodyHash]]
  const text = all
    .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  return hmacSha1Base64(key.reveal(), text)
}

export const bodyHashOf = (body: Buffer | string): string =>
  createHash('sha256').update(body).digest('hex')

/** Who calls, as the platform knows it. */
export interface Caller {
  readonly app: string
  readonly node: string
  readonly account: string
  readonly accessKey: string
  readonly secretKey: Secret
  readonly protocol: string
}

export function signedHeaders(
  profile: SignatureProfile,
  caller: Caller,
  call: { readonly service: string; readonly timestamp: string; readonly bodyHash: string | null },
): Headers {
  const { service, timestamp, bodyHash } = call
  const { app, node, account, accessKey, protocol } = caller
  const values = { app, node, service, account, accessKey, timestamp, protocol }
  const named = Object.entries(profile.headers).flatMap(([part, name]) => {
    const value = new Map(Object.entries(values)).get(part)
    return name === null || value === undefined ? [] : [[name, value]]
  })
  const headers: Headers = { ...Object.fromEntries(named), ...profile.also(service) }
  const signature = signatureOf(profile, { headers, bodyHash, key: caller.secretKey })
  return { ...headers, [profile.headers.signature ?? '']: signature }
}
