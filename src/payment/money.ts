import { AppError } from '../errors.ts'

/** An amount in fen (分): a non-negative safe integer. Floats never hold money. */
export type Fen = number & { readonly unit: 'fen' }

export function isFen(value: unknown): value is Fen {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** @throws AppError `bill-invalid` for anything that is not a non-negative safe integer. */
export function fen(value: unknown): Fen {
  if (!isFen(value)) throw new AppError('bill-invalid')
  return value
}

export const ZERO = fen(0)

export function sumFen(values: Iterable<Fen>): Fen {
  let total = 0
  for (const value of values) total += value
  return fen(total)
}

/** Yuan as printed by upstreams: up to two decimals, no sign, no exponent, no separators. */
const YUAN = /^(0|[1-9]\d{0,12})(?:\.(\d{1,2})0*)?$/

/** `"123.4"` -> 12340, by string arithmetic; `null` when the text is not such an amount. */
export function yuanToFen(text: string): Fen | null {
  const match = YUAN.exec(text)
  if (!match) return null
  const value = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
  return isFen(value) ? value : null
}

/** 12340 -> `"123.40"`; always two decimals. */
export function fenToYuan(amount: Fen): string {
  const text = String(amount).padStart(3, '0')
  return `${text.slice(0, -2)}.${text.slice(-2)}`
}

/** Digits only, as bank fields carry fen; `null` when the text is anything else. */
export function parseFen(text: string): Fen | null {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return null
  const value = Number(text)
  return isFen(value) ? value : null
}
