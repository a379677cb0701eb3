/** What vitest's JSON report says about each requirement, and what it says went wrong besides. */
import { relative } from 'node:path'
import { z } from 'zod'

/** The part of the report that is read here. */
export const REPORT = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
})
export type Report = z.output<typeof REPORT>

export interface Test {
  readonly file: string
  readonly name: string
  readonly status: string
}

export interface Requirement {
  readonly id: string
  readonly title: string
  readonly tests: readonly Test[]
  /** A skipped test proves nothing. */
  readonly verdict: 'pass' | 'FAIL' | 'NONE'
}

/** `[SC-Q03][SC-Q04]` and `[SC-Q03, SC-Q04]` both name two. */
function idsIn(name: string): Set<string> {
  const brackets = name.match(/\[[^\]]*\]/g) ?? []
  return new Set(
    brackets.flatMap((bracket) => bracket.match(/(?:SC-[A-Z]|YM-|RS-|HN-)\d{2,3}/g) ?? []),
  )
}

function testsOf({ testResults }: Report, root: string): Test[] {
  return testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ fullName: name, status }) => ({
      file: relative(root, path),
      name,
      status,
    })),
  )
}

function verdictOf(tests: readonly Test[]): Requirement['verdict'] {
  if (tests.some(isFailed)) return 'FAIL'
  return tests.some(({ status }) => status === 'passed') ? 'pass' : 'NONE'
}

export interface Reading {
  readonly requirements: readonly Requirement[]
  /** Named by tests, of areas that are not built yet. */
  readonly beyond: readonly string[]
  /** What failed without being a requirement's test: each proves that the run itself is not whole. */
  readonly problems: readonly string[]
}

interface From {
  readonly titles: Readonly<Record<string, string>>
  readonly root: string
}

export function read(report: Report, from: From): Reading {
  const tests = testsOf(report, from.root)
  const requirements = Object.entries(from.titles).map(([id, title]) => {
    const own = tests.filter(({ name }) => idsIn(name).has(id))
    return { id, title, tests: own, verdict: verdictOf(own) }
  })
  const named = new Set(tests.flatMap(({ name }) => [...idsIn(name)]))
  const beyond = [...named].filter((id) => !(id in from.titles)).toSorted()
  return { requirements, beyond, problems: problemsOf(report, from) }
}

const isFailed = ({ status }: { readonly status: string }): boolean => status === 'failed'

function problemsOf(report: Report, { titles, root }: From): string[] {
  const provesOne = ({ name }: Test): boolean => [...idsIn(name)].some((id) => id in titles)
  const failed = testsOf(report, root).filter(isFailed)
  const notRun = report.testResults
    .filter((file) => isFailed(file) && !file.assertionResults.some(isFailed))
    .map(({ name, message }) => `${relative(root, name)} did not run: ${message.split('\n')[0]}`)
  const others = failed
    .filter((test) => !provesOne(test))
    .map(({ file, name }) => `${file} failed: ${name}`)
  const unexplained = !report.success && failed.length + notRun.length === 0
  return [...notRun, ...others, ...(unexplained ? ['vitest says that the run failed'] : [])]
}
