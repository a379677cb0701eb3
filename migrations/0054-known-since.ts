import type { Knex } from 'knex'
import { noWayBack } from '../src/store/migration.ts'

/**
 * `known_at`: when we learned for certain that the money moved, where `paid_at` and `returned_at` are
 * the other side's own time. Rows of before have none: what was known then is not known any more.
 */
const TABLES = ['one_code_payments', 'one_card_payments', 'hrss_refunds'] as const

export async function up(knex: Knex): Promise<void> {
  for (const name of TABLES)
    await knex.schema.alterTable(name, (table) => void table.bigInteger('known_at').nullable())
}

export const down = noWayBack
