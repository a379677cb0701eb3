/**
 * What a book keeps its numbers in: bytes one after the other, and an index over them. A string cut
 * from a file's chunk would keep the whole chunk alive, and a million objects with strings take
 * three times the memory.
 */
import type { Name, Tag } from './row.ts'

const CHUNK_BYTES = 1 << 20
const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193
const LONGEST = 255

const ROWS_OF_A_PIECE = 1 << 14

/** So many figures of each row, side by side; in pieces, so that growing copies nothing. */
export class Columns<T extends Float64Array | Uint32Array> {
  readonly #pieces: T[] = []
  readonly #width: number
  readonly #piece: (length: number) => T

  constructor(width: number, piece: (length: number) => T) {
    this.#width = width
    this.#piece = piece
  }

  /** Of a row there is, or the next one. */
  set(row: number, column: number, value: number): void {
    const at = Math.floor(row / ROWS_OF_A_PIECE)
    let piece = this.#pieces[at]
    if (piece === undefined) {
      piece = this.#piece(ROWS_OF_A_PIECE * this.#width)
      this.#pieces.push(piece)
    }
    piece[(row % ROWS_OF_A_PIECE) * this.#width + column] = value
  }

  get(row: number, column: number): number {
    const piece = this.#pieces[Math.floor(row / ROWS_OF_A_PIECE)]
    return piece?.[(row % ROWS_OF_A_PIECE) * this.#width + column] ?? 0
  }
}

/** Each text behind its length. */
export class Texts {
  readonly #chunks: Uint8Array[] = []
  #end = 0

  /** Makes the next `bytes` bytes be written into one chunk. */
  together(bytes: number): void {
    const full = this.#chunks.length * CHUNK_BYTES
    if ((this.#end % CHUNK_BYTES) + bytes <= CHUNK_BYTES && this.#end < full) return
    this.#end = full
    this.#chunks.push(new Uint8Array(CHUNK_BYTES))
  }

  /** @returns where the text starts. @throws Error beyond ASCII or 255 characters: no number is so. */
  write(text: string): number {
    if (text.length > LONGEST) throw new Error('no number is that long')
    this.together(text.length + 1)
    const start = this.#end
    const chunk = this.#chunkOf(start)
    let at = start % CHUNK_BYTES
    chunk[at++] = text.length
    for (let i = 0; i < text.length; i += 1) chunk[at++] = ascii(text.charCodeAt(i))
    this.#end = start + text.length + 1
    return start
  }

  read(start: number): string {
    const at = (start % CHUNK_BYTES) + 1
    const chunk = this.#chunkOf(start)
    return String.fromCharCode(...chunk.subarray(at, at + (chunk[at - 1] ?? 0)))
  }

  is(start: number, text: string): boolean {
    const chunk = this.#chunkOf(start)
    let at = start % CHUNK_BYTES
    if (chunk[at++] !== text.length) return false
    for (let i = 0; i < text.length; i += 1) if (chunk[at++] !== text.charCodeAt(i)) return false
    return true
  }

  /** Where the next text starts, if both were written `together`. */
  after(start: number): number {
    return start + 1 + (this.#chunkOf(start)[start % CHUNK_BYTES] ?? 0)
  }

  #chunkOf(start: number): Uint8Array {
    return this.#chunks[Math.floor(start / CHUNK_BYTES)] ?? new Uint8Array(0)
  }
}

function ascii(code: number): number {
  if (code > 0x7f) throw new Error('a number with other characters than ASCII')
  return code
}

/** Of a slot: the name's hash, where its number stands, and one more than its value with its tag. */
const SLOT = 3
const TAG_BITS = 3
const TAG_MASK = (1 << TAG_BITS) - 1

/**
 * Open addressing; half of the places at least stay free. What is asked of a slot stands side by
 * side: a million questions in any order are slow by the memory they touch, not by their number.
 */
export class Index {
  readonly #texts: Texts
  #count = 0
  #slots = 2048
  /** All zero is a free slot. */
  #table = new Uint32Array(new ArrayBuffer(2048 * SLOT * 4))

  constructor(texts: Texts) {
    this.#texts = texts
  }

  /** @param start where the name's number stands. @returns false when the name is there already. */
  add(name: Name, value: number, start: number): boolean {
    const hash = hashOf(name)
    const at = this.#placeOf(name, hash)
    if (this.#table[at + 2] !== 0) return false
    this.#table[at] = hash
    this.#table[at + 1] = start
    this.#table[at + 2] = wordOf(name, value)
    this.#count += 1
    if (this.#count * 2 > this.#slots) this.#spread()
    return true
  }

  /** Of a name that is there. */
  change(name: Name, value: number): void {
    const at = this.#placeOf(name, hashOf(name))
    if (this.#table[at + 2] !== 0) this.#table[at + 2] = wordOf(name, value)
  }

  /** -1 when the name is not there. */
  find(name: Name): number {
    const word = this.#table[this.#placeOf(name, hashOf(name)) + 2] ?? 0
    return (word >>> TAG_BITS) - 1
  }

  #placeOf({ tag, number }: Name, hash: number): number {
    const table = this.#table
    const mask = this.#slots - 1
    const tagNo = TAG_NUMBERS[tag]
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * SLOT
      const word = table[at + 2] ?? 0
      if (word === 0) return at
      const same = table[at] === hash && (word & TAG_MASK) === tagNo
      if (same && this.#texts.is(table[at + 1] ?? 0, number)) return at
    }
  }

  #spread(): void {
    const old = this.#table
    const slots = this.#slots * 2
    const table = new Uint32Array(slots * SLOT)
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + 2] === 0) continue
      let slot = (old[from] ?? 0) & (slots - 1)
      while (table[slot * SLOT + 2] !== 0) slot = (slot + 1) & (slots - 1)
      for (let part = 0; part < SLOT; part += 1) table[slot * SLOT + part] = old[from + part] ?? 0
    }
    this.#slots = slots
    this.#table = table
    // Gives the old one back at once; a collector that waits would let both count.
    old.buffer.transfer(0)
  }
}

/** From 1 on, so that no word of a slot in use is zero; below 8. */
const TAG_NUMBERS: Readonly<Record<Tag, number>> = {
  N: 1,
  Pb: 2,
  Pm: 3,
  Ab: 4,
  Am: 5,
  Rb: 6,
  Rm: 7,
}

/** @param value from -1 on: then the name is known and stands for no row. */
const wordOf = ({ tag }: Name, value: number): number =>
  (((value + 1) << TAG_BITS) | TAG_NUMBERS[tag]) >>> 0

/** FNV-1a, its high bits folded in: numbers often differ in their last digits alone. */
function hashOf({ tag, number }: { tag: Tag; number: string }): number {
  let hash = Math.imul(FNV_START ^ TAG_NUMBERS[tag], FNV_PRIME)
  for (let at = 0; at < number.length; at += 1)
    hash = Math.imul(hash ^ number.charCodeAt(at), FNV_PRIME)
  return (hash ^ (hash >>> 15)) >>> 0
}
