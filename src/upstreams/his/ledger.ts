/** HIS's own books of a day (`GET /ledger/{date}`, README.md 4): all of it is understood, or none. */
import { createHash } from 'node:crypto'
import { addsUp } from '../../payment/amounts.ts'
import { fen } from '../../payment/money.ts'
import type { Ledger, LedgerRow } from '../ledger.ts'
import { type Answer, done, refused, unlisted } from '../upstream.ts'
import { ledgerRowSchema } from './messages.ts'

/** 404: HIS has not closed this day, which is not an empty day. */
export function ledgerOf(status: number, body: Buffer): Answer<Ledger> {
  if (status === 404) return { kind: 'absent' }
  if (status !== 200) return unlisted(`http-${status}`)
  const lines = linesOf(body)
  if (lines === null) return invalid('末行不完整')
  const rows: LedgerRow[] = []
  for (const [index, line] of lines.entries()) {
    const row = rowOf(line)
    if (row === null) return invalid(`第 ${index + 1} 行无法识别`)
    rows.push(row)
  }
  return done({ rows, sha256: createHash('sha256').update(body).digest('hex') })
}

const invalid = (what: string): Answer<Ledger> => refused('ledger-invalid', `HIS 台账：${what}`)

/** Every line ends: what is cut off is no ledger. */
function linesOf(body: Buffer): string[] | null {
  if (body.length === 0) return []
  const lines = body.toString('utf8').split('\n')
  return lines.pop() === '' ? lines : null
}

function rowOf(line: string): LedgerRow | null {
  const read = ledgerRowSchema.safeParse(jsonOf(line))
  if (!read.success) return null
  const { kind, settlementNo, refundNo, at } = read.data
  const amounts = {
    totalFen: fen(read.data.amounts.totalFen),
    fundFen: fen(read.data.amounts.fundFen),
    accountFen: fen(read.data.amounts.accountFen),
    otherFen: fen(read.data.amounts.otherFen),
    selfPayFen: fen(read.data.amounts.selfPayFen),
  }
  if (!addsUp(amounts) || (kind === 'refund') !== (refundNo != null)) return null
  const { totalFen } = amounts
  return { kind, settlementNo, refundNo: refundNo ?? null, totalFen, at: Date.parse(at) }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
