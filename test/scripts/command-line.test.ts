import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ROOT } from '../support/source-files.ts'

const PACKAGE = z.object({ scripts: z.record(z.string(), z.string()) })
const { scripts } = PACKAGE.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))

/** `npm run x` -> the program that it starts; everything else in package.json is not ours. */
const COMMANDS = Object.entries(scripts).flatMap(([name, line]) => {
  const program = /^node .*?(scripts\/[\w-]+\.ts)$/.exec(line)?.[1]
  return program === undefined ? [] : [{ name, program }]
})

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** With nothing of ours in the environment: nothing could be started by mistake. */
function run(program: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const { NODE_COMPILE_CACHE } = process.env
    const options = { env: { NODE_COMPILE_CACHE }, timeout: 15_000 }
    execFile(process.execPath, [join(ROOT, program), ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

it('every command that people type is tried', () => {
  expect(COMMANDS.map(({ name }) => name).toSorted()).toEqual([
    'acceptance',
    'bench',
    'bench:reconcile',
    'breaks',
    'canary',
    'certificates',
    'chaos',
    'day-end',
    'entry',
    'exhaustive',
    'forms',
    'import-insurance',
    'import-parameters',
    'matrix',
    'mutation',
    'one-card-interfaces',
    'race',
    'reconcile',
    'rehearse-day',
    'report',
    'requirements',
    'resolve',
    'sandbox',
    'serve',
    'simulate',
    'simulate:selftest',
    'sm2-key-pair',
    'start',
    'states',
    'upload-settlement-file',
    'work-items',
    'wrap-secret',
  ])
})

describe.each(COMMANDS)('npm run $name', ({ name, program }) => {
  const typed = name === 'start' ? 'npm start' : `npm run ${name}`

  it('refuses an option that it does not know, in a line, with exit code 2', async () => {
    const { code, out, err } = await run(program, '--nonsense')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err.split('\n')[0]).toMatch(/^(no such option|没有这个选项).*--nonsense$/)
    expect(err).toContain(`${typed} -- --help`)
  })

  it('has a help page with examples', async () => {
    const { code, out, err } = await run(program, '--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const [, examples = ''] = out.split(/^(?:Examples|例)[:：]$/m)
    expect(examples).toContain(typed)
  })
})

describe('what is asked for and is not there', () => {
  it.each([
    ['scripts/matrix.ts', ['--only', 'F99'], 'F01'],
    ['scripts/matrix.ts', ['--database', 'oracle'], 'mysql'],
    ['scripts/matrix.ts', ['--bank', 'abc'], 'standard-bank'],
    ['scripts/matrix.ts', ['--system', 'one-cord'], 'one-card'],
    ['scripts/bench.ts', ['--only', 'speed'], 'callback'],
    ['scripts/canary.ts', ['--database', 'oracle'], 'mysql'],
  ])('%s %j names what there is', async (program, args, there) => {
    const { code, err } = await run(program, ...args)
    expect(code).toBe(2)
    expect(err).toContain(args[1])
    expect(err).toContain(there)
  })
})

describe('the words and values of an option', () => {
  it.each([
    ['scripts/matrix.ts', ['--only'], '--only 后面要有值'],
    ['scripts/draw-states.ts', ['--check=yes'], '--check takes no value'],
    ['scripts/serve.ts', ['8080'], 'one word too many: 8080'],
    ['scripts/bench.ts', ['--rounds', 'many'], '--rounds is a whole number'],
    ['scripts/work-items.ts', ['take', 'A', 'B'], '多余的参数：B'],
    ['scripts/entry.ts', ['--mode', 'ajar'], '--mode 没有 ajar；可选：closed、gradual、open'],
    ['scripts/entry.ts', ['--mode', 'gradual'], '--mode gradual 还需要'],
    ['scripts/entry.ts', ['--mode', 'gradual', '--percent', '101'], '--percent 须为 0 到 100'],
    ['scripts/entry.ts', ['--mode', 'open', '--percent', '10'], '--percent 和 --department 只与'],
    ['scripts/entry.ts', ['--mode', 'open', '--add-tester', 'openid-1'], '一次只能给出一个'],
  ])('%s %j is refused', async (program, args, sentence) => {
    const { code, err } = await run(program, ...args)
    expect(code).toBe(2)
    expect(err).toContain(sentence)
  })
})
