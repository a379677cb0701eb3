/** How links are protected: what Annex B asks, and what it lets live only for a while. */
import { LEAST_RSA_BITS, rsaKeyFacts } from '../crypto/rsa.ts'
import { Secret } from '../errors.ts'
import { NONE, refuse, type Rule } from './words.ts'

/** SC-B02, SC-S03: legacy protection, or none beside TLS, only with a reason and a deadline. */
const legacyIsExplained: Rule = (some) => {
  const bank = [
    some.ICBC_SIGN_TYPE ?? 'SM2',
    some.ICBC_GATEWAY_SIGN ?? 'SM2',
    some.ICBC_CALLBACK_SIGN ?? 'SM2',
    some.ICBC_CIPHER ?? 'SM4',
  ]
  const bankIsLegacy = bank.some((algorithm) => !algorithm.startsWith('SM'))
  const inClear = some.ICBC_MIXED_ORDERS === 'aggregated'
  return [
    ...(bankIsLegacy && some.ICBC_LEGACY === undefined
      ? refuse('ICBC_LEGACY', 'must give "reason; yyyy-mm-dd" for RSA2, SHA256, SHA1 or AES')
      : NONE),
    ...(inClear && some.ICBC_LEGACY === undefined
      ? refuse('ICBC_LEGACY', 'must give "reason; yyyy-mm-dd" for ICBC_MIXED_ORDERS=aggregated')
      : NONE),
    ...(some.HIS_PROTECTION === 'bearer' && some.HIS_LEGACY === undefined
      ? refuse('HIS_LEGACY', 'must give "reason; yyyy-mm-dd" for HIS_PROTECTION=bearer')
      : NONE),
  ]
}

/** Callbacks of another kind than the answers come with a key of that kind. */
const callbackHasItsKey: Rule = (some) => {
  const { ICBC_GATEWAY_SIGN: answers = 'SM2', ICBC_CALLBACK_SIGN: callbacks = answers } = some
  return (answers === 'SM2') !== (callbacks === 'SM2') &&
    some.ICBC_CALLBACK_PUBLIC_KEY === undefined
    ? refuse('ICBC_CALLBACK_PUBLIC_KEY', 'is required by ICBC_CALLBACK_SIGN')
    : NONE
}

/** SC-B03; what the sandbox may take instead, the bank's own code decides by the key itself. */
const rsaKeysAreLong: Rule = (some) => {
  const least = some.ENVIRONMENT === 'sandbox' ? TEST_GATEWAY_BITS : LEAST_RSA_BITS
  const answers = some.ICBC_GATEWAY_SIGN ?? 'SM2'
  const keys = [
    ['ICBC_PRIVATE_KEY', 'private', some.ICBC_SIGN_TYPE === 'RSA2', LEAST_RSA_BITS],
    ['ICBC_GATEWAY_PUBLIC_KEY', 'public', answers !== 'SM2', least],
    ['ICBC_CALLBACK_PUBLIC_KEY', 'public', (some.ICBC_CALLBACK_SIGN ?? answers) !== 'SM2', least],
    ['ALIPAY_PRIVATE_KEY', 'private', true, LEAST_RSA_BITS],
    ['ALIPAY_PUBLIC_KEY', 'public', true, LEAST_RSA_BITS],
  ] as const
  return keys.flatMap(([name, kind, isRsa, leastBits]) => {
    const value = some[name]
    if (!isRsa || value === undefined) return NONE
    for (const text of textsOf(value)) {
      const bits = bitsOf(text, kind)
      if (bits === null) return refuse(name, `is not an RSA ${kind} key`)
      const says = `must be an RSA key of at least ${leastBits} bits, this one has ${bits}`
      if (bits < leastBits) return refuse(name, says)
    }
    return NONE
  })
}

const TEST_GATEWAY_BITS = 1024

/** Whatever is text in a value, clear for the comparison alone. */
export function textsOf(value: unknown): string[] {
  const clear: unknown = value instanceof Secret ? value.reveal() : value
  return [clear].flat().filter((one) => typeof one === 'string')
}

function bitsOf(text: string, kind: 'private' | 'public'): number | null {
  try {
    return rsaKeyFacts(text, kind).bits
  } catch {
    return null
  }
}

export const PROTECTION_RULES: readonly Rule[] = [
  legacyIsExplained,
  callbackHasItsKey,
  rsaKeysAreLong,
]
