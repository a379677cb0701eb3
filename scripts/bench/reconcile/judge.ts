import { classOf } from './books.ts'

export interface Judge {
  readonly see: (found: string, merchantOrderNo: string | null) => void
  /** How many differences were told that are none, or under another class. */
  readonly wrong: () => number
}

/** The order's place in the books ends its number, and says what it must be. */
export function createJudge(): Judge {
  let wrong = 0
  return {
    see: (found, merchantOrderNo) => {
      if (merchantOrderNo === null || classOf(Number(merchantOrderNo.slice(-9))) !== found)
        wrong += 1
    },
    wrong: () => wrong,
  }
}
