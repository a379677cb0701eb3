/** One process of the service as the power sees it: alive, and at some step dead for ever. */

/** Thrown inside a transaction of a dead process, so that the database rolls it back. */
export class PowerCut extends Error {
  override name = 'PowerCut'
}

/** What happens to a process at a step: nothing, its end, or a pause of the whole machine. */
export type Struck = 'dead' | Promise<void> | null

/** What a dead process waits for. */
const NEVER = new Promise<never>(() => {})

export class Life {
  readonly name: string
  readonly #strikes: (where: string) => Struck
  readonly #death = Promise.withResolvers<null>()
  #isDead = false
  #thawed: Promise<void> | null = null

  /** @param strikes asked at every step: each wait for the database, the network or the clock is one. */
  constructor(name: string, strikes: (where: string) => Struck) {
    this.name = name
    this.#strikes = strikes
  }

  get isDead(): boolean {
    return this.#isDead
  }

  kill(): void {
    this.#isDead = true
    this.#death.resolve(null)
  }

  /** Null at the instant of death. */
  get death(): Promise<null> {
    return this.#death.promise
  }

  /** @returns only to the living. */
  async step(where: string): Promise<void> {
    this.#struck(where)
    while (this.#thawed !== null) await this.#thawed
    if (this.#isDead) await NEVER
  }

  /** @throws PowerCut: a transaction must end, the connection belongs to all. */
  stepInside(where: string): void {
    this.#struck(where)
    if (this.#isDead) throw new PowerCut(where)
  }

  #struck(where: string): void {
    if (this.#isDead || this.#thawed !== null) return
    const struck = this.#strikes(where)
    if (struck === 'dead') this.kill()
    else if (struck !== null) this.#thawed = struck.then(() => void (this.#thawed = null))
  }

  /** Whatever was under way when the power failed is never heard of again. */
  async outlive<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work
      return this.#isDead ? await NEVER : result
    } catch (error) {
      if (this.#isDead) return await NEVER
      throw error
    }
  }
}
