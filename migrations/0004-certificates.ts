import type { Knex } from 'knex'

/**
 * `certificate_checks`: one row a business day, taken by one process, with what it found.
 * `certificate_audits`: one row a signed-off audit; each digest covers the one before (SC-T04).
 */
export async function up(knex: Knex): Promise<void> {
  const mysql = knex.client.config.client === 'mysql2'
  const create = (name: string, build: (table: Knex.CreateTableBuilder) => void) =>
    knex.schema.createTable(name, (table) => {
      if (mysql) {
        table.engine('InnoDB')
        table.charset('utf8mb4')
        table.collate('utf8mb4_bin')
      }
      build(table)
    })

  await create('certificate_checks', (table) => {
    table.string('business_date', 10).primary()
    table.bigInteger('lease_until').notNullable()
    table.bigInteger('at').nullable()
    table.text('findings', 'mediumtext').nullable()
  })

  await create('certificate_audits', (table) => {
    table.integer('no').primary()
    table.bigInteger('at').notNullable()
    table.string('operator', 64).notNullable()
    table.string('result', 16).notNullable()
    table.text('findings', 'mediumtext').notNullable()
    table.string('digest', 64).notNullable()
  })
}

export async function down(): Promise<void> {
  throw new Error('payments are never migrated backwards: restore a backup')
}
