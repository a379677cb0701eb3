import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * `intents.sent`: how often a request may have left, apart from questions about it.
 * One row a refund. `running_order_id` is the order's id while the refund runs and null after it:
 * unique, so one order has one running refund in both databases (SC-R01).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('intents', (table) => {
    table.integer('sent').notNullable().defaultTo(0)
  })
  await createTable(knex, 'refunds', (table) => {
    table.string('id', 26).primary()
    table.string('refund_no', 64).notNullable().unique()
    table.string('number', 64).notNullable()
    table.string('order_id', 26).notNullable().index()
    table.string('running_order_id', 26).nullable().unique()
    table.integer('version').notNullable()
    table.string('state', 16).notNullable()
    table.text('reason_sealed').notNullable()
    table.string('requested_by', 16).notNullable()
    table.string('requester', 64).notNullable()
    for (const part of ['total', 'fund', 'account', 'other', 'self_pay'])
      table.bigInteger(`${part}_fen`).notNullable()
    table.text('done').notNullable()
    table.string('promise', 255).nullable()
    table.string('bank_refund_no', 64).nullable()
    table.string('refusal', 255).nullable()
    table.bigInteger('created_at').notNullable()
  })
}

export const down = noWayBack
