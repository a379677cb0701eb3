/**
 * Every key of an open link is read at start: a wrong one is told by its variable's name, before
 * anything is built or sent with it.
 */
import type { SomeSettings } from '../config.ts'
import { sm2KeyText, sm2PrivateKey, sm2PublicKey } from '../crypto/sm2.ts'
import { Secret } from '../errors.ts'
import { issuedKey } from './issued-key.ts'
import { textsOf } from './protection.ts'
import { NONE, refuse, type Rule } from './words.ts'

type Kind = 'SM2 private' | 'SM2 public' | 'SM4' | 'AES'
type KeyOf = readonly [setting: keyof SomeSettings, kind: Kind]

const SIGNED_LINK = (link: 'HIS' | 'STANDARD_BANK' | 'COLLECTION' | 'HRSS_PAY'): KeyOf[] => [
  [`${link}_PRIVATE_KEY`, 'SM2 private'],
  [`${link}_THEIR_PUBLIC_KEY`, 'SM2 public'],
  [`${link}_SM4_KEY`, 'SM4'],
]

function icbcKeys(some: SomeSettings): readonly KeyOf[] {
  const { ICBC_GATEWAY_SIGN: answers = 'SM2', ICBC_CALLBACK_SIGN: callbacks = answers } = some
  const isSm2 = { ours: (some.ICBC_SIGN_TYPE ?? 'SM2') === 'SM2', answers: answers === 'SM2' }
  return [
    ...(isSm2.ours ? ([['ICBC_PRIVATE_KEY', 'SM2 private']] as const) : []),
    ...(isSm2.answers ? ([['ICBC_GATEWAY_PUBLIC_KEY', 'SM2 public']] as const) : []),
    ...(callbacks === 'SM2' ? ([['ICBC_CALLBACK_PUBLIC_KEY', 'SM2 public']] as const) : []),
    ['ICBC_CIPHER_KEY', some.ICBC_CIPHER ?? 'SM4'],
  ]
}

const keysOf = (some: SomeSettings): readonly KeyOf[] => [
  ...(some.HIS_PROTECTION === 'bearer' ? [] : SIGNED_LINK('HIS')),
  ['MID_PLATFORM_PRIVATE_KEY', 'SM2 private'],
  ['MID_PLATFORM_THEIR_PUBLIC_KEY', 'SM2 public'],
  ...(some.BANK === 'standard-bank' ? SIGNED_LINK('STANDARD_BANK') : icbcKeys(some)),
  ...SIGNED_LINK('COLLECTION'),
  ...SIGNED_LINK('HRSS_PAY'),
]

const READS: Record<Kind, (text: string) => unknown> = {
  'SM2 private': (text) => sm2PrivateKey(sm2KeyText(text)),
  'SM2 public': (text) => sm2PublicKey(sm2KeyText(text)),
  SM4: (text) => issuedKey(new Secret(text), 'hex'),
  AES: (text) => [16, 24, 32].includes(Buffer.from(text, 'base64').length) || null,
}

const WRITTEN: Record<Kind, string> = {
  'SM2 private': 'is not an SM2 private key (hex, base64 or PEM)',
  'SM2 public': 'is not an SM2 public key (hex, base64 or PEM)',
  SM4: 'is not an SM4 key (32 hex digits)',
  AES: 'is not an AES key (base64 of 16, 24 or 32 bytes)',
}

export const keysCanBeRead: Rule = (some) =>
  keysOf(some).flatMap(([name, kind]) =>
    textsOf(some[name]).every((text) => isRead(kind, text)) ? NONE : refuse(name, WRITTEN[kind]),
  )

function isRead(kind: Kind, text: string): boolean {
  try {
    return READS[kind](text) !== null
  } catch {
    return false
  }
}

/** upstreams/mid-platform/README.md 2: the shared key is made with the first 16 bytes of it. */
export const platformKeyCanBeMade: Rule = ({ MID_PLATFORM_APP_ID: appId }) =>
  appId !== undefined && Buffer.byteLength(appId) < 16
    ? refuse('MID_PLATFORM_APP_ID', 'must have at least 16 characters')
    : NONE
