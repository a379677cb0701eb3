import type { Knex } from 'knex'
import { noWayBack } from '../src/store/migration.ts'

/** `orders.opened_by`: the mark of the platform's own user, who has another id in every channel. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('orders', (table) => {
    table.string('opened_by', 64).nullable()
  })
}

export const down = noWayBack
