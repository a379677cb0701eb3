import { isPublished } from '../config/published.ts'
import type { Settings } from '../config.ts'
import { rsaFingerprint, rsaKeyFacts } from '../crypto/rsa.ts'
import { sm2PrivateKey, sm2PublicKey } from '../crypto/sm2.ts'
import { sm3Hex } from '../crypto/sm3.ts'
import { Secret } from '../errors.ts'
import type { AllowedTarget } from '../upstreams/http-client.ts'
import {
  type CertificateFacts,
  type CertificatesInUse,
  factsOf,
  type KeyInUse,
  type ServerInUse,
} from '../upstreams/certificates.ts'
import { showCertificates } from '../upstreams/show-certificates.ts'
import { keyText } from '../wiring.ts'
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
    authorities: Object.entries(settings.authorities).flatMap(([name, pem]) =>
      certificatesIn(pem).map((facts) => ({ name, facts })),
    ),
    keys: keysOf(settings),
  }
}

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

type Algorithm = KeyInUse['algorithm']

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

const named = (algorithm: string): Algorithm => (algorithm === 'SM2' ? 'SM2' : 'RSA')

type KeyOf = readonly [setting: keyof Settings, algorithm: Algorithm]

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
  ]
}

function factsOfKey(name: string, text: string, algorithm: Algorithm): Omit<KeyInUse, 'name'> {
  const ours = name.endsWith('PRIVATE_KEY')
  const half = ours ? 'private' : 'public'
  const about = { owner: ours ? 'ours' : 'theirs', published: isPublished(text) } as const
  if (algorithm === 'RSA') {
    const { bits } = rsaKeyFacts(text, half)
    return { ...about, algorithm, bits, fingerprint: rsaFingerprint(text, half) }
  }
  const { hex } = ours ? sm2PrivateKey(keyText(text)).publicKey : sm2PublicKey(keyText(text))
  return { ...about, algorithm, bits: 256, fingerprint: sm3Hex(Buffer.from(hex, 'hex')) }
}
