/**
 * `npm run requirements [-- --report FILE]`: which requirement has how many tests, and whether they
 * pass. Runs the tests, or reads the JSON report of an earlier run. Exit code 1 when one has none or
 * a failing one.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The part of vitest's JSON report that is read here. */
const REPORT = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})

const TITLES = z.record(z.string(), z.string())

interface Tally {
  passed: number
  failed: number
}

function readReport(given: string | undefined): z.output<typeof REPORT> {
  if (given !== undefined) return REPORT.parse(JSON.parse(readFileSync(given, 'utf8')))
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-report-'))
  try {
    const file = join(folder, 'report.json')
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const options = ['run', '--reporter=json', `--outputFile=${file}`]
    spawnSync(process.execPath, [vitest, ...options], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return REPORT.parse(JSON.parse(readFileSync(file, 'utf8')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `[SC-Q03][SC-Q04]` and `[SC-Q03, SC-Q04]` both name two. Skipped tests prove nothing. */
function idsIn(name: string): Set<string> {
  const brackets = name.match(/\[[^\]]*\]/g) ?? []
  return new Set(brackets.flatMap((bracket) => bracket.match(/SC-[A-Z]\d{2}/g) ?? []))
}

function tallyOf(report: z.output<typeof REPORT>): Map<string, Tally> {
  const tallies = new Map<string, Tally>()
  for (const { assertionResults } of report.testResults)
    for (const { fullName, status } of assertionResults)
      for (const id of idsIn(fullName)) {
        const tally = tallies.get(id) ?? { passed: 0, failed: 0 }
        if (status === 'passed') tally.passed += 1
        if (status === 'failed') tally.failed += 1
        tallies.set(id, tally)
      }
  return tallies
}

const { values } = parseArgs({ options: { report: { type: 'string' } } })
const titles = TITLES.parse(
  JSON.parse(readFileSync(new URL('requirements.json', import.meta.url), 'utf8')),
)
const tallies = tallyOf(readReport(values.report))
let unmet = 0
for (const [id, title] of Object.entries(titles)) {
  const { passed, failed } = tallies.get(id) ?? { passed: 0, failed: 0 }
  const word = failed > 0 ? 'FAIL' : passed > 0 ? 'pass' : 'NONE'
  if (word !== 'pass') unmet += 1
  const count = failed > 0 ? `${failed} of ${passed + failed} failed` : `${passed} tests`
  console.log(`${id}  ${word}  ${count.padEnd(16)}  ${title}`)
}
console.log(`${Object.keys(titles).length - unmet} of ${Object.keys(titles).length} hold`)
if (unmet > 0) process.exitCode = 1
