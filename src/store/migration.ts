import type { Knex } from 'knex'

/** A table alike in both databases: MySQL compares its texts exactly, as SQLite does. */
export const createTable = (
  knex: Knex,
  name: string,
  build: (table: Knex.CreateTableBuilder) => void,
): Promise<void> =>
  knex.schema.createTable(name, (table) => {
    if (knex.client.config.client === 'mysql2') {
      table.engine('InnoDB')
      table.charset('utf8mb4')
      table.collate('utf8mb4_bin')
    }
    build(table)
  })

export async function noWayBack(): Promise<void> {
  throw new Error('payments are never migrated backwards: restore a backup')
}
