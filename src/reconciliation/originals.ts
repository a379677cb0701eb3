import { Book } from './book.ts'
import { comesFirst, type Name, namesOf, type Row } from './row.ts'

/**
 * A book without its repetitions. Which row of several is the original, and which row answers to a
 * number that two orders share, depends on the rows alone and never on the order they came in.
 */
export class Originals {
  readonly book = new Book()
  readonly #namesOf: (row: Row) => readonly Name[]
  /** Names that more than one row bears, or bore before it was replaced. */
  readonly #shared = new Map<string, { readonly name: Name; readonly bearers: Set<number> }>()

  /** @param names of a row, the strongest first: two rows with the same strongest are one. */
  constructor(names: (row: Row) => readonly Name[] = namesOf) {
    this.#namesOf = names
  }

  /** @returns the row that is one too many, if there now is one: this one or the one before. */
  add(row: Row): Row | null {
    const names = this.#namesOf(row)
    const [identity, ...others] = names
    const original = identity === undefined ? -1 : this.#sameAs(identity)
    if (original === -1) {
      const index = this.book.add(row)
      for (const name of names) if (!this.book.name(name, index)) this.#share(name, index)
      return null
    }
    const before = this.book.row(original)
    if (!comesFirst(row, before)) return row
    this.book.replace(original, row)
    for (const name of [...others, ...this.#namesOf(before).slice(1)]) this.#share(name, original)
    return before
  }

  /** To be called when all rows are in and before any is sought. */
  complete(): void {
    for (const { name, bearers } of this.#shared.values()) {
      let first = -1
      for (const index of bearers) {
        const row = this.book.row(index)
        if (!this.#namesOf(row).some((one) => isSame(one, name))) continue
        if (first === -1 || comesFirst(row, this.book.row(first))) first = index
      }
      this.book.rename(name, first)
    }
  }

  #sameAs(identity: Name): number {
    for (const index of this.#bearersOf(identity)) {
      const [strongest] = this.#namesOf(this.book.row(index))
      if (strongest && isSame(strongest, identity)) return index
    }
    return -1
  }

  #bearersOf(name: Name): Iterable<number> {
    const known = this.#shared.size === 0 ? undefined : this.#shared.get(textOf(name))
    if (known) return known.bearers
    const index = this.book.find(name)
    return index === -1 ? [] : [index]
  }

  #share(name: Name, index: number): void {
    const bearers = new Set([...this.#bearersOf(name), index])
    this.#shared.set(textOf(name), { name, bearers })
    if (bearers.size === 1) this.book.name(name, index)
  }
}

const textOf = ({ tag, number }: Name): string => `${tag} ${number}`

const isSame = (one: Name, other: Name): boolean =>
  one.tag === other.tag && one.number === other.number
