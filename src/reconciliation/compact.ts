/**
 * What a book keeps its numbers in: bytes one after the other, and an index over them. A string cut
 * from a file's chunk would keep the whole chunk alive, and a million objects with strings take
 * three times the memory.
 */
import { type Name, type Tag, TAGS } from './row.ts'

const CHUNK_BYTES = 1 << 20
const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193
const LONGEST = 255

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

export function enlarged<T extends Column>(old: T, larger: T): T {
  larger.set(old)
  return larger
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

/** Open addressing; half of the places at least stay free. */
export class Index {
  readonly #texts: Texts
  #count = 0
  #starts = new Uint32Array(1024)
  #hashes = new Uint32Array(1024)
  #values = new Int32Array(1024)
  #tags = new Uint8Array(1024)
  #table = new Int32Array(4096).fill(-1)

  constructor(texts: Texts) {
    this.#texts = texts
  }

  /** @param start where the name's number stands already; else it is written. */
  set(name: Name, value: number, start?: number): void {
    const hash = hashOf(name)
    const slot = this.#slotOf(name, hash)
    const known = this.#table[slot] ?? -1
    if (known !== -1) {
      this.#values[known] = value
      return
    }
    const entry = this.#count
    if (entry === this.#starts.length) this.#grow()
    this.#starts[entry] = start ?? this.#texts.write(name.number)
    this.#hashes[entry] = hash
    this.#values[entry] = value
    this.#tags[entry] = TAGS.indexOf(name.tag)
    this.#table[slot] = entry
    this.#count += 1
    if (this.#count * 2 > this.#table.length) this.#spread()
  }

  /** -1 when the name is not there. */
  find(name: Name): number {
    const entry = this.#table[this.#slotOf(name, hashOf(name))] ?? -1
    return entry === -1 ? -1 : (this.#values[entry] ?? -1)
  }

  #slotOf({ tag, number }: Name, hash: number): number {
    const table = this.#table
    const mask = table.length - 1
    const tagNo = TAGS.indexOf(tag)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = table[slot] ?? -1
      if (entry === -1) return slot
      const same = this.#hashes[entry] === hash && this.#tags[entry] === tagNo
      if (same && this.#texts.is(this.#starts[entry] ?? 0, number)) return slot
    }
  }

  #spread(): void {
    const table = new Int32Array(this.#table.length * 2).fill(-1)
    const mask = table.length - 1
    for (let entry = 0; entry < this.#count; entry += 1) {
      let slot = (this.#hashes[entry] ?? 0) & mask
      while (table[slot] !== -1) slot = (slot + 1) & mask
      table[slot] = entry
    }
    this.#table = table
  }

  #grow(): void {
    const size = this.#count * 2
    this.#starts = enlarged(this.#starts, new Uint32Array(size))
    this.#hashes = enlarged(this.#hashes, new Uint32Array(size))
    this.#values = enlarged(this.#values, new Int32Array(size))
    this.#tags = enlarged(this.#tags, new Uint8Array(size))
  }
}

/** FNV-1a, its high bits folded in: numbers often differ in their last digits alone. */
function hashOf({ tag, number }: { tag: Tag; number: string }): number {
  let hash = Math.imul(FNV_START ^ TAGS.indexOf(tag), FNV_PRIME)
  for (let at = 0; at < number.length; at += 1)
    hash = Math.imul(hash ^ number.charCodeAt(at), FNV_PRIME)
  return (hash ^ (hash >>> 15)) >>> 0
}
