import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'

/** Addresses and CIDR networks from the settings. */
export interface Networks {
  readonly isEmpty: boolean
  has(ip: string): boolean
}

/** @throws Error naming the variable and the text that is no network. */
export function networks(variable: string, texts: readonly string[]): Networks {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    const version = isIP(address)
    const longest = version === 6 ? 128 : 32
    const length = prefix === undefined ? longest : Number(prefix)
    const fits = /^\d{1,3}$/.test(prefix ?? '0') && length <= longest
    if (version === 0 || !fits) throw new Error(`${variable}: not an address or network: ${text}`)
    list.addSubnet(address, length, family(version))
  }
  return {
    isEmpty: texts.length === 0,
    has: (ip) => isIP(ip) !== 0 && list.check(ip, family(isIP(ip))),
  }
}

const family = (version: number): 'ipv4' | 'ipv6' => (version === 6 ? 'ipv6' : 'ipv4')

/** `::ffff:1.2.3.4` is 1.2.3.4; a zone is not part of an address. Null for anything else. */
function plainAddress(text: string | undefined): string | null {
  const ip = (text ?? '')
    .trim()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(ip) === 0 ? null : ip
}

/**
 * SC-S05: the forwarded address counts only when the socket's peer is a trusted proxy, and then it
 * is the right-most hop that is not one. A hop that is no address ends the walk.
 */
export function clientAddress(request: IncomingMessage, proxies: Networks): string {
  let client = plainAddress(request.socket.remoteAddress) ?? '0.0.0.0'
  const header = request.headers['x-forwarded-for'] ?? ''
  const hops = (typeof header === 'string' ? header : header.join(',')).split(',')
  while (proxies.has(client)) {
    const hop = plainAddress(hops.pop())
    if (hop === null) return client
    client = hop
  }
  return client
}

/** One subscriber owns a whole IPv6 /64: it counts as one address. */
export function addressGroup(ip: string): string {
  if (isIP(ip) !== 6) return ip
  const [left = '', right] = ip.toLowerCase().split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const missing = Math.max(0, 8 - head.length - tail.length)
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
