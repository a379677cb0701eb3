/** `npm run upload-settlement-file`: finance staff hand a settlement file over by hand. */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { App } from '../src/app.ts'
import { uploadSettlementFile } from '../src/flows/reconciliation/upload-settlement-file.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import { operatorOf, type Printed, runForOperator } from './parts/operator-command.ts'
import { MOST_BYTES, presented, uploadedInWords } from './settlement-files/words.ts'

const USAGE = {
  command: 'npm run upload-settlement-file',
  help: `用法：npm run upload-settlement-file -- --book 账册 --date 日期 --operator 姓名 文件

  人工交入一份对账文件：对方的 SFTP 不通、文件迟到，或本就没有 SFTP 时使用。
  文件与自动取来的同样核对（格式、笔数、金额合计）；不符的整份隔离，不计入对账。
  对方日后给出同名文件时，以对方的为准。

  --book bank|insurance   清算银行（按日）或医保（按月）
  --date 日期             银行为 2026-11-19，医保为 2026-10
  --operator 姓名         经手人，记入交接记录
  --name 文件名           约定的文件名，文件在本机另有名字时给出

  --json    以 JSON 输出      --help    显示本页

操作员由 npm run work-items -- operator add 姓名 登记；密钥取自环境变量 OPERATOR_KEY，没有时在终端询问。
其余配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。
退出码：0 已接收，1 未接收，2 用法或配置有误。

例：
  npm run upload-settlement-file -- --book bank --date 2026-11-19 --operator 王敏 M001_20261119.txt
  npm run upload-settlement-file -- --book insurance --date 2026-10 --operator 王敏 \\
      --name H51010000001_202610.csv 十月明细.csv`,
}

const BOOKS = ['bank', 'insurance'] as const
const PERIOD = {
  bank: { pattern: /^\d{4}-\d{2}-\d{2}$/, example: '2026-11-19', rest: '' },
  insurance: { pattern: /^\d{4}-\d{2}$/, example: '2026-10', rest: '-01' },
} as const

function readWish() {
  const { values, words } = readCommandLine(
    USAGE,
    {
      book: { type: 'string', default: '' },
      date: { type: 'string', default: '' },
      operator: { type: 'string' },
      name: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
    1,
  )
  const [path] = words
  const { operator, json } = values
  const book = oneOf(USAGE, { option: '--book', given: values.book, known: BOOKS })
  const { pattern, example, rest } = PERIOD[book]
  const date = `${values.date}${rest}`
  if (!pattern.test(values.date) || Number.isNaN(Date.parse(date)))
    refuse(USAGE, `--date 须如 ${example}`)
  if (path === undefined) return refuse(USAGE, '缺少文件')
  return { book, date, operator, json, path, name: values.name ?? basename(path) }
}

type Wish = ReturnType<typeof readWish>

function contentOf({ path }: Wish): Buffer {
  try {
    if (statSync(path).size <= MOST_BYTES) return readFileSync(path)
  } catch {
    return refuse(USAGE, `读不到文件：${path}`)
  }
  return refuse(USAGE, '文件过大')
}

async function run(app: App, wish: Wish, content: Buffer): Promise<Printed> {
  const { book, date, name } = wish
  const operator = await operatorOf(app, wish.operator)
  const file = { date, name, content }
  const uploaded = await uploadSettlementFile(app, { book, operator, file })
  const text = uploadedInWords(uploaded, { book, name, template: templateOf(app, book) })
  return { text, value: presented(uploaded), exitCode: uploaded.kind === 'damaged' ? 1 : 0 }
}

const templateOf = ({ settings }: App, book: Wish['book']): string =>
  (book === 'bank'
    ? settings.SETTLEMENT_FILES_BANK_NAMES
    : settings.SETTLEMENT_FILES_INSURANCE_NAMES) ?? ''

const wish = readWish()
const content = contentOf(wish)
await runForOperator(USAGE, wish, (app) => run(app, wish, content))
