/** `npm run one-card-interfaces`: what the one-card platform must be given when interfaces are registered (HN-19). */
import { resolve } from 'node:path'
import { ConfigError, readSettings } from '../src/config.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { interfaceDocument, interfaceTables } from './one-card/interfaces.ts'
import { writePrivately } from './parts/private-file.ts'

const USAGE = {
  command: 'npm run one-card-interfaces',
  help: `用法：npm run one-card-interfaces -- --out 文件.docx

写出社会保障一卡通《服务接口说明表》（DB43/T 第4部分 表1）：本院提供给平台的每个接口一张表。
地址、编号、请求头取自服务的配置，参数取自校验请求的同一份定义。

  --out 文件   写到哪里（.docx）
  --json       以 JSON 输出各表，不写文件
  --help       显示本页

配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。
退出码：0 成功，2 用法或配置有误。

例：
  npm run one-card-interfaces -- --out 接口说明表.docx
  ENV_FILE=.data/sandbox.env npm run --silent one-card-interfaces -- --json`,
}

const { values } = readCommandLine(USAGE, {
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
})
if (!values.out && !values.json) refuse(USAGE, '缺少 --out 文件')
try {
  const settings = readSettings()
  if (settings.ONE_CARD_URL === undefined) refuse(USAGE, '本院未接入一卡通：没有 ONE_CARD_URL')
  if (values.json) console.log(JSON.stringify(interfaceTables(settings), null, 2))
  else {
    const file = resolve(values.out ?? '')
    writePrivately(file, await interfaceDocument(settings))
    console.log(`${interfaceTables(settings).length} 个接口  ${file}`)
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
