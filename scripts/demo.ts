/**
 * `npm start`: the service on an SQLite file and the pretend upstreams, each a process of its own
 * with real HTTP and real signatures, and three lines that pay a bill.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { businessDate } from '../src/payment/numbers.ts'
import { readCommandLine } from './parts/command-line.ts'
import { patientToken } from './matrix/patient.ts'
import { freePort, run } from './parts/processes.ts'
import { writePrivately } from './parts/private-file.ts'
import { sandboxEnvironment } from './parts/sandbox-environment.ts'
import { type SandboxKeys, sandboxKeys } from './parts/sandbox-keys.ts'
import { settingsText } from './parts/settings-file.ts'

const USAGE = {
  command: 'npm start',
  help: `用法：npm start

  启动演示：服务（SQLite 文件）和模拟上游各是一个进程，不动真钱；打印三行可粘贴的命令，付清一张账单。
  数据和密钥在 .data 目录，再次启动时沿用；按 Ctrl+C 停止。

例：
  npm start
  rm -r .data && npm start    # 从头开始`,
}

const FOLDER = fileURLToPath(new URL('../.data', import.meta.url))
const KEYS = join(FOLDER, 'demo.json')
const PARAMETERS = join(FOLDER, 'demo-parameters.json')
const DATABASE = join(FOLDER, 'demo.sqlite')
const SETTLEMENT_FILES = join(FOLDER, 'demo-settlement-files')
const SETTINGS = join(FOLDER, 'demo.env')
const OPENID = 'oDemoPatient'
const BILL = z.object({ billNo: z.string(), patientId: z.string(), totalFen: z.number() })

async function startBoth(keys: SandboxKeys) {
  writeFileSync(PARAMETERS, JSON.stringify(keys.parameters), { mode: 0o600 })
  const port = String(await freePort(8090))
  const ports = { bank: await freePort(8091), insurance: await freePort(8092) }
  const sandbox = await run(new URL('matrix/sandbox-process.ts', import.meta.url), {
    arguments: [PARAMETERS, '1', port, 'head-office', String(ports.bank), String(ports.insurance)],
    environment: {},
  })
  const publicUrl = `http://127.0.0.1:${await freePort(8080)}`
  const probePort = String(await freePort(8081))
  const environment = {
    ...sandboxEnvironment(keys.parameters, {
      sandboxUrl: sandbox.url,
      publicUrl,
      databaseUrl: `sqlite:${DATABASE}`,
      keyEncryptionKey: keys.keyEncryptionKey,
      patientSecret: keys.patientSecret,
      settlementFiles: { ports, folder: SETTLEMENT_FILES },
    }),
    PROBE_PORT: probePort,
  }
  writePrivately(SETTINGS, settingsText(environment, 'npm start 写出，每次启动都重写；含密钥'))
  const service = await run(new URL('parts/service-process.ts', import.meta.url), {
    arguments: [],
    environment,
  }).catch(async (error: unknown) => {
    await sandbox.stop()
    throw error
  })
  return { sandbox, service, probeUrl: `http://127.0.0.1:${probePort}` }
}

async function sampleBill(sandboxUrl: string): Promise<z.infer<typeof BILL>> {
  const answer = await fetch(`${sandboxUrl}/sandbox/bills`, {
    method: 'POST',
    body: JSON.stringify({ businessType: 'consultation' }),
  })
  return BILL.parse(await answer.json())
}

const member = (name: string): string => `sed 's/.*"${name}":"\\([^"]*\\)".*/\\1/'`

/** For any `sh` with curl and sed; what one line learns, the next one uses. */
function threeLines(from: {
  url: string
  sandboxUrl: string
  billNo: string
  token: string
}): string[] {
  const { url, sandboxUrl, billNo, token } = from
  const json = `-H 'content-type: application/json'`
  const wish = `{"billNo":"${billNo}","channel":"wechat","surface":"mini-program","payMode":"insurance"}`
  const authorise = `"{\\"billNo\\":\\"${billNo}\\",\\"openid\\":\\"${OPENID}\\",\\"jump\\":$JUMP}"`
  const settle = `"{\\"state\\":\\"$STATE\\",\\"authCode\\":\\"$CODE\\"}"`
  return [
    [
      `AUTH='authorization: Bearer ${token}'`,
      `ID=$(curl -s ${url}/api/orders -H "$AUTH" ${json} -d '${wish}' | ${member('id')})`,
      `ORDER=${url}/api/orders/$ID`,
      `curl -s $ORDER -H "$AUTH"`,
    ],
    [
      `JUMP=$(curl -s -X POST $ORDER/authorization -H "$AUTH")`,
      `STATE=$(printf %s "$JUMP" | ${member('state')})`,
      `CODE=$(curl -s ${sandboxUrl}/phone/authorise -d ${authorise} | ${member('authCode')})`,
      `curl -s $ORDER/pre-settlement -H "$AUTH" ${json} -d ${settle}`,
    ],
    [
      `CASHIER=$(curl -s -X POST $ORDER/payment -H "$AUTH" | sed 's/.*"cashier":\\({[^}]*}\\).*/\\1/')`,
      `curl -s ${sandboxUrl}/phone/pay -d "$CASHIER"`,
      `curl -s -X POST $ORDER/refresh -H "$AUTH"`,
    ],
  ].map((commands) => `${commands.join('; ')}; echo`)
}

const WHAT = [
  '发起：打开订单',
  '授权并预结算：看到统筹、个人账户、自费各多少',
  '付款并看结果：沙盒里的“手机”输入密码，订单变为 paid',
] as const

async function main(): Promise<void> {
  readCommandLine(USAGE, {})
  const keys = sandboxKeys(KEYS, DATABASE)
  const { sandbox, service, probeUrl } = await startBoth(keys)
  const { billNo, patientId, totalFen } = await sampleBill(sandbox.url)
  const token = await patientToken(keys.patientSecret, { openid: OPENID, patientIds: [patientId] })
  console.log(`\n医保移动支付演示已启动（沙盒，不动真钱）\n`)
  console.log(`  服务        ${service.url}`)
  console.log(`  接口文档    ${service.url}/docs`)
  console.log(`  健康检查    ${probeUrl}/readyz`)
  console.log(
    `  模拟上游    ${sandbox.url}   HIS、微信与支付宝授权、医保核心、中台、清算银行、患者手机`,
  )
  console.log(`  数据库      ${DATABASE}`)
  console.log(`\n患者令牌（12 小时有效）\n  ${token}`)
  console.log(
    `\n账单 ${billNo}，共 ${(totalFen / 100).toFixed(2)} 元。另开一个终端，依次粘贴三行：`,
  )
  const lines = threeLines({ url: service.url, sandboxUrl: sandbox.url, billNo, token })
  for (const [at, line] of lines.entries()) console.log(`\n${at + 1}. ${WHAT[at] ?? ''}\n\n${line}`)
  console.log(`\n钱在哪里：curl -s '${sandbox.url}/sandbox/ledger?bill=${billNo}'`)
  console.log(
    `今天的银行对账文件（不必等到明天）：curl -s ${sandbox.url}/sandbox/settlement-files/issue -d '{"book":"bank","period":"${businessDate(Date.now())}"}'`,
  )
  console.log(`操作命令用演示的配置，例如：ENV_FILE=.data/demo.env npm run work-items`)
  console.log('全部场景与异常：npm run matrix\n\n按 Ctrl+C 停止。')
  let stopping = false
  const stop = async (code: number): Promise<void> => {
    if (stopping) return
    stopping = true
    await Promise.all([service.stop(), sandbox.stop()])
    process.exit(code)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0))
  for (const [name, { ended }] of Object.entries({ 服务: service, 模拟上游: sandbox }))
    void ended.then(() => {
      if (!stopping) console.error(`${name}意外结束，演示停止。`)
      return stop(1)
    })
}

try {
  await main()
} catch (error) {
  const text = error instanceof Error ? error.message : String(error)
  const busy = text.includes('another process serves')
  console.error(busy ? '演示已经在运行（一个 SQLite 文件只服务一个进程）。' : `没能启动：${text}`)
  process.exit(1)
}
