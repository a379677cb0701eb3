/**
 * The pretend world on one loopback port. The only file of the sandbox with a clock, timers, chance
 * and sockets; everything behind it is handed a `World`.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAlipay } from './alipay.ts'
import type { Bank } from './bank/book.ts'
import { createBank } from './bank/book.ts'
import { createControl } from './control.ts'
import { SM_CRYPTO } from './crypto.ts'
import { createHis } from './his.ts'
import { createHrssPay } from './hrss-pay/hrss-pay.ts'
import { createIcbc } from './icbc/icbc.ts'
import { createInsuranceBaseline } from './insurance-baseline.ts'
import { Ledger } from './ledger.ts'
import { createMidPlatform } from './mid-platform.ts'
import type { SandboxParameters, SandboxProfiles } from './parameters.ts'
import { DEFAULT_PROFILES, makeParameters } from './parameters.ts'
import { createOneCodeCenter } from './one-code/center.ts'
import { createCollection } from './one-code/collection.ts'
import { createOneCard } from './one-card/one-card.ts'
import { createPhone } from './phone.ts'
import type { SandboxContext, SandboxCrypto } from './registry.ts'
import { createRegistry } from './registry.ts'
import { createFileControl } from './settlement-files/control.ts'
import { type SettlementHosts, startSettlementHosts } from './settlement-files/hosts.ts'
import { createShelf, type Shelf } from './settlement-files/shelf.ts'
import { createStandardBank } from './standard-bank/standard-bank.ts'
import { createWechat } from './wechat.ts'
import type { Posted, SandboxReply, SandboxUpstream, World } from './world.ts'

export interface SandboxOptions {
  /** 0 takes a free one. */
  readonly port?: number
  /** Ports of the SFTP hosts with settlement files, 0 takes a free one; without it there are none. */
  readonly sftp?: SettlementHosts['ports']
  readonly parameters?: SandboxParameters
  readonly profiles?: SandboxProfiles
  /** Multiplies every waiting of the sandbox's own; 1 is life, 0.01 a test. */
  readonly timeScale?: number
  readonly crypto?: SandboxCrypto
  readonly now?: () => number
  readonly random?: () => number
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT`; upstreams live below it at /his /wechat /insurance ... */
  readonly url: string
  readonly world: World
  readonly context: SandboxContext
  readonly bank: Bank
  readonly shelf: Shelf
  readonly hosts: SettlementHosts | null
  stop(): Promise<void>
}

const BODY_LIMIT_BYTES = 1_048_576
const CALLBACK_TIMEOUT_MS = 5_000

/** @throws Error in production: it answers like a bank and must never be mistaken for one. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  for (const name of ['ENVIRONMENT', 'NODE_ENV'])
    if (process.env[name]?.toLowerCase() === 'production')
      throw new Error(`${name}=production: the sandbox refuses to start`)
  const timers = new Set<NodeJS.Timeout>()
  const world = createWorld(options, timers)
  const context: SandboxContext = {
    world,
    registry: createRegistry(),
    parameters: options.parameters ?? makeParameters(world.random),
    profiles: options.profiles ?? DEFAULT_PROFILES,
    crypto: options.crypto ?? SM_CRYPTO,
  }
  const bank = createBank(context)
  const shelf = createShelf(bank)
  const hosts = options.sftp ? await startSettlementHosts(bank, shelf, options.sftp) : null
  const upstreams = [createFileControl(shelf, hosts), ...createUpstreams(context, bank)]
  const server = createServer((request, response) => {
    respond({ request, response, upstreams, world }).catch((error: unknown) => {
      console.error('sandbox:', error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000
  const port = await listen(server, options.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    world,
    context,
    bank,
    shelf,
    hosts,
    stop: async () => {
      for (const timer of timers) clearTimeout(timer)
      await hosts?.stop()
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      })
    },
  }
}

/** Every upstream under its prefix; a simulation without sockets may use them directly. */
export function createUpstreams(context: SandboxContext, bank: Bank): SandboxUpstream[] {
  return [
    createHis(context),
    createWechat(context),
    createAlipay(context),
    createInsuranceBaseline(context),
    createMidPlatform(context),
    createIcbc(bank),
    createStandardBank(bank),
    createOneCodeCenter(context),
    createCollection(context),
    createHrssPay(context),
    createOneCard(context),
    createPhone(bank),
    createControl(bank),
  ]
}

function createWorld(options: SandboxOptions, timers: Set<NodeJS.Timeout>): World {
  const counts = new Map<string, number>()
  return {
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    ledger: new Ledger(),
    calls: [],
    timeScale: options.timeScale ?? 1,
    sleep: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          timers.delete(timer)
          resolve()
        }, ms)
        timers.add(timer)
      }),
    post,
    count: (key) => {
      const before = counts.get(key) ?? 0
      counts.set(key, before + 1)
      return before
    },
  }
}

/** Never throws: status 0 is "nobody answered". */
async function post(url: string, { headers, body }: Posted): ReturnType<World['post']> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(CALLBACK_TIMEOUT_MS),
    })
    const { status } = response
    return { status, headers: Object.fromEntries(response.headers), body: await response.text() }
  } catch {
    return { status: 0, headers: {}, body: '' }
  }
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly upstreams: readonly SandboxUpstream[]
  readonly world: World
}

async function respond({ request, response, upstreams, world }: Exchange): Promise<void> {
  const path = request.url ?? '/'
  const body = await read(request)
  if (body === null) {
    response.writeHead(413, { connection: 'close' }).end()
    return
  }
  const upstream = upstreams.find(({ prefix }) => path.startsWith(`${prefix}/`))
  if (upstream === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
    return
  }
  const reply = await upstream.handle({
    method: request.method ?? 'GET',
    path: path.slice(upstream.prefix.length),
    headers: flatten(request.headers),
    body,
  })
  await send(reply, response, world)
}

async function send(reply: SandboxReply, response: ServerResponse, world: World): Promise<void> {
  if (reply.kind === 'lost') {
    response.destroy()
    return
  }
  if (reply.delayMs) await world.sleep(reply.delayMs)
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
    ...reply.headers,
  })
  response.end(reply.body)
}

async function read(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > BODY_LIMIT_BYTES) return null
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function flatten(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value ?? '')]),
  )
}
