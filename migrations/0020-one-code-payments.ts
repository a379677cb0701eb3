import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * 一码付 at the counter: one row a try to pay a bill's own money. `open_bill_no` is the bill while
 * the payment is not over, so that a bill has one at a time; every number is one row's for ever.
 */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'one_code_payments', (table) => {
    table.string('id', 26).primary()
    table.integer('version').notNullable()
    table.string('lease_owner', 32).nullable()
    table.bigInteger('lease_until').nullable()
    table.bigInteger('due_at').nullable().index()
    table.string('bill_no', 64).notNullable().index()
    table.string('open_bill_no', 64).nullable().unique()
    table.string('desk', 64).notNullable()
    table.string('operator_id', 40).notNullable()
    table.string('device_id', 40).notNullable()
    table.string('token_mark', 64).notNullable().index()
    table.text('scan_sealed').nullable()
    table.string('state', 16).notNullable()
    table.string('insurance', 16).notNullable()
    table.bigInteger('self_pay_fen').notNullable()
    table.bigInteger('usable_at').nullable()
    table.string('channel_name', 40).nullable()
    table.string('channel', 32).nullable()
    table.text('account_name_sealed').nullable()
    table.integer('certificate_try').notNullable()
    table.string('serial_no', 64).nullable().unique()
    table.text('certificate_sealed').nullable()
    table.bigInteger('certificate_until').nullable()
    table.string('out_trade_no', 50).nullable().unique()
    table.string('charge_no', 64).nullable()
    table.boolean('is_charge_seen').notNullable()
    table.bigInteger('charged_at').nullable()
    table.integer('asked').notNullable()
    table.text('reason').nullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('paid_at').nullable()
    table.index(['device_id', 'created_at'])
  })
}

export const down = noWayBack
