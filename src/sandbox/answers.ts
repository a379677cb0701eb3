/** What the pretend upstreams of the hospital's side say and note down alike. */
import { createHash } from 'node:crypto'
import type { CallRecord, SandboxReply, SandboxRequest, World } from './world.ts'

export const LOST: SandboxReply = { kind: 'lost' }

/** An answer, as opposed to a closed connection. */
export type Told = Extract<SandboxReply, { kind: 'answer' }>

export function json(status: number, value: unknown): Told {
  return { kind: 'answer', status, contentType: 'application/json', body: JSON.stringify(value) }
}

export function header(request: Pick<SandboxRequest, 'headers'>, name: string): string {
  const found = Object.entries(request.headers).find(([key]) => key.toLowerCase() === name)
  return found?.[1] ?? ''
}

/** The members of a JSON object, or null for anything else: upstreams take nothing but objects. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
    return Object.fromEntries(Object.entries(value))
  } catch {
    return null
  }
}

export function note(world: World, call: Omit<CallRecord, 'at'>): void {
  world.calls.push({ at: world.now(), ...call })
}

/** `yyyyMMddHHmmss` or `yyyy-MM-dd HH:mm:ss` of Asia/Shanghai -> UTC milliseconds, or NaN. */
export function timeOf(text: string): number {
  const digits = text.replace(/[- :]/g, '')
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits)
  if (!match) return Number.NaN
  const [, year, month, day, hour, minute, second] = match
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`)
}

const drawn = (world: World, length: number, alphabet: string): string =>
  Array.from({ length }, () => alphabet.charAt(Math.floor(world.random() * alphabet.length))).join(
    '',
  )

export const digits = (world: World, length: number): string => drawn(world, length, '0123456789')

export const hex = (world: World, length: number): string =>
  drawn(world, length, '0123456789abcdef')

/** Whole numbers below 2^32 that depend on nothing but the seed: the same bill on every machine. */
export function seeded(seed: string): (below: number) => number {
  let used = 0
  return (below) => {
    used += 1
    const bytes = createHash('sha256').update(`${seed}#${used}`).digest()
    return bytes.readUInt32BE(0) % below
  }
}

/** `"123.4"` -> 12340; null for anything that is not a non-negative amount with <= 2 decimals. */
export function yuanToFen(text: string): number | null {
  const match = /^(0|[1-9]\d{0,12})(?:\.(\d{1,2}))?$/.exec(text)
  if (!match) return null
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}

/** 12340 -> `"123.40"`. */
export function fenToYuan(amountFen: number): string {
  const text = String(amountFen).padStart(3, '0')
  return `${text.slice(0, -2)}.${text.slice(-2)}`
}
