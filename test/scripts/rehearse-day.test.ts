/** A day with an error of each class in each book, reconciled by the commands that finance staff type. */
import { describe, expect, inject, it } from 'vitest'
import { LEAST_PAYMENTS } from '../../scripts/rehearse-day/patients.ts'
import { rehearse } from '../../scripts/rehearse-day/rehearsal.ts'

async function everyErrorIsFound(database: 'sqlite' | 'mysql', serverUrl: string): Promise<void> {
  const wish = { payments: LEAST_PAYMENTS, database, serverUrl, tell: () => {} }
  const { verdicts, strays, problems } = await rehearse(wish)
  const books = Map.groupBy(verdicts, ({ wrong }) => wrong.book)
  const injected = [...books].map(([book, { length }]) => [book, length])
  expect(injected).toEqual([
    ['bank', 10],
    ['his', 8],
    ['insurance', 8],
  ])
  expect(verdicts.filter(({ problem }) => problem !== '')).toEqual([])
  expect([strays, problems]).toEqual([[], []])
}

const title =
  '[SC-C01] [SC-C03] each error of a day is found once, explained, closed where that is safe, and told again byte for byte'

describe('a day of payments and refunds', { timeout: 240_000 }, () => {
  it(`${title}, on SQLite`, () => everyErrorIsFound('sqlite', ''))

  const server = inject('mysqlUrl')
  it.skipIf(server === null)(`${title}, on MySQL`, () => {
    // The server, whatever database the other tests have on it.
    return everyErrorIsFound('mysql', new URL('/', server ?? '').href)
  })
})
