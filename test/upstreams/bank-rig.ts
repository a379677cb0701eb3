/** An adapter in front of the strict pretend bank over real HTTP, and a hospital that listens. */
import { createServer } from 'node:http'
import { payMixed } from '../../src/sandbox/bank/payment.ts'
import {
  DEFAULT_PROFILES,
  makeParameters,
  type SandboxParameters,
  type SandboxProfiles,
} from '../../src/sandbox/parameters.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import type { Bank, Notice, RawNotice } from '../../src/upstreams/bank.ts'
import type { Exchange, RecordExchange } from '../../src/upstreams/exchange.ts'
import { type HttpRequest, httpSend, type Send } from '../../src/upstreams/http-client.ts'

export const NOW = Date.parse('2026-11-21T10:00:00+08:00')

/** What an adapter is connected with. */
export interface BankLink {
  readonly parameters: SandboxParameters
  /** Of the sandbox; each bank lives below its own name. */
  readonly url: string
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: () => number
  readonly callbackUrl: Readonly<Record<RawNotice['kind'], string>>
  /** The hospital's application there; null where the bank has not opened it. */
  readonly alipayAppId: string | null
}

export interface Heard {
  readonly raw: RawNotice
  readonly notice: Notice
}

export type Rig = Awaited<ReturnType<typeof startRig>>

export async function startRig(
  connect: (link: BankLink) => Bank,
  profiles: Partial<SandboxProfiles> = {},
  now = () => NOW,
) {
  const parameters = makeParameters(Math.random, { rsa: true, alipay: true })
  const sandbox = await startSandbox({
    parameters,
    profiles: { ...DEFAULT_PROFILES, ...profiles },
    timeScale: 0.001,
    now,
  })
  const heard: Heard[] = []
  const sent: HttpRequest[] = []
  const exchanges: Exchange[] = []
  const stores = { fails: false }
  const hospital = await listen((raw) => {
    const notice = bank.readNotice(raw)
    heard.push({ raw, notice })
    return bank.acknowledge(notice, !stores.fails)
  })
  const send = httpSend({
    allowed: [{ origin: sandbox.url, pathPrefix: '/', plainHttp: true }],
  })
  const link: BankLink = {
    parameters,
    url: sandbox.url,
    send: (request) => {
      sent.push(request)
      return send(request)
    },
    recordExchange: (exchange) => void exchanges.push(exchange),
    now,
    random: Math.random,
    callbackUrl: {
      'mixed-order': `${hospital.url}/public/mixed-order`,
      'self-pay': `${hospital.url}/public/self-pay`,
    },
    alipayAppId: parameters.alipay?.appId ?? null,
  }
  const bank = connect(link)
  return {
    bank,
    sandbox,
    /** Callbacks since the last `forget`, as they came and as they were read. */
    heard,
    sent,
    exchanges,
    /** Whether the hospital says that it could not store what it heard. */
    stores,
    /** The same bank through another wire, or without Alipay. */
    otherwise: (change: Partial<BankLink>) => connect({ ...link, ...change }),
    link,
    forget: () => {
      heard.length = 0
      sent.length = 0
      exchanges.length = 0
    },
    /** The patient enters the password; every callback is delivered. */
    pay: async (institutionNo: string) => {
      const mixed = sandbox.bank.mixedOrders.get(institutionNo)
      if (mixed === undefined) throw new Error('no such mixed order')
      await payMixed(sandbox.bank, mixed)?.delivered
    },
    stop: async () => {
      await sandbox.stop()
      await hospital.stop()
    },
  }
}

async function listen(answer: (raw: RawNotice) => ReturnType<Bank['acknowledge']>) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const kind = request.url?.endsWith('mixed-order') ? 'mixed-order' : 'self-pay'
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      // Behind our proxies the path is another than the one that the bank knows.
      const path = '/whatever/our/proxy/made/of/it'
      const acknowledged = answer({ kind, path, headers, body: Buffer.concat(chunks) })
      response.writeHead(200, {
        'content-type': acknowledged.contentType,
        ...acknowledged.headers,
      })
      response.end(acknowledged.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
