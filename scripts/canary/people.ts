/** Persons whose every datum is unmistakable: what is found anywhere was leaked. */
import { randomBytes, randomInt } from 'node:crypto'
import { checkDigit } from '../forms/checks.ts'
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

/** Valid, so that it gets past what checks it; division 510199 was never assigned. */
function inventIdentity(): string {
  const month = String(1 + randomInt(12)).padStart(2, '0')
  const day = String(1 + randomInt(28)).padStart(2, '0')
  const first17 = `510199${1930 + randomInt(80)}${month}${day}${digits(3)}`
  return `${first17}${checkDigit(first17)}`
}

export function inventCanary(): CanaryPerson {
  return {
    name: `鸟${rare()}${rare()}`,
    idNo: inventIdentity(),
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
