/** `npm run import-parameters`: the parameters of one environment, from its feedback form (SC-O01). */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError, readKeyEncryptionKey, readSettings } from '../src/config.ts'
import { wrapSecret } from '../src/crypto/keystore.ts'
import { type Sealer, sealer } from '../src/crypto/seal.ts'
import { Secret } from '../src/errors.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import { isSecret, settingsNamed, type Variable } from './parameters/names.ts'
import { writePrivately } from './parts/private-file.ts'
import { readTable, type Row } from './parts/read-table.ts'
import { Refused } from './parts/refused.ts'
import { withValues } from './parts/settings-file.ts'

const ENVIRONMENTS = ['test', 'production'] as const

const USAGE = {
  command: 'npm run import-parameters',
  help: `用法：npm run import-parameters -- --feedback 文件 --environment test|production --into 文件

  把反馈单里的参数写进一个环境的配置文件。每个环境一份文件：测试参数和正式参数从不混放。

  --feedback 文件       两列：参数名和参数值（.xlsx 或 .csv）。参数名可以是反馈单上的叫法
                        （商户号、机构渠道认证编码、orgAppId……）或配置项的名字
  --environment 环境    test 或 production；与配置文件里已有的 ENVIRONMENT 不同时拒绝
  --into 文件           配置文件，没有就新建（权限 0600）；其中别的配置和注释保持不变
  --dry-run             只说明会写什么，不写文件
  --help                显示本页

私钥、密钥、令牌写入前用密钥加密密钥封装（KEY_FILE 或 KEY_ENCRYPTION_KEY，同 npm run wrap-secret）。
写完后按服务启动时的规则检查，列出还缺什么、哪里不对。任何参数值都不会显示出来。

退出码：0 已写入且可以启动，1 已写入但还缺参数，2 用法或反馈单有误，什么也没写。

例：
  npm run import-parameters -- --feedback 测试反馈单.xlsx --environment test --into .env.test
  npm run import-parameters -- --feedback 正式反馈单.xlsx --environment production --into .env`,
}

type Values = Readonly<Record<string, string | undefined>>

function readWish() {
  const { values } = readCommandLine(USAGE, {
    feedback: { type: 'string' },
    environment: { type: 'string' },
    into: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  })
  const { feedback, into } = values
  if (feedback === undefined) return refuse(USAGE, '缺少 --feedback 文件')
  if (into === undefined) return refuse(USAGE, '缺少 --into 文件')
  const given = values.environment ?? ''
  const environment = oneOf(USAGE, { option: '--environment', given, known: ENVIRONMENTS })
  return { feedback, into: resolve(into), environment, dryRun: values['dry-run'] }
}

/** @throws Refused that names every row that cannot be used, and no value. */
function parametersIn(rows: readonly Row[]): Map<Variable, string> {
  const parameters = new Map<Variable, string>()
  const problems: string[] = []
  for (const [at, row] of rows.entries()) {
    const [name, value] = [row[0] ?? '', row[1] ?? null]
    if (name === '' || (at === 0 && /^(参数|项目|名称)/.test(name))) continue
    const wrong = take(parameters, settingsNamed(name), value)
    if (wrong !== null) problems.push(`反馈单第 ${at + 1} 行${wrong}`)
  }
  if (problems.length === 0 && parameters.size === 0) problems.push('反馈单里没有参数')
  if (problems.length > 0) throw new Refused(problems)
  return parameters
}

function take(
  parameters: Map<Variable, string>,
  names: readonly Variable[],
  value: string | null,
): string | null {
  if (names.length === 0) return '的参数名不认识'
  if (value === null) return '的参数值被 Excel 改成了数字或日期，请设为“文本”后重新输入'
  if (value === '') return '没有参数值'
  if (/[\n\r"]/.test(value)) return '的参数值含有换行或引号'
  if (names.some((name) => parameters.has(name) && parameters.get(name) !== value))
    return '与前面的一行给出了不同的值'
  for (const name of names) parameters.set(name, value)
  return null
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function keyOf(before: Values): Sealer {
  const { KEY_FILE, KEY_ENCRYPTION_KEY } = before
  const isThere = (KEY_FILE ?? KEY_ENCRYPTION_KEY) !== undefined
  return sealer(readKeyEncryptionKey(isThere ? before : process.env))
}

/** What the service would say of the file when it starts; nothing when it would start. */
function problemsOf(settings: Values): string[] {
  try {
    readSettings(settings)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}

async function main(): Promise<void> {
  const { feedback, into, environment, dryRun } = readWish()
  const parameters = parametersIn(await readTable(feedback, '反馈单'))
  const text = textOf(into)
  const before: Values = parseEnv(text)
  const was = before['ENVIRONMENT']
  if (was !== undefined && was !== environment)
    throw new Refused([`配置文件属于 ${was}，不能导入 ${environment} 的参数：请另用一个文件`])
  const secret = [...parameters.keys()].filter(isSecret)
  const box = secret.length === 0 ? null : keyOf(before)
  const imported = [...parameters].map(([name, value]) => [
    name,
    box !== null && isSecret(name) ? wrapSecret(new Secret(value), box) : value,
  ])
  const after = withValues(text, { ENVIRONMENT: environment, ...Object.fromEntries(imported) })
  if (!dryRun) writePrivately(into, after)
  const changed = [...parameters.keys()].filter((name) => before[name] !== undefined)
  console.log(`${dryRun ? '将写入' : '已写入'} ${into}：${[...parameters.keys()].join('、')}`)
  if (changed.length > 0) console.log(`其中替换了原有的值：${changed.join('、')}`)
  if (secret.length > 0) console.log(`已封装：${secret.join('、')}`)
  const problems = problemsOf(parseEnv(after))
  if (problems.length === 0) return console.log('检查通过：服务可以用这份配置启动。')
  console.log(`\n还不能启动：\n${problems.map((line) => `  ${line}`).join('\n')}`)
  process.exitCode = 1
}

try {
  await main()
} catch (error) {
  if (!(error instanceof Refused) && !(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
