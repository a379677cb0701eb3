/** `npm run forms`: the application forms of Annex A, filled in (SC-F01 to SC-F06). */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import { APPLICATION, FORM_NAMES, type FormName, needsOf, TABLES } from './forms/annex-a.ts'
import { filledApplication } from './forms/application.ts'
import { readHospital, readPersons } from './forms/read-items.ts'
import { readTable } from './parts/read-table.ts'
import { Refused } from './parts/refused.ts'
import { compare } from './forms/settings.ts'
import { emptyHospital, emptyPersons, filledTable, type Given } from './forms/sheet.ts'
import { writePrivately } from './parts/private-file.ts'

const USAGE = {
  command: 'npm run forms',
  help: `用法：npm run forms -- [表号…] --hospital 文件 [--persons 文件] --out 目录
      npm run forms -- template --out 目录

填写《四川省医保移动支付间联模式建设标准》附录A的申请表；不写表号时五份都要：
  A.1  线上身份信息获取接口申请表（.docx，打印盖章）
  A.2  商户基本信息申请表          A.3  测试用例申请表
  A.4  测试用例白名单申请表        A.5  测试人员权限申请表（均为 .xlsx）

  template         写出两份空表：医院资料.xlsx 和 人员名单.xlsx，填好后用于下面两项
  --hospital 文件  医院资料：两列，项目和内容（.xlsx 或 .csv）
  --persons 文件   人员名单：每人一行（.xlsx 或 .csv）；A.3、A.4、A.5 需要
  --out 目录       写到哪里
  --force          覆盖已有的文件
  --json           以 JSON 列出写出的文件
  --help           显示本页

认证号不填时为 CS 加手机号码。有错时逐条指出哪一项、哪一行哪一列，不重复其内容，也不写任何文件。
医院资料的编号与服务的配置（.env 或 ENV_FILE=文件）属同一环境时，会核对是否一致。
写出的文件只有本人可读，含个人信息：不要放进代码目录或共享目录，交出后请删除。

退出码：0 成功，2 用法、资料有误或无法写入。

例：
  npm run forms -- template --out ~/申请
  npm run forms -- --hospital ~/申请/医院资料.xlsx --persons ~/申请/人员名单.xlsx --out ~/申请/附录A
  npm run forms -- A.1 A.2 --hospital ~/申请/医院资料.xlsx --out ~/申请/附录A
  npm run --silent forms -- A.4 --hospital 医院资料.csv --persons 人员名单.csv --out 附录A --json`,
}

interface Written {
  readonly form: string
  readonly file: string
  readonly bytes: Uint8Array
}

interface Wish {
  readonly words: readonly string[]
  readonly out: string
  readonly hospital: string | undefined
  readonly persons: string | undefined
  readonly force: boolean
  readonly json: boolean
}

function readWish(): Wish {
  const { values, words } = readCommandLine(
    USAGE,
    {
      hospital: { type: 'string' },
      persons: { type: 'string' },
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    FORM_NAMES.length,
  )
  const { hospital, persons, out, force, json } = values
  if (!out) return refuse(USAGE, '缺少 --out 目录：申请表写到哪里')
  return { words, out: resolve(out), hospital, persons, force, json }
}

async function templates(): Promise<Written[]> {
  return [
    { form: '医院资料', file: '医院资料.xlsx', bytes: await emptyHospital() },
    { form: '人员名单', file: '人员名单.xlsx', bytes: await emptyPersons() },
  ]
}

function namesIn(words: readonly string[]): FormName[] {
  const asked = words.map((given) => oneOf(USAGE, { option: '表号', given, known: FORM_NAMES }))
  return FORM_NAMES.filter((name) => asked.length === 0 || asked.includes(name))
}

interface Filled {
  readonly forms: readonly Written[]
  /** What was found to be as in the service's settings. */
  readonly same: readonly string[]
}

async function filled({ words, hospital, persons }: Wish): Promise<Filled> {
  const names = namesIn(words)
  const needs = needsOf(names)
  if (!hospital) return refuse(USAGE, '缺少 --hospital 文件：医院资料')
  if (!persons && needs.person.length > 0)
    return refuse(USAGE, '缺少 --persons 文件：A.3、A.4、A.5 需要人员名单')
  const own = readHospital(await readTable(hospital, '医院资料'), needs.hospital)
  const people =
    persons && needs.person.length > 0
      ? readPersons(await readTable(persons, '人员名单'), needs.person)
      : { value: [], problems: [] }
  const { same, different } = compare(own.value, process.env)
  const problems = [...own.problems, ...people.problems, ...different]
  if (problems.length > 0) throw new Refused(problems)
  const given = { hospital: own.value, people: people.value }
  return { forms: await Promise.all(names.map((name) => fill(name, given))), same }
}

async function fill(form: FormName, given: Given): Promise<Written> {
  if (form === 'A.1')
    return { form, file: APPLICATION.file, bytes: await filledApplication(given.hospital) }
  return { form, file: TABLES[form].file, bytes: await filledTable(form, given) }
}

function write(files: readonly Written[], { out, force }: Wish): void {
  const there = files.filter(({ file }) => existsSync(join(out, file)))
  if (there.length > 0 && !force)
    throw new Refused([
      `--out 目录里已有：${there.map(({ file }) => file).join('、')}。没有改动；要覆盖请加 --force`,
    ])
  try {
    for (const { file, bytes } of files) writePrivately(join(out, file), bytes)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw new Refused([`无法写入 --out 目录（${why}）`])
  }
}

async function main(): Promise<void> {
  const wish = readWish()
  const isTemplate = wish.words[0] === 'template' && wish.words.length === 1
  const { forms, same } = isTemplate ? { forms: await templates(), same: [] } : await filled(wish)
  write(forms, wish)
  const files = forms.map(({ form, file }) => ({ form, file: join(wish.out, file) }))
  if (wish.json) return console.log(JSON.stringify({ files, same }, null, 2))
  for (const { form, file } of files) console.log(`${form}  ${file}`)
  if (same.length > 0) console.log(`与服务的配置一致：${same.join('、')}`)
  if (!isTemplate) console.log('含个人信息，只有本人可读；交出后请删除。')
}

try {
  await main()
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.error(error.message)
  process.exitCode = 2
}
