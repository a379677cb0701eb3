import { isPublished } from '../config/published.ts'
import { FILE_BOOKS, type FileBook, fileSetting } from '../config/settlement-files.ts'
import type { Settings } from '../config.ts'
import { rsaFingerprint, rsaKeyFacts } from '../crypto/rsa.ts'
import { sm2KeyText, sm2PrivateKey, sm2PublicKey } from '../crypto/sm2.ts'
import { sm3Hex } from '../crypto/sm3.ts'
import { Secret } from '../errors.ts'
import type { AllowedTarget } from '../upstreams/http-client.ts'
import {
  type CertificateFacts,
  type CertificatesInUse,
  factsOf,
  type HostInUse,
  type KeyInUse,
  type ServerInUse,
} from '../upstreams/certificates.ts'
import { showCertificates } from '../upstreams/show-certificates.ts'
import { loginKeyFacts, showHostKey } from '../upstreams/settlement-files/ssh.ts'
import { loginKeyText } from './settlement-files.ts'
import { targetsBySetting } from './targets.ts'

/** Everything that these settings trust or are trusted by. */
export function certificatesInUse(settings: Settings): CertificatesInUse {
  const { PUBLIC_URL, PATIENT_JWKS_URL } = settings
  const called = targetsBySetting(settings).map(({ name, target }) =>
    server(settings, name, target),
  )
  return {
    servers: [
      server(settings, 'PUBLIC_URL', { origin: new URL(PUBLIC_URL).origin }),
      ...called,
      ...(PATIENT_JWKS_URL === undefined
        ? []
        : [server(settings, 'PATIENT_JWKS_URL', { origin: new URL(PATIENT_JWKS_URL).origin })]),
    ],
    hosts: hostsOf(settings),
    authorities: Object.entries(settings.authorities).flatMap(([name, pem]) =>
      certificatesIn(pem).map((facts) => ({ name, facts })),
    ),
    keys: [...keysOf(settings), ...loginKeysOf(settings)],
  }
}

/** The hosts that settlement files come from. */
const hostsOf = (settings: Settings): HostInUse[] =>
  FILE_BOOKS.flatMap((book) => {
    const source = settings[fileSetting(book, 'SOURCE')]
    if (source?.kind !== 'sftp') return []
    const name = fileSetting(book, 'HOST_KEYS')
    const { host, port } = source
    const at = { host, port, timeoutMs: settings.CALL_TIMEOUT_MS }
    return {
      name,
      origin: `sftp://${host}:${port}`,
      pinned: settings[name] ?? [],
      show: () => showHostKey(at),
    }
  })

const loginKeysOf = (settings: Settings): KeyInUse[] =>
  FILE_BOOKS.flatMap((book) => {
    const name = fileSetting(book, 'LOGIN_KEY')
    const facts = loginKeyFacts(loginKeyText(settings[name] ?? new Secret('')))
    return facts === null ? [] : { name, owner: 'ours', published: false, ...facts }
  })

function server(
  { CALL_TIMEOUT_MS: timeoutMs }: Settings,
  name: string,
  { origin, ca, route }: Pick<AllowedTarget, 'origin' | 'ca' | 'route'>,
): ServerInUse {
  return { name, origin, show: () => showCertificates(origin, { ca, route, timeoutMs }) }
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const certificatesIn = (pem: string): CertificateFacts[] => (pem.match(PEM) ?? []).map(factsOf)

// ---------------------------------------------------------------- keys

/** What messages are signed with. */
type SignedBy = Extract<KeyInUse['algorithm'], 'SM2' | 'RSA'>

const keysOf = (settings: Settings): KeyInUse[] =>
  algorithmsOf(settings).flatMap(([name, algorithm]) => {
    const value = settings[name]
    const texts = [value instanceof Secret ? value.reveal() : value].flat()
    return texts
      .filter((text) => typeof text === 'string')
      .map((text) => ({ name, ...factsOfKey(name, text, algorithm) }))
  })

const HIS_KEYS = [
  ['HIS_PRIVATE_KEY', 'SM2'],
  ['HIS_THEIR_PUBLIC_KEY', 'SM2'],
] as const

const named = (algorithm: string): SignedBy => (algorithm === 'SM2' ? 'SM2' : 'RSA')

type KeyOf = readonly [setting: keyof Settings, algorithm: SignedBy]

function bankKeys(settings: Settings): readonly KeyOf[] {
  if (settings.BANK === 'standard-bank')
    return [
      ['STANDARD_BANK_PRIVATE_KEY', 'SM2'],
      ['STANDARD_BANK_THEIR_PUBLIC_KEY', 'SM2'],
    ]
  const { ICBC_GATEWAY_SIGN, ICBC_CALLBACK_SIGN = ICBC_GATEWAY_SIGN } = settings
  return [
    ['ICBC_PRIVATE_KEY', named(settings.ICBC_SIGN_TYPE)],
    ['ICBC_GATEWAY_PUBLIC_KEY', named(ICBC_GATEWAY_SIGN)],
    ['ICBC_CALLBACK_PUBLIC_KEY', named(ICBC_CALLBACK_SIGN)],
  ]
}

/** Every setting of an open link that may hold a key, with the algorithm of its link. */
function algorithmsOf(settings: Settings): readonly KeyOf[] {
  return [
    ...(settings.HIS_PROTECTION === 'bearer' ? [] : HIS_KEYS),
    ['MID_PLATFORM_PRIVATE_KEY', 'SM2'],
    ['MID_PLATFORM_THEIR_PUBLIC_KEY', 'SM2'],
    ...bankKeys(settings),
    ['COLLECTION_PRIVATE_KEY', 'SM2'],
    ['COLLECTION_THEIR_PUBLIC_KEY', 'SM2'],
    ['HRSS_PAY_PRIVATE_KEY', 'SM2'],
    ['HRSS_PAY_THEIR_PUBLIC_KEY', 'SM2'],
    ['ALIPAY_PRIVATE_KEY', 'RSA'],
    ['ALIPAY_PUBLIC_KEY', 'RSA'],
    ...FILE_BOOKS.flatMap((book) => fileSigner(settings, book)),
  ]
}

function fileSigner(settings: Settings, book: FileBook): KeyOf[] {
  const signature = settings[fileSetting(book, 'SIGNATURE')]
  return signature ? [[fileSetting(book, 'SIGNATURE_KEY'), named(signature.algorithm)]] : []
}

function factsOfKey(name: string, text: string, algorithm: SignedBy): Omit<KeyInUse, 'name'> {
  const ours = name.endsWith('PRIVATE_KEY')
  const half = ours ? 'private' : 'public'
  const about = { owner: ours ? 'ours' : 'theirs', published: isPublished(text) } as const
  if (algorithm === 'RSA') {
    const { bits } = rsaKeyFacts(text, half)
    return { ...about, algorithm, bits, fingerprint: rsaFingerprint(text, half) }
  }
  const { hex } = ours ? sm2PrivateKey(sm2KeyText(text)).publicKey : sm2PublicKey(sm2KeyText(text))
  return { ...about, algorithm, bits: 256, fingerprint: sm3Hex(Buffer.from(hex, 'hex')) }
}
