/**
 * `npm run simulate:selftest`: does the simulation see anything? Ten faults are planted, one at a
 * time, and each must be found by the rule that is about it.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { type Plant, PLANTS } from './simulate/plants.ts'

const USAGE = {
  command: 'npm run simulate:selftest',
  help: `用法：npm run simulate:selftest [-- --only 名称]

  逐个植入十种错误（只在加载时改写源码，不动文件），每一种都必须被所指的规则发现；另外不植入时必须全部通过。

  --only 名称   只植入这一种
  --help        显示本页

退出码：0 全部被发现，1 有漏网的或不植入也失败，2 用法有误。

例：
  npm run simulate:selftest
  npm run simulate:selftest -- --only no-tail`,
}

const SIMULATE = fileURLToPath(new URL('simulate.ts', import.meta.url))
const PLANTED = new URL('simulate/planted.ts', import.meta.url).href
/** Runs of every weather; a fault that they do not show is one the simulation is blind to. */
const SEED = 1
const ORDERS = 400
const SIZE = 10

interface Found {
  readonly code: number | null
  /** The rules that were broken. */
  readonly rules: readonly string[]
  readonly seconds: number
}

/** Ends with the first run that breaks the rule meant. */
function simulate(plant: Plant | null): Promise<Found> {
  const began = performance.now()
  const planted = plant === null ? [] : ['--import', PLANTED]
  const options = ['--seed', SEED, '--orders', ORDERS, '--size', SIZE, '--shards', 1]
  const meant = plant === null ? [] : ['--weather', plant.weather, '--until', plant.breaks]
  const child = spawn(process.execPath, [...planted, SIMULATE, ...options.map(String), ...meant], {
    env: { ...process.env, ...(plant && { PLANT: plant.name }) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      const rules = said.matchAll(/^ {2}([a-zA-Z][\w ,§]*?): /gm)
      const seconds = (performance.now() - began) / 1_000
      resolve({ code, rules: [...new Set([...rules].map(([, rule = '']) => rule))], seconds })
    })
  })
}

const row = (name: string, told: string, { rules, seconds }: Found): string =>
  `${name.padEnd(26)} ${told}  ${seconds.toFixed(0).padStart(4)} s  ${[...new Set(rules)].slice(0, 3).join('；')}`

async function main(): Promise<void> {
  const { values } = readCommandLine(USAGE, { only: { type: 'string' } })
  const plants = PLANTS.filter(({ name }) => values.only === undefined || name === values.only)
  if (plants.length === 0) refuse(USAGE, `没有这一种：${values.only}`)
  for (const { name, fault } of plants) console.log(`${name.padEnd(26)} ${fault}`)
  console.log(`\n${'植入 planted'.padEnd(24)} 结果 result  用时  违反 violated`)
  const waiting: (Plant | null)[] = values.only === undefined ? [...plants, null] : [...plants]
  let missed = 0
  const next = async (): Promise<void> => {
    for (let plant = waiting.shift(); plant !== undefined; plant = waiting.shift()) {
      const found = await simulate(plant)
      const isFound = plant !== null && found.rules.includes(plant.breaks)
      const isRight = found.code === (plant === null ? 0 : 1) && isFound === (plant !== null)
      if (!isRight) missed += 1
      const seen = isFound ? '发现 found ' : '没有发现 nothing'
      const rules = plant === null ? found.rules : [plant.breaks, ...found.rules]
      console.log(row(plant?.name ?? '（不植入 none）', seen, { ...found, rules }))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, next))
  console.log(missed === 0 ? '\n全部符合预期' : `\n${missed} 项不符合预期`)
  process.exitCode = missed === 0 ? 0 : 1
}

await main()
