import { type Fen, sumFen, ZERO } from './money.ts'

/**
 * How a bill is shared: pooled fund (统筹基金), personal account (个人账户), other insurance
 * money (医保其他) and own money (自费). SC-G03: the four parts always add up to the total.
 */
export interface Amounts {
  readonly totalFen: Fen
  readonly fundFen: Fen
  readonly accountFen: Fen
  readonly otherFen: Fen
  readonly selfPayFen: Fen
}

export type Scenario = 'insurance-only' | 'self-pay-only' | 'mixed'

/** Which orders were placed, not what they amount to (docs/mixed-order.md 1.1). */
export type MixPayType = 'CASH_ONLY' | 'INSURANCE_ONLY' | 'CASH_AND_INSURANCE'

export function insuranceFen(amounts: Amounts): Fen {
  return sumFen([amounts.fundFen, amounts.accountFen, amounts.otherFen])
}

export function addsUp(amounts: Amounts): boolean {
  return insuranceFen(amounts) + amounts.selfPayFen === amounts.totalFen
}

export function allSelfPay(totalFen: Fen): Amounts {
  return { totalFen, fundFen: ZERO, accountFen: ZERO, otherFen: ZERO, selfPayFen: totalFen }
}

/** By amounts (SC-P08): self-pay part zero or not, insurance part zero or not. */
export function scenarioOf(amounts: Amounts): Scenario {
  if (amounts.selfPayFen === 0) return 'insurance-only'
  return insuranceFen(amounts) === 0 ? 'self-pay-only' : 'mixed'
}

/**
 * By orders placed: a bill that went to the bureau stays an insurance order even when
 * pre-settlement leaves everything to own money (docs/standard.md 1.3).
 */
export function mixPayTypeOf(amounts: Amounts, orderedAtBureau: boolean): MixPayType {
  if (!orderedAtBureau) return 'CASH_ONLY'
  return amounts.selfPayFen === 0 ? 'INSURANCE_ONLY' : 'CASH_AND_INSURANCE'
}
