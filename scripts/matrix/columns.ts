/** Columns of a terminal, in which Chinese characters take two. */
export function width(text: string): number {
  return Array.from(text).reduce(
    (sum, char) => sum + (/[\u2e80-\u9fff\uff00-\uffef]/.test(char) ? 2 : 1),
    0,
  )
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)))
}
