/** The collection interface in its own words (README.md 2, 3); answers may carry more than this. */
import { z } from 'zod'

/** Members that never reach the record in clear. */
export const SENSITIVE: ReadonlySet<string> = new Set(['certificate'])

export const PATH = { charge: '/v1/charges', query: '/v1/charges/query' } as const

const number = z.string().regex(/^[0-9A-Za-z]{1,50}$/)

export const CHARGE = z.object({
  outTradeNo: number,
  chargeNo: z.string().min(1).max(64).optional(),
  amountFen: z.int().nonnegative().optional(),
  status: z.string().max(32),
  paidAt: z.iso.datetime({ offset: true }).optional(),
  reason: z.string().optional(),
})
export type ChargeMessage = z.output<typeof CHARGE>

export const NOTICE = z.object({ merchantNo: z.string(), outTradeNo: number })
