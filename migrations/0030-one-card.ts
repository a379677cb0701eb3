import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * What the one-card platform is asked for. A person is `person_mark` alone, a keyed hash of the social
 * security number; no table holds a card number (HN-14).
 */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'one_card_checks', (table) => {
    table.string('id', 26).primary()
    table.string('kind', 16).notNullable()
    table.string('session_hash', 64).notNullable()
    table.string('business_type', 64).notNullable()
    table.string('person_mark', 64).nullable()
    table.string('state', 16).notNullable()
    table.bigInteger('asked_at').nullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('expires_at').notNullable()
  })

  await createTable(knex, 'one_card_queue', (table) => {
    table.string('number', 64).primary()
    table.string('kind', 16).notNullable()
    table.string('person_mark', 64).nullable().index()
    table.text('content_sealed', 'mediumtext').notNullable()
    table.string('content_hash', 64).notNullable()
    table.string('state', 16).notNullable()
    table.text('results', 'mediumtext').nullable()
    table.string('answer', 255).nullable()
    table.integer('tries').notNullable()
    table.bigInteger('due_at').nullable().index()
    table.string('lease_owner', 64).nullable()
    table.bigInteger('lease_until').nullable()
    table.bigInteger('created_at').notNullable()
  })

  await createTable(knex, 'one_card_payments', (table) => {
    table.string('order_no', 26).primary()
    table.string('kind', 16).notNullable()
    table.string('bill_no', 64).notNullable().index()
    table.string('open_bill_no', 64).nullable().unique()
    table.string('person_mark', 64).nullable().index()
    table.bigInteger('amount_fen').notNullable()
    table.text('content_sealed').notNullable()
    table.string('code_hash', 64).nullable().unique()
    table.string('state', 16).notNullable()
    table.string('pay_no', 64).nullable()
    table.text('qr_sealed').nullable()
    table.string('his_write_back', 16).notNullable()
    table.string('answer', 255).nullable()
    table.integer('tries').notNullable()
    table.bigInteger('due_at').nullable().index()
    table.string('lease_owner', 64).nullable()
    table.bigInteger('lease_until').nullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('expires_at').notNullable()
    table.bigInteger('paid_at').nullable()
  })
}

export const down = noWayBack
