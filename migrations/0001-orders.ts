import type { Knex } from 'knex'

/**
 * Numbers and hashes are `utf8mb4_bin` (exact comparison), times are UTC milliseconds, amounts
 * are integer fen. There is no partial unique index in MySQL: "one open order per bill" is the
 * nullable unique column `open_bill_no`.
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

  await create('orders', (table) => {
    table.string('id', 26).primary()
    table.integer('version').notNullable()
    table.string('bill_no', 64).notNullable().index()
    table.string('open_bill_no', 64).nullable().unique()
    table.string('patient_id', 64).notNullable()
    table.string('business_type', 16).notNullable()
    table.string('channel', 16).notNullable()
    table.string('surface', 16).notNullable()
    table.string('pay_mode', 16).notNullable()
    table.text('user_id_sealed').notNullable()
    table.string('client_ip', 45).notNullable()
    table.string('device_id', 64).notNullable()
    table.string('state', 24).notNullable()
    table.string('scenario', 16).nullable()
    for (const part of ['total', 'fund', 'account', 'other', 'self_pay', 'refunded'])
      table.bigInteger(`${part}_fen`).notNullable()
    table.string('self_pay', 16).notNullable()
    table.string('insurance', 16).notNullable()
    table.string('his_write_back', 16).notNullable()
    table.string('refund_promise', 255).nullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('expires_at').notNullable()
    table.bigInteger('paid_at').nullable()
    table.integer('attempt_no').notNullable()
    table.bigInteger('due_at').nullable().index()
    table.string('lease_owner', 64).nullable().index()
    table.bigInteger('lease_until').nullable()
    table.index(['patient_id', 'id'])
  })

  await create('attempts', (table) => {
    table.string('order_id', 26).notNullable()
    table.integer('no').notNullable()
    table.string('med_org_ord', 20).nullable().unique()
    table.string('pay_ord_id', 64).nullable().index()
    table.string('out_trade_no', 50).nullable().unique()
    table.string('institution_no', 64).nullable().unique()
    table.string('mix_trade_no', 64).nullable().unique()
    table.text('plain').notNullable()
    table.text('sealed').notNullable()
    table.primary(['order_id', 'no'])
  })

  await create('intents', (table) => {
    table.string('effect', 24).notNullable()
    table.string('number', 96).notNullable()
    table.string('order_id', 26).notNullable().index()
    table.integer('attempt_no').notNullable()
    table.string('state', 16).notNullable()
    table.text('request_sealed', 'mediumtext').nullable()
    table.string('answer', 512).nullable()
    table.integer('tries').notNullable()
    table.bigInteger('due_at').nullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('closed_at').nullable()
    table.primary(['effect', 'number'])
  })

  await create('events', (table) => {
    table.string('order_id', 26).notNullable()
    table.integer('version').notNullable()
    table.bigInteger('at').notNullable()
    table.string('what', 64).notNullable()
    table.string('from_state', 24).nullable()
    table.string('to_state', 24).nullable()
    table.text('detail').nullable()
    table.string('trace_id', 32).nullable()
    table.primary(['order_id', 'version'])
  })

  await create('inbox', (table) => {
    table.string('id', 64).primary()
    table.string('source', 32).notNullable()
    table.string('kind', 32).notNullable()
    table.string('order_id', 26).nullable()
    table.string('institution_no', 64).nullable()
    table.string('mix_trade_no', 64).nullable()
    table.text('raw_sealed', 'mediumtext').notNullable()
    table.string('state', 16).notNullable()
    table.bigInteger('received_at').notNullable()
    table.bigInteger('ready_at').notNullable()
    table.bigInteger('applied_at').nullable()
    table.index(['order_id', 'state'])
    table.index(['state', 'ready_at'])
  })

  await create('exchanges', (table) => {
    table.bigIncrements('id')
    table.bigInteger('at').notNullable()
    table.string('upstream', 32).notNullable()
    table.string('call', 48).notNullable()
    table.string('number', 96).notNullable().index()
    table.string('phase', 16).notNullable()
    table.string('status', 64).nullable()
    table.integer('duration_ms').nullable()
    table.text('body', 'mediumtext').notNullable()
    table.string('trace_id', 32).nullable()
  })

  await create('transaction_records', (table) => {
    table.string('order_id', 26).notNullable()
    table.integer('attempt_no').notNullable()
    table.string('business_date', 10).notNullable().index()
    table.text('record').notNullable()
    table.string('state', 16).notNullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('resolved_at').nullable()
    table.primary(['order_id', 'attempt_no'])
  })

  await create('bill_locks', (table) => {
    table.string('bill_no', 64).primary()
    table.string('desk', 64).notNullable()
    table.bigInteger('since').notNullable()
    table.bigInteger('until').notNullable()
  })

  await create('sign_ins', (table) => {
    table.string('operator', 64).notNullable()
    table.string('business_date', 10).notNullable()
    table.string('sign_no', 64).nullable()
    table.string('lease_owner', 64).nullable()
    table.bigInteger('lease_until').nullable()
    table.primary(['operator', 'business_date'])
  })

  await create('auth_states', (table) => {
    table.string('hash', 64).primary()
    table.string('order_id', 26).notNullable()
    table.bigInteger('expires_at').notNullable()
    table.string('used_by', 64).nullable()
  })

  await create('idempotency_keys', (table) => {
    table.string('scope', 64).primary()
    table.string('body_hash', 64).notNullable()
    table.string('lease_owner', 64).nullable()
    table.bigInteger('lease_until').nullable()
    table.integer('status').nullable()
    table.text('answer_sealed', 'mediumtext').nullable()
    table.bigInteger('created_at').notNullable().index()
  })

  await create('nonces', (table) => {
    table.string('hash', 64).primary()
    table.bigInteger('expires_at').notNullable().index()
  })

  await create('work_items', (table) => {
    table.string('id', 26).primary()
    table.string('subject', 96).notNullable()
    table.string('kind', 32).notNullable()
    table.string('order_id', 26).nullable().index()
    table.string('sentence', 512).notNullable()
    table.string('actions', 255).notNullable()
    table.string('owner', 64).nullable()
    table.string('state', 16).notNullable()
    table.text('history').notNullable()
    table.bigInteger('created_at').notNullable()
    table.bigInteger('resolved_at').nullable()
    table.unique(['subject', 'kind'])
  })

  await create('operators', (table) => {
    table.string('name', 64).primary()
    table.string('key_hash', 255).notNullable()
    table.bigInteger('created_at').notNullable()
  })
}

export async function down(): Promise<void> {
  throw new Error('payments are never migrated backwards: restore a backup')
}
