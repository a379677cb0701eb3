/** @throws Error when a row holds a word that this version of the code does not know. */
export function oneOf<T extends string>(words: readonly T[], value: unknown): T {
  const found = words.find((word) => word === value)
  if (found === undefined) throw new Error(`unknown word in the database: ${String(value)}`)
  return found
}

/** A text column as the driver gives it. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('not a text in the database')
  return value
}

export function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : textOf(value)
}
