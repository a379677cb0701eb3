import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/** The entry is its own history: the row with the highest version counts. */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'entry', (table) => {
    table.integer('version').primary()
    table.bigInteger('at').notNullable()
    table.string('operator', 64).notNullable()
    table.string('what', 16).notNullable()
    table.string('tester', 16).nullable()
    table.string('mode', 16).notNullable()
    table.integer('percent').nullable()
    table.text('departments').nullable()
  })

  await createTable(knex, 'entry_testers', (table) => {
    table.string('user_mark', 64).primary()
    table.text('user_id_sealed').notNullable()
  })
}

export const down = noWayBack
