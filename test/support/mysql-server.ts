/**
 * The MySQL half of the tests: TEST_DATABASE_URL when set, else a private server on a temporary
 * data directory for the time of one run, else one line that says it was skipped.
 */
import type { TestProject } from 'vitest/node'
import { startOwnMysql } from '../../scripts/chaos/own-mysql.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where tests may create databases of their own; null: the MySQL half is skipped. */
    mysqlUrl: string | null
  }
}

const DATABASE = 'jianlian_test'

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['TEST_DATABASE_URL']
  if (given) {
    project.provide('mysqlUrl', given)
    return undefined
  }
  const server = await startOwnMysql(['--innodb-flush-log-at-trx-commit=2'])
  if (server === null) {
    if (process.env['REQUIRE_MYSQL'] === '1')
      throw new Error('REQUIRE_MYSQL=1, but neither TEST_DATABASE_URL nor mariadbd nor mysqld')
    console.warn('MySQL half skipped: no TEST_DATABASE_URL, no mariadbd or mysqld here')
    project.provide('mysqlUrl', null)
    return undefined
  }
  project.provide('mysqlUrl', `${server.url}/${DATABASE}`)
  return server.stop
}
