import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/** Cashiers that 人社支付平台 pushes to whoever shows the patient's code, by the code's keyed hash. */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'hrss_cashiers', (table) => {
    table.string('code_mark', 64).primary()
    table.text('sealed', 'mediumtext').notNullable()
    table.bigInteger('expires_at').notNullable().index()
  })
}

export const down = noWayBack
