import type { Knex } from 'knex'
import { createTable, noWayBack } from '../src/store/migration.ts'

/**
 * Own money through 人社支付平台. `open_bill_no`: one open payment a bill. `reserved_fen` holds every
 * refund that may still come through, so that no two together exceed what was paid.
 */
export async function up(knex: Knex): Promise<void> {
  await createTable(knex, 'hrss_payments', (table) => {
    table.string('id', 26).primary()
    table.integer('version').notNullable()
    table.string('bill_no', 64).notNullable().index()
    table.string('open_bill_no', 64).nullable().unique()
    table.string('person_mark', 64).notNullable()
    table.string('way', 16).notNullable()
    table.string('order_type', 8).notNullable()
    table.string('state', 24).notNullable()
    table.string('mch_order_id', 32).notNullable().unique()
    table.string('pay_order_id', 20).nullable()
    table.text('sealed', 'mediumtext').notNullable()
    for (const part of ['amount', 'reserved', 'refunded'])
      table.bigInteger(`${part}_fen`).notNullable()
    table.string('write_back', 16).notNullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('expires_at').notNullable()
    table.bigInteger('paid_at').nullable()
    table.bigInteger('told_at').nullable()
    table.bigInteger('asked_at').nullable()
    table.bigInteger('due_at').nullable().index()
    table.string('lease_owner', 64).nullable()
    table.bigInteger('lease_until').nullable()
    table.index(['person_mark', 'state'])
  })

  await createTable(knex, 'hrss_refunds', (table) => {
    table.string('payment_id', 26).notNullable()
    table.string('refund_no', 64).notNullable()
    table.string('number', 32).notNullable().unique()
    table.string('refund_order_id', 20).nullable()
    table.bigInteger('amount_fen').notNullable()
    table.string('reason', 255).notNullable()
    table.string('state', 16).notNullable()
    table.integer('tries').notNullable()
    table.integer('failures').notNullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('due_at').nullable()
    table.bigInteger('returned_at').nullable()
    table.primary(['payment_id', 'refund_no'])
    table.index(['state', 'due_at'])
  })

  await createTable(knex, 'hrss_notices', (table) => {
    table.string('id', 64).primary()
    table.string('payment_id', 26).nullable()
    table.string('mch_order_id', 64).notNullable()
    table.string('pay_order_id', 20).notNullable()
    table.string('status', 16).notNullable()
    table.bigInteger('amount_fen').nullable()
    table.bigInteger('paid_at').nullable()
    table.string('state', 16).notNullable()
    table.bigInteger('received_at').notNullable().index()
    table.bigInteger('ready_at').notNullable()
    table.index(['payment_id', 'state'])
    table.index(['state', 'ready_at'])
  })
}

export const down = noWayBack
