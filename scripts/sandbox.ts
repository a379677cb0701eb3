/**
 * `npm run sandbox`: the pretend upstreams alone, and a file of settings with which `npm run serve`
 * works against them at once.
 */
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '../src/sandbox/server.ts'
import { SUFFIXES } from '../src/sandbox/suffixes.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { writePrivately } from './parts/private-file.ts'
import { sandboxEnvironment } from './parts/sandbox-environment.ts'
import { type SandboxKeys, sandboxKeys } from './parts/sandbox-keys.ts'
import { lookAt, settingsText } from './parts/settings-file.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = join(ROOT, '.data')
const DATABASE = join(FOLDER, 'sandbox.sqlite')
const SERVICE_URL = 'http://127.0.0.1:8080'
const PROBE_PORT = '8081'

const USAGE = {
  command: 'npm run sandbox',
  help: `用法：npm run sandbox -- [选项]

  单独启动模拟上游（HIS、微信与支付宝授权、医保核心、中台、两种清算银行、患者手机），只监听 127.0.0.1，
  不动真钱；
  并写出一份与之相配的配置文件，npm run serve 用它即可启动服务。
  密钥保存在 .data/sandbox.json，下次启动沿用；删掉它就换一套密钥，并清空 .data/sandbox.sqlite，
  配置文件随后要用 --overwrite 重写。两种银行的密钥都在配置文件里，BANK=icbc 或 standard-bank 选用其一。

  --port 端口        模拟上游的端口，缺省 8090；其后两个端口是银行和医保局的 SFTP（对账文件）
  --settings 文件    配置文件写到哪里，缺省 .data/sandbox.env（权限 0600）
  --overwrite        文件已存在且与沙盒不配时，覆盖它；没有这个选项绝不覆盖
  --help             显示本页

退出码：0 正常停止，1 未能启动，2 用法有误。

例：
  npm run sandbox
  npm run sandbox -- --port 8099 --overwrite
  npm run sandbox -- --settings .env`,
}

const OPTIONS = {
  port: { type: 'string', default: '8090' },
  settings: { type: 'string', default: join(FOLDER, 'sandbox.env') },
  overwrite: { type: 'boolean', default: false },
} as const

/** Said to a person as it stands. */
class Refused extends Error {
  override name = 'Refused'
}

function readWish() {
  const { values } = readCommandLine(USAGE, OPTIONS)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_533)
    refuse(USAGE, `--port 是 1 到 65533 的整数，不是 ${values.port}`)
  return { port, file: resolve(ROOT, values.settings), overwrite: values.overwrite }
}

function settingsFor(keys: SandboxKeys, port: number): Record<string, string> {
  return {
    ...sandboxEnvironment(keys.parameters, {
      sandboxUrl: `http://127.0.0.1:${port}`,
      publicUrl: SERVICE_URL,
      databaseUrl: `sqlite:${DATABASE}`,
      keyEncryptionKey: keys.keyEncryptionKey,
      patientSecret: keys.patientSecret,
      settlementFiles: {
        ports: sftpPortsOf(port),
        folder: join(FOLDER, 'sandbox-settlement-files'),
      },
    }),
    LOG_LEVEL: 'info',
    PROBE_PORT,
  }
}

/** Bank and bureau listen beside the rest. */
const sftpPortsOf = (port: number) => ({ bank: port + 1, insurance: port + 2 })

/** What must fit this sandbox; ports, limits and the log belong to whoever edits the file. */
const linksOf = (settings: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).filter(([name]) =>
      /^(HIS|WECHAT|ALIPAY|INSURANCE|MID_PLATFORM|ICBC|STANDARD_BANK|ONE_CODE|COLLECTION|HRSS_PAY|SETTLEMENT_FILES)_/.test(
        name,
      ),
    ),
  )

const PREFIXES =
  'his wechat alipay/gateway.do insurance mid-platform icbc standard-bank one-code collection hrss-pay phone sandbox'

function howToGoOn(sandbox: Sandbox, file: string): void {
  const { url } = sandbox
  const shown = relative(ROOT, file)
  const chosen = shown === '.env' ? '' : `ENV_FILE=${shown} `
  console.log(`沙盒已启动：${url}`)
  for (const prefix of PREFIXES.split(' ')) console.log(`  ${url}/${prefix}`)
  const { hosts } = sandbox
  console.log(
    `  sftp://127.0.0.1:${hosts?.ports.bank}、:${hosts?.ports.insurance}   银行、医保局的对账文件，次日（次月）自动写出`,
  )
  console.log(
    `  立即写出：curl -s ${url}/sandbox/settlement-files/issue -d '{"book":"bank","period":"日期"}'`,
  )
  console.log(`\n配置文件（含密钥，仅供沙盒，权限 0600）：${file}`)
  console.log('另开一个终端：')
  console.log(`  ${chosen}npm run serve         服务 ${SERVICE_URL}，接口文档 ${SERVICE_URL}/docs`)
  console.log(`  curl http://127.0.0.1:${PROBE_PORT}/readyz        服务是否就绪`)
  console.log(`  ${chosen}npm run work-items    待人工处理的事项`)
  console.log('\n账单号后缀决定上游如何表现，例如 MZ20261121000001-MF08：')
  console.log('  I 纯医保   M 混合（缺省）   S 全自费   Fnn 异常：')
  for (const [code, sentence] of SUFFIXES) console.log(`  ${code}  ${sentence}`)
  console.log('  窗口一码付：后缀 Y、Ynn 等，见 src/sandbox/one-code/scenario.ts')
  console.log('\n按 Ctrl+C 停止。')
}

async function main(): Promise<void> {
  const { port, file, overwrite } = readWish()
  const keys = sandboxKeys(join(FOLDER, 'sandbox.json'), DATABASE)
  const settings = settingsFor(keys, port)
  const found = lookAt(file, linksOf(settings))
  if (found === 'other' && !overwrite)
    throw new Refused(
      `${file} 已存在，与这个沙盒不配，没有改动。\n用 --overwrite 覆盖它，或用 --settings 写到别处。`,
    )
  const sandbox = await startSandbox({
    port,
    sftp: sftpPortsOf(port),
    parameters: keys.parameters,
  })
  if (found !== 'same')
    writePrivately(
      file,
      settingsText(settings, `npm run sandbox 写出，只配 ${sandbox.url}；含密钥`),
    )
  howToGoOn(sandbox, file)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      void sandbox.stop().then(() => process.exit(0))
    })
}

function explain(error: unknown): string {
  if (error instanceof Refused) return error.message
  const text = error instanceof Error ? error.message : String(error)
  return text.includes('EADDRINUSE') ? '端口已被占用：用 --port 换一个。' : `没能启动：${text}`
}

try {
  await main()
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}
