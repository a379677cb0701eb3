/** JSON as the envelope's signature sees it (README.md 2.2, 2.3). */

/** A number as it was written: `10.50` must not become `10.5` before it is signed or verified. */
export class NumberText {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

export type Json = string | boolean | null | NumberText | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

export interface CanonicalRules {
  /** Three of four public implementations sort by code unit, one ignores the case. */
  readonly sort: 'ordinal' | 'ignore-case'
  /** `string`: every scalar leaf is a string (three of four); `raw`: numbers and booleans stay. */
  readonly leaves: 'string' | 'raw'
}

/** @throws SyntaxError */
export function readJson(text: string): Json {
  // The third parameter (ES2025 source text access) is not yet in TypeScript's library.
  const keepSource = (_name: string, value: Json, context?: { source?: string }): Json =>
    typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value
  return JSON.parse(text, keepSource)
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof NumberText)
  )
}

/** Plain values for the schemas; numbers stay texts. */
export function plain(value: Json): unknown {
  if (value instanceof NumberText) return value.source
  if (isList(value)) return value.map(plain)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

/** Sorted members, no spaces, empty members dropped; an object that is empty stays `{}`. */
export function canonicalJson(value: Json, rules: CanonicalRules): string {
  if (isList(value)) return `[${value.map((item) => canonicalJson(item, rules)).join(',')}]`
  if (!isJsonObject(value)) return leaf(value, rules)
  const members = Object.entries(value)
    .filter(([, member]) => !isEmpty(member))
    .sort(([a], [b]) => compareNames(a, b, rules.sort))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, rules)}`)
  return `{${members.join(',')}}`
}

/** Not part of what is signed: they do not exist yet, or are the signature itself. */
const UNSIGNED = new Set(['signData', 'encData', 'extra'])

/** `appId=…&data={…}&…&key=<appSecret>`; the parts are sorted with their values, as the samples do. */
export function signText(members: JsonObject, appSecret: string, rules: CanonicalRules): string {
  const parts = Object.entries(members)
    .filter(([name, member]) => !UNSIGNED.has(name) && !isEmpty(member))
    .map(([name, member]) => `${name}=${topText(member, rules)}&`)
  return `${parts.sort((a, b) => compareNames(a, b, 'ordinal')).join('')}key=${appSecret}`
}

function topText(member: Json, rules: CanonicalRules): string {
  if (typeof member === 'string') return member
  if (member instanceof NumberText) return member.source
  return typeof member === 'boolean' ? String(member) : canonicalJson(member, rules)
}

function leaf(value: string | boolean | null | NumberText, rules: CanonicalRules): string {
  if (typeof value === 'string') return JSON.stringify(value)
  const text = value instanceof NumberText ? value.source : String(value)
  return rules.leaves === 'string' && value !== null ? JSON.stringify(text) : text
}

function isEmpty(value: Json): boolean {
  return value === null || value === '' || (isList(value) && value.length === 0)
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function compareNames(a: string, b: string, sort: CanonicalRules['sort']): number {
  const [left, right] = sort === 'ordinal' ? [a, b] : [a.toLowerCase(), b.toLowerCase()]
  if (left === right) return 0
  return left < right ? -1 : 1
}
