/** What the platform remembers: holders, checks, records, payments, grants. */
import type { Person } from '../registry.ts'
import { inventPerson } from '../people.ts'

export interface Cardholder extends Person {
  readonly cardNo: string
}

export interface Check {
  readonly requestNo: string
  state: string
  /** Set when somebody authorised. */
  holder: Cardholder | null
  readonly expiresAt: number
}

export interface Payment {
  readonly orderNo: string
  readonly payNo: string
  readonly amount: number
  readonly title: string
  readonly expiresAt: number
  state: 'PAYING' | 'PAID' | 'FAILED'
  paidAt: number | null
}

export interface Book {
  /** Five to begin with. */
  readonly holders: Cardholder[]
  readonly checks: Map<string, Check>
  /** By code: whose electronic card it shows, and until when. */
  readonly codes: Map<string, { holder: Cardholder; expiresAt: number; used: boolean }>
  /** By record number, with how often each was sent. */
  readonly records: Map<string, { content: unknown; times: number }>
  readonly payments: Map<string, Payment>
  /** By code text: the order that the holder is asked to pay. */
  readonly payCodes: Map<string, string>
  readonly grants: Map<string, { text: string; rows: readonly GrantRow[] }>
  /** While it is down, nobody is answered. */
  down: boolean
}

export interface GrantRow {
  readonly rowNo: number
  readonly state: string
  readonly reason?: string
}

const HOLDERS = 5

/** The same five on every machine; nobody has these names. */
export function createBook(): Book {
  const holders = Array.from({ length: HOLDERS }, (_, at) => ({
    ...inventPerson(`one-card:${at}`),
    cardNo: `43000000000000000${at + 1}`,
  }))
  return {
    holders,
    checks: new Map(),
    codes: new Map(),
    records: new Map(),
    payments: new Map(),
    payCodes: new Map(),
    grants: new Map(),
    down: false,
  }
}

export const shown = ({ idType, idNo, name, cardNo }: Cardholder) => ({
  idType,
  idNo,
  name,
  cardNo,
})
