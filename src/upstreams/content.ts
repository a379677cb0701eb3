/** What others send, as far as its form goes: strict bytes, plain objects, numbers, pages. */
import type { z } from 'zod'

export type Content = Readonly<Record<string, unknown>>

/** The members of a JSON object without a prototype, so that no name in it means anything to us. */
export function parseObject(text: string): Content | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    return Object.assign(Object.create(null), value)
  } catch {
    return null
  }
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8(bytes: Uint8Array): string | null {
  try {
    return STRICT_UTF8.decode(bytes)
  } catch {
    return null
  }
}

/**
 * @param echo what the answer must repeat where it repeats it at all: a signed answer to another
 *   question is still not ours.
 * @returns null when it is not the answer to this question.
 */
export function answerTo<T extends z.ZodType<object>>(
  schema: T,
  content: Content,
  echo: Readonly<Record<string, string>>,
): z.output<T> | null {
  const parsed = schema.safeParse(content)
  if (!parsed.success) return null
  const repeated = new Map(Object.entries(parsed.data))
  const same = Object.entries(echo).every(
    ([name, value]) => (repeated.get(name) ?? value) === value,
  )
  return same ? parsed.data : null
}

/** A number of an order as it may go into the store and onto the wire again. */
export function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^[0-9A-Za-z_-]{1,64}$/.test(text)
}

const LONGEST_HINT = 16_384

/** The number under this name, by a strict pattern: read only to ask about it, never believed. */
export function hintedNumber(text: string, name: string): string | null {
  if (text.length > LONGEST_HINT) return null
  return new RegExp(`"${name}"\\s{0,8}:\\s{0,8}"([0-9A-Za-z]{1,64})"`).exec(text)?.[1] ?? null
}

/** A page that the patient's client opens: nothing but https, or Alipay's own scheme. */
export function cashierPageOf(page: string | undefined): string | null {
  if (page === undefined || !URL.canParse(page)) return null
  const { protocol, username, password } = new URL(page)
  if (username !== '' || password !== '') return null
  return ['https:', 'alipays:'].includes(protocol) ? page : null
}
