/** Node reads GBK and writes none: the way back is read off the way there, once. */

const BYTES_OF: Map<string, Buffer> = new Map()

function learn(): void {
  const decoder = new TextDecoder('gbk')
  for (let first = 0x81; first <= 0xfe; first += 1)
    for (let second = 0x40; second <= 0xfe; second += 1) {
      const bytes = Buffer.from([first, second])
      const text = decoder.decode(bytes)
      if (text.length === 1 && text !== '\ufffd') BYTES_OF.set(text, bytes)
    }
}

/** @throws Error for a character that GBK does not have. */
export function gbk(text: string): Buffer {
  if (BYTES_OF.size === 0) learn()
  const bytes = Array.from(text, (character) => {
    if (character < '\u0080') return Buffer.from(character)
    const found = BYTES_OF.get(character)
    if (found === undefined) throw new Error(`not in GBK: ${character}`)
    return found
  })
  return Buffer.concat(bytes)
}
