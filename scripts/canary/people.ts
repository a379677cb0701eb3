/** Persons whose every datum is unmistakable: what is found anywhere was leaked. */
import { randomBytes, randomInt } from 'node:crypto'
import type { Canary } from './search.ts'

export interface CanaryPerson {
  readonly name: string
  readonly idNo: string
  readonly phone: string
  readonly openid: string
}

const digits = (length: number): string =>
  Array.from({ length }, () => String(randomInt(10))).join('')

/** Two rare characters after an invented surname: no text of ours holds them by chance. */
const rare = (): string => String.fromCodePoint(0x4e00 + randomInt(0x5000))

export function inventCanary(): CanaryPerson {
  return {
    name: `鸟${rare()}${rare()}`,
    idNo: `510199${digits(11)}X`,
    phone: `199${digits(8)}`,
    openid: `o${randomBytes(14).toString('hex')}`,
  }
}

export function canariesOf(person: CanaryPerson, billNo: string): Canary[] {
  return Object.entries(person).map(([what, text]: [string, string]) => ({
    what: `${what} of ${billNo}`,
    text,
  }))
}
