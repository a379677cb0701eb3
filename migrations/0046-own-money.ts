import type { Knex } from 'knex'
import { noWayBack } from '../src/store/migration.ts'

/** Finance asks for own money by the day on which it moved. */
const MOVED = {
  one_code_payments: 'paid_at',
  hrss_payments: 'paid_at',
  hrss_refunds: 'returned_at',
  one_card_payments: 'paid_at',
} as const

export async function up(knex: Knex): Promise<void> {
  for (const [name, column] of Object.entries(MOVED))
    await knex.schema.alterTable(name, (table) => void table.index([column]))
}

export const down = noWayBack
