import type { Knex } from 'knex'
import { noWayBack } from '../src/store/migration.ts'

/** HIS learns of every refund through 人社支付平台. What was returned before this is not told again. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('hrss_refunds', (table) => {
    table.string('write_back', 16).notNullable().defaultTo('none')
  })
}

export const down = noWayBack
