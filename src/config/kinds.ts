/** What a variable may be, before any two are looked at together. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { Secret } from '../errors.ts'

export const text = z.string().trim().min(1)
export const secret = text.transform((value) => new Secret(value))
export const whole = z.coerce.number().int().nonnegative()
export const atLeastOne = whole.min(1)
export const port = whole.max(65_535)
/** What calls are appended to, with a slash of their own. */
export const base = z.url().transform((url) => url.replace(/\/+$/, ''))
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
/** `10.0.0.1`, `10.0.0.0/8`: never everywhere, which would be no list at all. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/')
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  if (longest === 0 || more.length > 0) return false
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= longest)
}

export const networkList = list.refine(
  (texts) => texts.every(isNetwork),
  'must list addresses or networks such as 10.0.0.0/8',
)
/** What the other side signs with: one key, or two while it changes its own. */
export const verifyingKeys = list.pipe(
  z
    .array(z.string())
    .refine(({ length }) => length > 0, 'is required')
    .refine(
      ({ length }) => length < 3,
      'may hold two keys, separated by a comma: the one in use and the next',
    )
    .refine((keys) => new Set(keys).size === keys.length, 'holds the same key twice'),
)
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** `2026-02-30` is no day: Date would silently make it March. */
function isCalendarDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** How the calls of one upstream leave: the address of an HTTP proxy, or one of our own addresses. */
export const route = z.string().transform((value, context) => {
  const given = value.trim()
  if (isIP(given) !== 0) return { from: given }
  const url = URL.parse(given)
  const isProxy = url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/'
  if (isProxy && url.username === '' && url.password === '') return { proxy: url.origin }
  context.addIssue('must be http://proxy:port without a password, or an address of this machine')
  return z.NEVER
})

/** Legacy protection needs a reason and a day on which it ends (SC-B02): `reason; 2027-06-30`. */
export const legacy = z
  .string()
  .regex(/^[^;]*[^;\s][^;]*;\s*\d{4}-\d{2}-\d{2}\s*$/, 'must read "reason; yyyy-mm-dd"')
  .transform((value) => {
    const [reason = '', deadline = ''] = value.split(';').map((part) => part.trim())
    return { reason, deadline }
  })
  .refine(({ deadline }) => isCalendarDate(deadline), {
    error: 'must end with a day that the calendar has, as yyyy-mm-dd',
  })
