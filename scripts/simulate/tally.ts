/** The figures of many runs. */
import type { Report } from './shard.ts'

/** So much of a timeline helps; the rest is a replay away. */
const MOST_LINES = 400

export class Tally {
  violated = 0
  readonly #began = performance.now()
  readonly #kinds = new Map<string, number>()
  readonly #banks = new Map<string, number>()
  readonly #endings = new Map<string, number>()
  readonly #faults = new Map<string, number>()
  #runs = 0
  #orders = 0
  #bills = 0

  add({ kind, bank, orders, bills, endings, faults, violations }: Report): void {
    this.#runs += 1
    this.#orders += orders
    this.#bills += bills
    this.violated += violations.length
    count(this.#kinds, kind, 1)
    count(this.#banks, bank, 1)
    for (const [ending, times] of endings) count(this.#endings, ending, times)
    for (const [fault, times] of faults) count(this.#faults, fault, times)
  }

  tellOf({ seed, bills, kind, bank, weather, violations, story }: Report): string {
    return [
      `\nVIOLATED in the run with seed ${seed} (${kind}, ${bank}):`,
      ...violations.map(({ billNo, rule, what }) => `  ${rule}: ${billNo ?? ''} ${what}`),
      ...(story?.split('\n').slice(0, MOST_LINES) ?? []),
      `again: npm run simulate -- --seed ${seed} --orders ${bills} --size ${bills}${weather === undefined ? '' : ` --weather ${weather}`}`,
    ].join('\n')
  }

  summary(): string {
    const seconds = (performance.now() - this.#began) / 1_000
    const perSecond = (this.#bills / seconds).toFixed(1)
    return [
      `${this.#runs} runs, ${this.#bills} bills, ${this.#orders} orders in ${seconds.toFixed(0)} s (${perSecond} bills/s)`,
      `weather: ${listed(this.#kinds)}`,
      `bank: ${listed(this.#banks)}`,
      `endings: ${listed(this.#endings)}`,
      `faults injected: ${listed(this.#faults)}`,
      `violations: ${this.violated}`,
    ].join('\n')
  }
}

function count(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times)
}

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(' · ')
