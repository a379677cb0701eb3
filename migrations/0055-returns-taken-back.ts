import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/** Own money that was back at the patient for certain, and then came to the bank again: one row each time. */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'returns_taken_back', (table) => {
    table.string('number', 64).notNullable()
    table.bigInteger('returned_at').notNullable()
    table.string('order_id', 26).notNullable().index()
    table.bigInteger('amount_fen').notNullable()
    table.bigInteger('taken_back_at').notNullable()
    table.primary(['number', 'returned_at'])
  })
}

export const down = noWayBack
