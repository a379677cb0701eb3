import type { Knex } from 'knex'

/** The entry is its own history: the row with the highest version counts. */
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

  await create('entry', (table) => {
    table.integer('version').primary()
    table.bigInteger('at').notNullable()
    table.string('operator', 64).notNullable()
    table.string('what', 16).notNullable()
    table.string('tester', 16).nullable()
    table.string('mode', 16).notNullable()
    table.integer('percent').nullable()
    table.text('departments').nullable()
  })

  await create('entry_testers', (table) => {
    table.string('user_mark', 64).primary()
    table.text('user_id_sealed').notNullable()
  })
}

export async function down(): Promise<void> {
  throw new Error('payments are never migrated backwards: restore a backup')
}
