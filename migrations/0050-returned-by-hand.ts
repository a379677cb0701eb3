import type { Knex } from 'knex'
import { noWayBack } from '../src/store/migration.ts'

/** `refunds.by_hand`: the parts that people returned outside, each with its voucher (JSON), or null. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('refunds', (table) => {
    table.text('by_hand').nullable()
  })
}

export const down = noWayBack
