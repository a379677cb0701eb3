/** `npm run requirements`: which requirement has which tests, and whether they pass. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { readCommandLine, refuse } from './parts/command-line.ts'
import {
  read,
  type Reading,
  type Report,
  REPORT,
  type Requirement,
  type Test,
} from './requirements/report.ts'

const USAGE = {
  command: 'npm run requirements',
  help: `npm run requirements [-- --tests] [--report FILE]

  Runs the tests and prints each requirement of the areas built so far: whether it holds, how many tests
  name it and in which files. A test that failed is named.

  --tests         names every test
  --report FILE   reads the JSON report of an earlier run of vitest instead of running the tests

Exit code: 0 every requirement has tests and everything passed; 1 one has none, a test failed, a file
could not be loaded, or vitest itself failed; 2 wrong use.

Examples:
  npm run requirements
  npm run requirements -- --tests
  npm test -- --reporter=json --outputFile=report.json; npm run requirements -- --report report.json`,
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TITLES = z.record(z.string(), z.string())

function reportIn(file: string): Report {
  if (!existsSync(file)) return refuse(USAGE, `there is no ${file}`)
  try {
    return REPORT.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return refuse(USAGE, `${file} is not a JSON report of vitest`)
  }
}

/** A run that wrote no report is a failed run without tests. */
function runTests(): { report: Report; failed: boolean } {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-report-'))
  try {
    const file = join(folder, 'report.json')
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const options = ['run', '--reporter=json', `--outputFile=${file}`]
    const { status } = spawnSync(process.execPath, [vitest, ...options], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const report = existsSync(file) ? reportIn(file) : { success: false, testResults: [] }
    return { report, failed: status !== 0 }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const MARKS: Readonly<Record<string, string>> = { passed: '✓', failed: '✗' }

function filesOf(tests: readonly Test[]): string {
  const counts = new Map<string, number>()
  for (const { file } of tests) counts.set(file, (counts.get(file) ?? 0) + 1)
  return [...counts].map(([file, count]) => `${file} (${count})`).join(', ')
}

function print({ id, title, tests, verdict }: Requirement, everyTest: boolean): void {
  const failed = tests.filter(({ status }) => status === 'failed')
  const count = failed.length > 0 ? `${failed.length} of ${tests.length} failed` : `${tests.length}`
  console.log(`${id}  ${verdict}  ${count.padStart(4)}  ${title}`)
  if (!everyTest && tests.length > 0) console.log(`    ${filesOf(tests)}`)
  for (const { file, name, status } of everyTest ? tests : failed)
    console.log(`    ${MARKS[status] ?? '-'} ${file}: ${name}`)
}

function report({ requirements, beyond, problems }: Reading, everyTest: boolean): void {
  for (const requirement of requirements) print(requirement, everyTest)
  const held = requirements.filter(({ verdict }) => verdict === 'pass').length
  console.log(`${held} of ${requirements.length} hold`)
  if (beyond.length > 0) console.log(`named by tests, areas not built yet: ${beyond.join(', ')}`)
  for (const problem of problems) console.log(`PROBLEM ${problem}`)
  if (held < requirements.length || problems.length > 0) process.exitCode = 1
}

const { values } = readCommandLine(USAGE, {
  tests: { type: 'boolean', default: false },
  report: { type: 'string' },
})
const titles = TITLES.parse(
  JSON.parse(readFileSync(new URL('requirements/titles.json', import.meta.url), 'utf8')),
)
const ran =
  values.report === undefined ? runTests() : { report: reportIn(values.report), failed: false }
report(read(ran.report, { titles, root: ROOT }), values.tests)
if (ran.failed && process.exitCode !== 1) {
  console.log('PROBLEM vitest ended with a failure that no test explains')
  process.exitCode = 1
}
