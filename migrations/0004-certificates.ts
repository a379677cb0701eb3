import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * `certificate_checks`: one row a business day, taken by one process, with what it found.
 * `certificate_audits`: one row a signed-off audit; each digest covers the one before (SC-T04).
 */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'certificate_checks', (table) => {
    table.string('business_date', 10).primary()
    table.bigInteger('lease_until').notNullable()
    table.bigInteger('at').nullable()
    table.text('findings', 'mediumtext').nullable()
  })

  await createTable(knex, 'certificate_audits', (table) => {
    table.integer('no').primary()
    table.bigInteger('at').notNullable()
    table.string('operator', 64).notNullable()
    table.string('result', 16).notNullable()
    table.text('findings', 'mediumtext').notNullable()
    table.string('digest', 64).notNullable()
  })
}

export const down = noWayBack
