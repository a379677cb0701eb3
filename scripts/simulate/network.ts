/**
 * What lies between the service and the pretend upstreams: the same bytes as on a wire, without a
 * wire. Requests are lost, answers come too late, twice, damaged or not at all, notices by another way.
 */
import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { answerBank, answerMidPlatform, bankCallbacks } from '../../src/http/callbacks.ts'
import { answered, type Reply } from '../../src/http/errors.ts'
import { networks } from '../../src/http/networks.ts'
import type { SandboxReply, SandboxUpstream, World } from '../../src/sandbox/world.ts'
import type { HttpReply, HttpRequest, Send } from '../../src/upstreams/http-client.ts'
import type { Chance } from './chance.ts'
import type { Life } from './life.ts'
import type { Process } from './process.ts'
import type { VirtualTime } from './time.ts'
import type { Weather } from './weather.ts'

export interface Net {
  readonly time: VirtualTime
  readonly chance: Chance
  readonly weather: Weather
  readonly upstreams: readonly SandboxUpstream[]
  readonly process: () => Process | null
  /** A fault that was injected, for the figures and the timeline. */
  readonly fault: (kind: string, about: string) => void
  /** The service has said that this notice is safe. */
  readonly acknowledged: (path: string, body: string) => void
  /** After every request that an upstream has worked on. */
  readonly worked: () => void
}

const UPSTREAM_URL = 'http://127.0.0.1:1'
const SERVICE_URL = 'http://127.0.0.1:2'
export const URLS = { sandboxUrl: UPSTREAM_URL, publicUrl: SERVICE_URL } as const

const HOUR = 3_600_000
const NOTICE_TIMEOUT_MS = 5_000

const isCalm = ({ time, weather }: Net): boolean => time.now() >= weather.calmAt

/** Whether this happens now; each injected fault is counted. */
function strikes(net: Net, kind: keyof Weather, about: string): boolean {
  const probability = net.weather[kind]
  if (typeof probability !== 'number' || probability === 0 || isCalm(net)) return false
  if (!net.chance.hits(probability)) return false
  net.fault(kind, about)
  return true
}

// ---------------------------------------------------------------- the service asks

/** @returns how one process reaches the upstreams. */
export function sendOf(net: Net, life: Life): Send {
  return async (request) => {
    await life.step('send')
    const reply = await life.outlive(exchange(net, request))
    await life.step('answer')
    return reply
  }
}

async function exchange(net: Net, request: HttpRequest): Promise<HttpReply> {
  const { time } = net
  const path = request.url.slice(UPSTREAM_URL.length)
  const about = `${request.method} ${path.split('?')[0] ?? ''}`
  const upstream = net.upstreams.find(({ prefix }) => path.startsWith(`${prefix}/`))
  if (upstream === undefined) throw new Error(`nobody lives at ${path}`)
  if (strikes(net, 'unsent', about)) {
    await time.sleep(20)
    return { kind: 'unsent', cause: 'ECONNREFUSED' }
  }
  const answer = Promise.withResolvers<HttpReply>()
  const timeout = time.at(time.now() + request.timeoutMs, () =>
    answer.resolve({ kind: 'unknown', cause: 'timeout-request' }),
  )
  void carry(net, { request, upstream, path, about }).then((reply) => {
    if (reply !== null) answer.resolve(reply)
  })
  const reply = await answer.promise
  timeout.cancel()
  return reply
}

interface Carried {
  readonly request: HttpRequest
  readonly upstream: SandboxUpstream
  readonly path: string
  readonly about: string
}

/** @returns null when nothing ever comes back. */
async function carry(net: Net, carried: Carried): Promise<HttpReply | null> {
  const { time, chance } = net
  const { request, upstream, about } = carried
  if (isDown(net, upstream.prefix, about) || strikes(net, 'requestLost', about)) return null
  // A connection that its caller has given up brings nothing any more: it arrives in time or never.
  const late = strikes(net, 'slow', about) ? chance.spread(200, request.timeoutMs) : 0
  await time.sleep(Math.min(chance.between(2, 40) + late, request.timeoutMs - 1))
  const reply = await work(net, carried)
  if (strikes(net, 'twice', about)) void again(net, carried)
  if (reply.kind === 'lost') return { kind: 'unknown', cause: 'ECONNRESET' }
  if (reply.delayMs) await time.sleep(reply.delayMs)
  if (strikes(net, 'answerLost', about))
    return chance.hits(0.5) ? null : { kind: 'unknown', cause: 'ECONNRESET' }
  const back = strikes(net, 'slow', about) ? chance.spread(200, HOUR) : 0
  await time.sleep(chance.between(2, 40) + back)
  return strikes(net, 'damaged', about) ? damaged(reply, chance) : answerOf(reply)
}

async function work(net: Net, { request, upstream, path }: Carried): Promise<SandboxReply> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const reply = await upstream.handle({
    method: request.method,
    path: path.slice(upstream.prefix.length),
    headers,
    body: Buffer.from(request.body),
  })
  net.worked()
  return reply
}

/** A proxy on the way repeats what it thinks was lost. */
async function again(net: Net, carried: Carried): Promise<void> {
  await net.time.sleep(net.chance.spread(1, 5_000))
  await work(net, carried)
}

function isDown(net: Net, prefix: string, about: string): boolean {
  const now = net.time.now()
  const down = net.weather.outages.some(
    (outage) => outage.at.includes(prefix) && outage.from <= now && now < outage.until,
  )
  if (down) net.fault('outage', about)
  return down
}

type Answer = Extract<SandboxReply, { kind: 'answer' }>

const headOf = (reply: Answer) => ({
  kind: 'answer' as const,
  status: reply.status,
  headers: { 'content-type': reply.contentType, ...reply.headers },
})

const answerOf = (reply: Answer): HttpReply => ({
  ...headOf(reply),
  body: Buffer.from(reply.body),
})

function damaged(reply: Answer, chance: Chance): HttpReply {
  const headers = { 'content-type': 'text/html' }
  if (chance.hits(0.4))
    return { kind: 'answer', status: 502, headers, body: Buffer.from('<html>Bad Gateway</html>') }
  const body = Buffer.from(reply.body)
  const at = chance.between(0, Math.max(1, body.length))
  if (chance.hits(0.5)) return { ...headOf(reply), body: body.subarray(0, at) }
  body[at] = (body[at] ?? 0) ^ (1 << chance.between(0, 7))
  return { ...headOf(reply), body }
}

// ---------------------------------------------------------------- the bank tells

type Message = Parameters<World['post']>[1]
type Acknowledged = Awaited<ReturnType<World['post']>>

const NOBODY: Acknowledged = { status: 0, headers: {}, body: '' }

/** @returns the sandbox's way to the service, which never throws. */
export function postOf(net: Net): World['post'] {
  return async (url, message) => {
    const path = url.slice(SERVICE_URL.length)
    if (strikes(net, 'noticeTwice', path)) void tellLater(net, path, message)
    if (strikes(net, 'noticeLate', path)) {
      void tellLater(net, path, message)
      return NOBODY
    }
    if (strikes(net, 'noticeLost', path)) return NOBODY
    await net.time.sleep(net.chance.between(1, 60))
    const heard = Promise.withResolvers<Acknowledged>()
    const timeout = net.time.at(net.time.now() + NOTICE_TIMEOUT_MS, () => heard.resolve(NOBODY))
    void tell(net, path, message).then(heard.resolve)
    const answer = await heard.promise
    timeout.cancel()
    return strikes(net, 'answerLost', path) ? NOBODY : answer
  }
}

async function tellLater(net: Net, path: string, message: Message): Promise<void> {
  await net.time.sleep(net.chance.spread(5, 3 * HOUR))
  await tell(net, path, message)
}

async function tell(net: Net, path: string, message: Message): Promise<Acknowledged> {
  const process = net.process()
  const reply = await process?.serve((app) => answered(app, () => listen(app, path, message)))
  if (reply && ACCEPTED.test(reply.body)) net.acknowledged(path, message.body)
  return reply ? { status: reply.status, headers: reply.headers, body: reply.body } : NOBODY
}

/** As ICBC and the standard bank want a notice acknowledged that is safe with us. */
const ACCEPTED = /"return_code":"?0\b|"code":"OK"/

const EVERYBODY = networks('CALLBACK_NETWORKS', [])

async function listen(app: Process['app'], path: string, message: Message): Promise<Reply> {
  const request = incoming(message)
  const callback = bankCallbacks(app.bank.profile).find((one) => one.path === path)
  if (callback === undefined) return answerMidPlatform(app, request)
  const { kind } = callback
  return answerBank(app, request, { kind, path, ip: '10.0.0.9', allowed: EVERYBODY })
}

/** What Node would hand over once the head of the request has come. */
function incoming({ headers, body }: Message): IncomingMessage {
  const bytes = Buffer.from(body)
  const request: unknown = Object.assign(Readable.from([bytes]), {
    headers: { ...headers, 'content-length': String(bytes.length) },
    complete: true,
  })
  if (!isIncoming(request)) throw new Error('not a request')
  return request
}

const isIncoming = (request: unknown): request is IncomingMessage =>
  request instanceof Readable && 'headers' in request
