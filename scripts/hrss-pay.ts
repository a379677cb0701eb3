/** `npm run hrss-pay`: 人社支付平台 end to end, the service and the pretend platform in this process. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { z } from 'zod'
import { buildApp } from '../src/app.ts'
import { secureRandom, systemClock } from '../src/clock.ts'
import { readSettings } from '../src/config.ts'
import { createHttp } from '../src/http/server.ts'
import { makeParameters } from '../src/sandbox/parameters.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { runWorker } from '../src/worker/worker.ts'
import { readCommandLine } from './command-line.ts'
import { deskOf, type Desk } from './hrss-pay/desk.ts'
import { freePort } from './matrix/processes.ts'
import { sandboxEnvironment } from './sandbox-environment.ts'

const USAGE = {
  command: 'npm run hrss-pay',
  help: `用法：npm run hrss-pay

  演示人社支付平台（社保卡支付）：服务与模拟平台在本进程内，真实的 HTTP、SM2 签名与 SM4 加密，不动真钱。
  线上、被扫、动态码、静态码两种方式、部分与全额退款、关闭、应答丢失、伪造通知各走一遍。

退出码：0 全部如预期，1 有一项不符，2 用法有误。

例：
  npm run hrss-pay`,
}

async function start() {
  const parameters = makeParameters(Math.random)
  const sandbox = await startSandbox({ parameters, timeScale: 0.01 })
  const port = await freePort(0)
  const publicUrl = `http://127.0.0.1:${port}`
  const settings = readSettings({
    ...sandboxEnvironment(parameters, {
      sandboxUrl: sandbox.url,
      publicUrl,
      databaseUrl: 'sqlite::memory:',
      keyEncryptionKey: randomBytes(16).toString('hex'),
      patientSecret: randomBytes(32).toString('hex'),
    }),
    HRSS_PAY_TYPED_AMOUNTS: 'true',
  })
  const { app, stop } = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  const http = createHttp(app)
  const server = createServer((request, response) => http.emit('request', request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  let stopping = false
  const working = runWorker(app, () => stopping)
  return {
    desk: deskOf({ sandboxUrl: sandbox.url, serviceUrl: publicUrl, parameters }),
    stop: async () => {
      stopping = true
      app.wake()
      await working
      server.closeAllConnections()
      server.close()
      await stop()
      await sandbox.stop()
    },
  }
}

const BALANCE = z.object({ hospitalFen: z.number() })

interface Chapter {
  readonly title: string
  /** @returns what was seen; thrown: what was not as expected */
  readonly tell: (desk: Desk) => Promise<string>
}

const holds = async (desk: Desk, billNo: string): Promise<string> => {
  const { hospitalFen } = BALANCE.parse(await desk.ledger(billNo))
  return `医院账户 ${(hospitalFen / 100).toFixed(2)} 元`
}

const paying = (title: string, way: string): Chapter => ({
  title,
  tell: async (desk) => {
    const { billNo } = await desk.bill('')
    const payment = await desk.open(billNo, way)
    await desk.pay(payment.mchOrderId)
    await desk.becomes(payment.id, 'paid')
    return `${payment.amountFen} 分，通知后已支付，${await holds(desk, billNo)}`
  },
})

const refunding: Chapter = {
  title: '部分退款，再退其余',
  tell: async (desk) => {
    const { billNo } = await desk.bill('')
    const payment = await desk.open(billNo, 'online')
    await desk.pay(payment.mchOrderId)
    await desk.becomes(payment.id, 'paid')
    await desk.refund(payment.id, { refundNo: 'T1', amountFen: 100 })
    await desk.refund(payment.id, { refundNo: 'T2', amountFen: payment.amountFen - 100 })
    await desk.becomes(payment.id, 'refunded')
    return `两笔原路退回，${await holds(desk, billNo)}`
  },
}

const closing: Chapter = {
  title: '患者不付，窗口关闭',
  tell: async (desk) => {
    const { billNo } = await desk.bill('')
    const payment = await desk.open(billNo, 'online')
    await desk.close(payment.id)
    await desk.becomes(payment.id, 'closed')
    return '查询、关闭、再查询后确认已关闭'
  },
}

const losing: Chapter = {
  title: '下单应答丢失（后缀 S20）',
  tell: async (desk) => {
    const { billNo } = await desk.bill('-S20')
    const payment = await desk.open(billNo, 'presented')
    if (payment.status !== 'ordering') throw new Error(`状态 ${payment.status}`)
    const again = await desk.open(billNo, 'presented')
    if (again.id !== payment.id) throw new Error('出现了第二笔订单')
    await desk.pay(payment.mchOrderId)
    await desk.becomes(payment.id, 'paid')
    return '不重下单，通知到达后确认已支付'
  },
}

const forging: Chapter = {
  title: '伪造的通知（后缀 S36）',
  tell: async (desk) => {
    const { billNo } = await desk.bill('-S36')
    const payment = await desk.open(billNo, 'online')
    await desk.pay(payment.mchOrderId)
    const { status } = await desk.look(payment.id)
    if (status !== 'waiting') throw new Error(`状态 ${status}`)
    return '验签不过，不改变状态，等待查询'
  },
}

const typed: Chapter = {
  title: '静态码方式一（患者输入金额）',
  tell: async (desk) => {
    const { mchOrderId } = await desk.typed(880)
    const receipts = await desk.receipts()
    if (!receipts.includes(mchOrderId)) throw new Error('没有登记')
    return '无本院订单，登记为到账 8.80 元'
  },
}

const chosen: Chapter = {
  title: '静态码方式二（患者选择本人未付订单）',
  tell: async (desk) => {
    const bill = await desk.bill('')
    const payment = await desk.open(bill.billNo, 'static')
    await desk.choose(payment.mchOrderId, bill.patient)
    await desk.becomes(payment.id, 'paid')
    return `平台查到并支付 ${payment.amountFen} 分`
  },
}

const CHAPTERS: readonly Chapter[] = [
  paying('线上下单', 'online'),
  paying('被扫（市民码）', 'presented'),
  paying('主扫动态码', 'dynamic'),
  typed,
  chosen,
  refunding,
  closing,
  losing,
  forging,
]

async function main(): Promise<void> {
  readCommandLine(USAGE, {})
  const { desk, stop } = await start()
  console.log('人社支付平台（社保卡支付）演示，沙盒，不动真钱\n')
  for (const { title, tell } of CHAPTERS)
    try {
      console.log(`  ✓ ${title}：${await tell(desk)}`)
    } catch (error) {
      process.exitCode = 1
      console.log(`  ✗ ${title}：${error instanceof Error ? error.message : String(error)}`)
    }
  await stop()
  console.log(process.exitCode === 1 ? '\n有不符之处。' : '\n全部如预期。')
}

await main()
