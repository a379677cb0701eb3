/** `npm run mutation`: changes the rules a little, thousands of times, and lists the changes that no test saw. */
import { setPriority } from 'node:os'
import { Stryker } from '@stryker-mutator/core'
import { oneOf, readCommandLine } from './parts/command-line.ts'

const FOLDERS = ['payment', 'reconciliation'] as const
type Folder = (typeof FOLDERS)[number]

const USAGE = {
  command: 'npm run mutation',
  help: `用法：npm run mutation -- [--folder payment|reconciliation] [--files 式]

  把 src/payment/ 和 src/reconciliation/ 的规则逐处改错（Stryker），每次跑该目录自己的测试；
  没有测试发现的改动列为 survived。明细页在 .data/mutation/。两个目录共需一小时以上。

  --folder F   只跑一个目录
  --files 式   只改这些文件，例如 src/payment/money.ts
  --help       显示本页

退出码：0 两个目录都有 90 % 以上的改动被测试发现，1 没有，2 用法有误。

例：
  npm run mutation -- --folder payment
  npm run mutation -- --files src/payment/money.ts`,
}

/** Least share of changes that a test must see, in percent. */
const LEAST_SCORE = 90

async function scoreOf(folder: Folder, files: string): Promise<number> {
  process.env['MUTATED'] = folder
  const results = await new Stryker({
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutation.config.ts', pool: 'forks', related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    mutate: [files],
    coverageAnalysis: 'perTest',
    // A change in a table at the top of a file needs every test in a fresh process: ten times the time.
    ignoreStatic: true,
    concurrency: 1,
    // Stryker would rewrite tsconfig.json with a compiler interface that TypeScript 7 has no more.
    ignorePatterns: ['.data', 'tsconfig.json'],
    tempDirName: `.data/mutation/${folder}`,
    incremental: true,
    incrementalFile: `.data/mutation/${folder}.incremental.json`,
    jsonReporter: { fileName: `.data/mutation/${folder}.json` },
    htmlReporter: { fileName: `.data/mutation/${folder}.html` },
    reporters: ['clear-text', 'json', 'html'],
    clearTextReporter: { allowColor: false, reportTests: false },
  }).runMutationTest()
  const seen = results.filter(({ status }) => status === 'Killed' || status === 'Timeout').length
  const unseen = results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
  return (100 * seen) / (seen + unseen.length)
}

const { values } = readCommandLine(USAGE, {
  folder: { type: 'string' },
  files: { type: 'string' },
})
const chosen =
  values.folder === undefined
    ? FOLDERS
    : [oneOf(USAGE, { option: '--folder', given: values.folder, known: FOLDERS })]
setPriority(19)
const scores = new Map<Folder, number>()
for (const folder of chosen)
  scores.set(folder, await scoreOf(folder, values.files ?? `src/${folder}/**/*.ts`))
for (const [folder, score] of scores) console.log(`src/${folder}/  ${score.toFixed(1)} %`)
process.exitCode = [...scores.values()].every((score) => score >= LEAST_SCORE) ? 0 : 1
