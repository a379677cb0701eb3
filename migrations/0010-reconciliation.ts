import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * `reconciliation_runs`: one row a run that came to its end. `reconciliation_breaks`: one row a
 * matter, whatever run sees it; `reconciliation_break_events`: what became of it, run by run.
 */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'reconciliation_runs', (table) => {
    table.string('id', 26).primary()
    table.string('book', 16).notNullable()
    table.string('business_date', 10).notNullable()
    table.bigInteger('at').notNullable()
    table.string('started_by', 64).notNullable()
    table.text('inputs', 'mediumtext').notNullable()
    table.text('tally', 'mediumtext').notNullable()
    table.integer('open_breaks').notNullable()
    table.index(['book', 'business_date', 'at'])
  })

  await createTable(knex, 'reconciliation_breaks', (table) => {
    table.string('break_key', 160).primary()
    table.string('book', 16).notNullable()
    table.string('business_date', 10).notNullable()
    table.integer('version').notNullable()
    table.string('state', 8).notNullable()
    table.bigInteger('opened_at').notNullable()
    table.bigInteger('closed_at').nullable()
    table.text('content', 'mediumtext').notNullable()
    table.index(['book', 'business_date'])
    table.index(['state', 'business_date'])
  })

  await createTable(knex, 'reconciliation_break_events', (table) => {
    table.string('break_key', 160).notNullable()
    table.integer('version').notNullable()
    table.bigInteger('at').notNullable()
    table.string('run_id', 26).notNullable()
    table.string('what', 16).notNullable()
    table.text('content', 'mediumtext').notNullable()
    table.primary(['break_key', 'version'])
  })
}

export const down = noWayBack
