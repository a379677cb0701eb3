/** How the patient gets to the cashier: only what is safe to open or to show leaves here (README.md 6). */
import { parseObject } from '../content.ts'
import type { HrssCashier } from '../hrss-pay.ts'
import { CASHIER } from './messages.ts'
import { strictBase64 } from './signing.ts'

const MOST_EXTRA = 2_048
const MOST_IMAGE_BYTES = 1_048_576
const PNG = Buffer.from('89504e470d0a1a0a', 'hex')

/** An object, its text, or its text written as a text once more. Null: it must not be opened. */
export function cashierOf(
  payUrl: string | Readonly<Record<string, unknown>>,
  hosts: readonly string[],
): HrssCashier | null {
  const read = CASHIER.safeParse(typeof payUrl === 'string' ? unwrapped(payUrl) : payUrl)
  if (!read.success || !isOnList(read.data.url, hosts)) return null
  const { appid, path, url, extraData = null } = read.data
  if (JSON.stringify(extraData).length > MOST_EXTRA) return null
  return {
    kind: 'cashier',
    appId: appid,
    path,
    url,
    miniProgramUrl: appended(read.data),
    extraData,
  }
}

function unwrapped(text: string): unknown {
  const content = parseObject(text)
  if (content !== null) return content
  try {
    const inner: unknown = JSON.parse(text)
    return typeof inner === 'string' ? parseObject(inner) : null
  } catch {
    return null
  }
}

function isOnList(address: string, hosts: readonly string[]): boolean {
  const url = URL.parse(address)
  if (url === null || url.protocol !== 'https:') return false
  return url.username === '' && url.password === '' && hosts.includes(url.host)
}

/** The address stays as it was given; what is appended stands in front of a fragment. */
function appended({ url, appid, path }: { url: string; appid: string; path: string }): string {
  const [page = '', ...fragment] = url.split('#')
  const query = `appid=${encodeURIComponent(appid)}&path=${encodeURIComponent(path)}`
  return [`${page}${page.includes('?') ? '&' : '?'}${query}`, ...fragment].join('#')
}

/** `data:image/png;base64,` with or without a blank after the comma; nothing but a PNG is shown. */
export function qrImageOf(told: string): HrssCashier | null {
  const [, base64 = ''] = /^data:image\/png;base64,\s?(.*)$/s.exec(told) ?? []
  if (base64.length > MOST_IMAGE_BYTES * 1.4) return null
  const bytes = strictBase64(base64)
  if (bytes === null || bytes.length > MOST_IMAGE_BYTES) return null
  if (!bytes.subarray(0, PNG.length).equals(PNG)) return null
  return { kind: 'qr-image', image: `data:image/png;base64,${base64}` }
}
