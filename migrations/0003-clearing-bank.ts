import type { Knex } from 'knex'

/** One row: the bank at which the open orders stand. */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable('clearing_bank', (table) => {
    if (knex.client.config.client === 'mysql2') {
      table.engine('InnoDB')
      table.charset('utf8mb4')
      table.collate('utf8mb4_bin')
    }
    table.integer('only_row').primary()
    table.string('name', 32).notNullable()
  })
}

export async function down(): Promise<void> {
  throw new Error('payments are never migrated backwards: restore a backup')
}
