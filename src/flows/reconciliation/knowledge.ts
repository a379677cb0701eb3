import type { App } from '../../app.ts'
import { orderIdIn } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import { type Knowledge, NOTHING_KNOWN } from '../../reconciliation/actions.ts'
import type { BookName } from '../../reconciliation/ageing.ts'
import type { Difference } from '../../reconciliation/classes.ts'
import type { Row } from '../../reconciliation/row.ts'
import * as attempts from '../../store/attempts.ts'
import * as orders from '../../store/orders.ts'
import * as reconciliation from '../../store/reconciliation.ts'

/**
 * What is known of each difference beyond the two books: whether an order of ours bears its number,
 * and what asking about it has brought before. Nobody outside is asked here: a run of the same
 * books says the same.
 */
export async function knowledgeOf(
  app: App,
  run: { readonly book: BookName; readonly date: string },
  differences: readonly Difference[],
): Promise<(difference: Difference, key: string) => Knowledge> {
  const before = new Map((await reconciliation.ofDate(app.db, run)).map((one) => [one.key, one]))
  const identified = new Set<Difference>()
  // HIS is also told of what was paid beside the orders.
  const isOrder = ({ hospital }: Difference): boolean => hospital !== null && run.book !== 'his'
  for (const difference of differences)
    if (isOrder(difference) || (await isOurs(app, difference))) identified.add(difference)
  return (difference, key) => ({
    ...(answered(before.get(key), difference) ?? NOTHING_KNOWN),
    order: identified.has(difference),
  })
}

/** An answer is about the two rows that were asked about; what comes back later is asked about anew. */
function answered(
  before: reconciliation.StoredBreak | undefined,
  difference: Difference,
): Knowledge | null {
  if (before === undefined || before.state === 'closed') return null
  return reconciliation.isSameMatter(before.content, difference) ? before.known : null
}

const isOurs = async (app: App, difference: Difference): Promise<boolean> => {
  const id = await orderIdOf(app, difference)
  return id !== null && (await orders.versionOf(app.db, id)) !== null
}

/** The order that a difference is about, by any number that names one of ours. */
export async function orderOf(app: App, difference: Difference): Promise<Order | null> {
  const id = await orderIdOf(app, difference)
  return id === null ? null : orders.byId(app.db, id)
}

type Sides = Pick<Difference, 'bank' | 'hospital'>

async function orderIdOf(app: App, { bank, hospital }: Sides): Promise<string | null> {
  for (const row of [hospital, bank]) {
    const id = row === null ? null : ((await byNumber(app, row)) ?? null)
    if (id !== null) return id
  }
  return null
}

/** Of the insurance, the bureau made the number. */
async function byNumber(app: App, row: Row): Promise<string | null> {
  const { merchantOrderNo, refundNo, bankOrderNo } = row
  for (const number of [merchantOrderNo, refundNo]) {
    const id = number === null ? null : orderIdIn(number)
    if (id !== null) return id
  }
  return bankOrderNo === null ? null : attempts.byPayOrdId(app.db, bankOrderNo)
}
