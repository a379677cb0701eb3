/** `npm run one-code`: 医保一码付 at a counter, from the scan to the result, against the sandbox. */
import { randomBytes } from 'node:crypto'
import { startService } from '../src/main.ts'
import { COUNTER_MISBEHAVIOURS } from '../src/sandbox/one-code/scenario.ts'
import { makeParameters } from '../src/sandbox/parameters.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { readCommandLine } from './command-line.ts'
import { freePort } from './matrix/processes.ts'
import { type Desk, deskOf, SHOWN } from './one-code/his-desk.ts'
import { sandboxEnvironment } from './sandbox-environment.ts'

const USAGE = {
  command: 'npm run one-code',
  help: `用法：npm run one-code

  启动服务和模拟的地方电子凭证中心、收单机构，在窗口用医保一码付收几张账单的自费部分，打印每张的结果。
  不动真钱。沙盒账单号以 -Y 加两位数字结尾时按下表出错，-YS500243、-YC500319 使查询或取凭据返回该返回码：

${Object.entries(COUNTER_MISBEHAVIOURS)
  .map(([code, means]) => `  ${code}  ${means}`)
  .join('\n')}

退出码：0 结果都符合，1 有一张不符合。

例：
  npm run one-code`,
}

/** What each bill must come to: the status, what the desk does next, and how often money moved. */
const SHOWN_BILLS = [
  ['MY', '先医保后自费', 'paid', 'done'],
  ['LY', '先自费后医保', 'paid', 'settle-insurance'],
  ['SY11', '患者输入密码', 'paid', 'done'],
  ['MY09', '扣款应答丢失', 'paid', 'done'],
  ['MY10', '扣款请求未到达', 'paid', 'done'],
  ['MY22', '凭证中心限流', 'paid', 'done'],
  ['MY01', '患者未开通', 'declined', 'ordinary-payment'],
  ['MYS500243', '返回码 500243', 'declined', 'ordinary-payment'],
  ['MY12', '余额不足', 'declined', 'ordinary-payment'],
  ['MY13', '扣错金额', 'needs-review', 'review'],
] as const

const yuan = (fen: unknown): string => (Number(fen) / 100).toFixed(2)

async function payOne(desk: Desk, billNo: string): Promise<Record<string, unknown>> {
  const token = await desk.scan(billNo)
  const begun = await desk.ask('POST', '/his/one-code-payments', {
    billNo,
    desk: '门诊1号窗',
    token,
    ...SHOWN,
    // A desk may scan only so often a minute.
    device: { ...SHOWN.device, id: billNo.slice(-12) },
  })
  if (begun.status !== 202) return begun.body
  const path = `/his/one-code-payments/${String(begun.body['id'])}?wait=20`
  return (await desk.ask('GET', path)).body
}

async function showAll(desk: Desk): Promise<boolean> {
  let right = true
  for (const [at, [suffix, what, status, next]] of SHOWN_BILLS.entries()) {
    const billNo = `MZ20261121${String(at + 1).padStart(6, '0')}-${suffix}`
    const result = await payOne(desk, billNo)
    const collected = await desk.collected(billNo)
    const due = status === 'paid' ? Number(result['selfPayFen']) : 0
    const moneyIsRight = status === 'needs-review' ? collected > 0 : collected === due
    const isRight = result['status'] === status && result['next'] === next && moneyIsRight
    right &&= isRight
    console.log(`${isRight ? '✓' : '✗'} ${billNo}  ${what}`)
    console.log(
      `    自费 ${yuan(result['selfPayFen'])} 元  收到 ${yuan(collected)} 元  ${String(result['statusText'])}`,
    )
    const reason = result['reason']
    if (typeof reason === 'object' && reason !== null && 'text' in reason)
      console.log(`    ${String(reason.text)}`)
  }
  return right
}

async function main(): Promise<boolean> {
  readCommandLine(USAGE, {})
  const parameters = makeParameters(Math.random)
  const sandbox = await startSandbox({ parameters, timeScale: 0.2 })
  const publicUrl = `http://127.0.0.1:${await freePort(8080)}`
  const service = await startService(
    sandboxEnvironment(parameters, {
      sandboxUrl: sandbox.url,
      publicUrl,
      databaseUrl: 'sqlite::memory:',
      keyEncryptionKey: randomBytes(16).toString('hex'),
      patientSecret: randomBytes(32).toString('hex'),
    }),
  )
  try {
    console.log('医保一码付（沙盒，不动真钱）：扫码、查询状态、取付款凭据、扣款、结果\n')
    return await showAll(deskOf({ serviceUrl: publicUrl, sandboxUrl: sandbox.url, parameters }))
  } finally {
    await service.stop()
    await sandbox.stop()
  }
}

const right = await main()
console.log(right ? '\n全部符合。' : '\n有不符合的。')
process.exitCode = right ? 0 : 1
