import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * Breaks: what a person did about one, in the same history as what runs saw; `known` is what asking
 * brought. `scheduled_runs`: one row a job and date, which is also the lease of whoever is at it.
 * The index finds the refunds of some days.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('reconciliation_breaks', (table) => {
    table.text('known').nullable()
  })
  await knex.schema.alterTable('reconciliation_break_events', (table) => {
    table.string('operator', 64).nullable()
    table.string('action', 24).nullable()
    table.text('note').nullable()
  })
  await knex.schema.alterTable('intents', (table) => {
    table.index(['effect', 'created_at'])
  })
  await createTable(knex, 'scheduled_runs', (table) => {
    table.string('job', 32).notNullable()
    table.string('business_date', 10).notNullable()
    table.string('state', 8).notNullable()
    table.string('owner', 64).notNullable()
    table.bigInteger('lease_until').notNullable()
    table.bigInteger('due_at').notNullable()
    table.integer('tries').notNullable()
    table.bigInteger('started_at').notNullable()
    table.bigInteger('ended_at').nullable()
    table.text('result', 'mediumtext').nullable()
    table.primary(['job', 'business_date'])
  })
}

export const down = noWayBack
