/** One reconciliation as the service does it: the files are believed, read, matched. */
import { createReadStream } from 'node:fs'
import { ICBC_LIKE } from '../../../src/reconciliation/files/profiles.ts'
import { readFile } from '../../../src/reconciliation/files/read.ts'
import { match } from '../../../src/reconciliation/match.ts'
import type { Row } from '../../../src/reconciliation/row.ts'
import { answerParent } from '../child.ts'
import { DAY, type Files } from './books.ts'
import { createJudge } from './judge.ts'
import { type Outcome, RUN } from './outcome.ts'

/** As the bank's own, but readable to the yardstick too. */
const PROFILE = { ...ICBC_LIKE, charset: 'utf-8' } as const
const SHOWN_EVERY = 500_000

async function run(files: Files): Promise<Outcome> {
  const began = performance.now()
  const judge = createJudge()
  let shown = 0
  async function* rowsOf(path: string): AsyncGenerator<readonly Row[]> {
    const open = (): AsyncIterable<Uint8Array> => createReadStream(path)
    for await (const rows of readFile({ open, date: DAY }, PROFILE)) {
      yield rows
      const before = Math.floor(shown / SHOWN_EVERY)
      shown += rows.length
      if (Math.floor(shown / SHOWN_EVERY) > before) console.log(`  ours: ${shown} rows matched`)
    }
  }
  const books = { bank: rowsOf(files.bank), hospital: rowsOf(files.hospital), date: DAY }
  const tally = await match(books, (one) => {
    judge.see(one.class, (one.hospital ?? one.bank).merchantOrderNo)
  })
  const rows = Object.fromEntries(Object.entries(tally).map(([name, total]) => [name, total.rows]))
  const peakMiB = process.resourceUsage().maxRSS / 1_024
  return { seconds: (performance.now() - began) / 1_000, peakMiB, rows, wrong: judge.wrong() }
}

answerParent('ready', { run: (argument) => run(RUN.parse(argument)) })
