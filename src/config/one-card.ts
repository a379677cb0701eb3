/** The words of the one-card settings: our names of services, and the headers that no document names. */
import { z } from 'zod'
import { CONSUMED, type OneCardService, PROVIDED } from '../payment/one-card.ts'

const NAMES: readonly OneCardService[] = [...CONSUMED, ...PROVIDED]

/** Account, access key, signature, timestamp, protocol: invented, after the three that are printed. */
export const ONE_CARD_HEADERS = [
  'powerdtp-account',
  'powerdtp-ak',
  'powerdtp-sign',
  'powerdtp-timestamp',
  'powerdtp-protocol',
] as const

const parts = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const nameIn = (text: string): OneCardService | undefined => NAMES.find((name) => name === text)

export const oneCardServices = z.string().transform((value, context) => {
  const names = parts(value).map((part) => nameIn(part))
  const known = names.filter((name) => name !== undefined)
  if (known.length === names.length) return known
  context.addIssue(`must name services: ${NAMES.join(', ')}`)
  return z.NEVER
})

/** `person=SC.01.01.01,…`: a number is one service, or an answer would not know its question. */
export const serviceNumbers = z.string().transform((value, context) => {
  const pairs = parts(value).map((part) => {
    const [, name = '', number = ''] = /^([a-z-]+)=([\w.-]{1,64})$/.exec(part) ?? []
    return [nameIn(name), number] as const
  })
  const isWhole = pairs.every(([name]) => name !== undefined)
  const names = new Set(pairs.map(([name]) => name))
  const numbers = new Set(pairs.map(([, number]) => number))
  if (isWhole && names.size === pairs.length && numbers.size === pairs.length) {
    const numberOf: Partial<Record<OneCardService, string>> = Object.fromEntries(pairs)
    return numberOf
  }
  context.addIssue('must read "name=number,…", each name and each number once')
  return z.NEVER
})
