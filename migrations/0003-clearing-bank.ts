import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/** One row: the bank at which the open orders stand. */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'clearing_bank', (table) => {
    table.integer('only_row').primary()
    table.string('name', 32).notNullable()
  })
}

export const down = noWayBack
