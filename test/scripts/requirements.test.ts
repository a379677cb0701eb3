import { describe, expect, it } from 'vitest'
import { read, REPORT } from '../../scripts/requirements/report.ts'

const titles = { 'SC-P01': 'one', 'SC-P02': 'two' }

type Tests = Record<string, string>

function reading(files: readonly { name: string; status: string; tests: Tests }[], success = true) {
  const testResults = files.map(({ name, status, tests }) => ({
    name: `/repo/${name}`,
    status,
    message: status === 'failed' ? 'Cannot find module\nat some line' : '',
    assertionResults: Object.entries(tests).map(([fullName, at]) => ({ fullName, status: at })),
  }))
  const report = REPORT.parse({ success, testResults })
  return read(report, { titles, root: '/repo' })
}

const fileWith = (tests: Tests, status = 'passed') => ({ name: 'test/a.test.ts', status, tests })

const verdicts = (tests: Tests): string[] =>
  reading([fileWith(tests)]).requirements.map(({ verdict }) => verdict)

describe('a requirement', () => {
  it('passes with one test that passed, however many it shares its name with', () => {
    expect(verdicts({ '[SC-P01][SC-P02] both': 'passed' })).toEqual(['pass', 'pass'])
    expect(verdicts({ '[SC-P01, SC-P02] both': 'passed' })).toEqual(['pass', 'pass'])
  })

  it('fails with one test that failed, and a skipped one proves nothing', () => {
    expect(verdicts({ '[SC-P01] a': 'passed', '[SC-P01] b': 'failed' })).toEqual(['FAIL', 'NONE'])
    expect(verdicts({ '[SC-P01] a': 'skipped', 'SC-P02 without brackets': 'passed' })).toEqual([
      'NONE',
      'NONE',
    ])
  })

  it('comes with its tests, by file and name', () => {
    const [first] = reading([fileWith({ 'a [SC-P01]': 'passed', other: 'passed' })]).requirements
    expect(first?.tests).toEqual([{ file: 'test/a.test.ts', name: 'a [SC-P01]', status: 'passed' }])
  })

  it('that no area lists is told, and is no failure', () => {
    const { beyond, problems } = reading([fileWith({ '[SC-R07] later': 'passed' })])
    expect({ beyond, problems }).toEqual({ beyond: ['SC-R07'], problems: [] })
  })
})

describe('a run that is not whole', () => {
  const held = fileWith({ '[SC-P01] a': 'passed', '[SC-P02] b': 'passed' })

  it('is told when a file could not be loaded', () => {
    const broken = { name: 'test/b.test.ts', status: 'failed', tests: {} }
    const { requirements, problems } = reading([held, broken], false)
    expect(requirements.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
    expect(problems).toEqual(['test/b.test.ts did not run: Cannot find module'])
  })

  it('is told when a test without a requirement failed', () => {
    const failed = fileWith({ '[SC-P01] a': 'passed', 'of no requirement': 'failed' }, 'failed')
    expect(reading([failed], false).problems).toEqual(['test/a.test.ts failed: of no requirement'])
  })

  it('is told when vitest alone knows why', () => {
    expect(reading([held], false).problems).toEqual(['vitest says that the run failed'])
    expect(reading([held]).problems).toEqual([])
  })
})
