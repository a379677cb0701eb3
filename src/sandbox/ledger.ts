/**
 * Who holds which fen of which bill. Every movement has two sides, so the sum over all holders
 * of a bill is always zero; what a test asks is how much the hospital's bank account holds.
 */

export type Holder = 'patient' | 'bank' | 'fund' | 'account' | 'other' | 'insurance-payable'

export interface Movement {
  readonly at: number
  readonly billNo: string
  readonly from: Holder
  readonly to: Holder
  readonly amountFen: number
  /** `cash`, `cash-refund`, `channel-return`, `insurance-settlement`, ... */
  readonly why: string
  /** The number under which it happened: a second movement for the same one is refused. */
  readonly number: string
}

export class Ledger {
  readonly movements: Movement[] = []
  readonly #seen = new Set<string>()

  /** @throws Error when the same `why` and `number` moved money before: the sandbox itself must be right. */
  move(movement: Movement): void {
    const key = `${movement.why}:${movement.number}:${movement.from}:${movement.to}`
    if (this.#seen.has(key)) throw new Error(`moved twice: ${key}`)
    if (!Number.isSafeInteger(movement.amountFen) || movement.amountFen <= 0)
      throw new Error(`not an amount: ${movement.amountFen}`)
    this.#seen.add(key)
    this.movements.push(movement)
  }

  of(billNo: string): Movement[] {
    return this.movements.filter((movement) => movement.billNo === billNo)
  }

  /** Fen that a holder has gained (or lost, negative) through this bill. */
  balance(billNo: string, holder: Holder): number {
    let balance = 0
    for (const movement of this.of(billNo)) {
      if (movement.to === holder) balance += movement.amountFen
      if (movement.from === holder) balance -= movement.amountFen
    }
    return balance
  }
}
