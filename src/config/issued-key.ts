import { Secret } from '../errors.ts'

const ENCODED = {
  hex: /^[0-9a-f]{32}$/i,
  base64: /^[0-9a-z+/]{22}==$/i,
  utf8: /^[^]*$/,
} as const

/** An SM4 key (下发密钥) as the feedback form writes it; null when it is not 16 bytes that way. */
export function issuedKey(text: Secret, encoding: keyof typeof ENCODED): Secret<Buffer> | null {
  const clear = text.reveal()
  const bytes = Buffer.from(clear, encoding)
  return ENCODED[encoding].test(clear) && bytes.length === 16 ? new Secret(bytes) : null
}
