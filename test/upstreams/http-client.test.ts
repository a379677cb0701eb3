import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { type HttpReply, httpSend } from '../../src/upstreams/http-client.ts'
import { localhostCertificate } from '../support/certificate.ts'

const servers: Server[] = []
const { key, cert } = localhostCertificate()

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function post(
  listener: RequestListener,
  options: { timeoutMs?: number; maxAnswerBytes?: number } = {},
): Promise<HttpReply> {
  const origin = `http://localhost:${await listening(createServer(listener))}`
  return to(origin, options)
}

function to(
  origin: string,
  options: { timeoutMs?: number; maxAnswerBytes?: number; ca?: string } = {},
): Promise<HttpReply> {
  const { timeoutMs = 2_000, ca, ...rest } = options
  const target = { origin, pathPrefix: '/api/', plainHttp: true, ...(ca && { ca }) }
  const send = httpSend({ allowed: [target], ...rest })
  return send({ method: 'POST', url: `${origin}/api/x`, headers: {}, body: 'a=1', timeoutMs })
}

async function tlsServer(options: object = {}): Promise<{ port: number; seen: () => number }> {
  let requests = 0
  const server = createTlsServer({ key, cert, ...options }, (_request, response) => {
    requests += 1
    response.end('ok')
  })
  server.on('tlsClientError', () => {})
  return { port: await listening(server), seen: () => requests }
}

describe('an answer', () => {
  test('of any status comes back as bytes and is neither followed nor thrown', async () => {
    const reply = await post((request, response) => {
      response.writeHead(302, { location: '/elsewhere', 'X-Odd': 'yes' })
      request.pipe(response)
    })
    expect(reply).toMatchObject({ kind: 'answer', status: 302, body: Buffer.from('a=1') })
    expect(reply).toHaveProperty('headers.x-odd', 'yes')
  })

  test('is not unpacked: what was signed is what was sent', async () => {
    const packed = gzipSync('{}')
    const reply = await post((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)
    })
    expect(reply).toMatchObject({ kind: 'answer', body: packed })
  })

  test('that is too large is unknown', async () => {
    const reply = await post((_, response) => response.end(Buffer.alloc(200_000)), {
      maxAnswerBytes: 100_000,
    })
    expect(reply).toEqual({ kind: 'unknown', cause: 'answer-too-large' })
  })
})

describe('a connection', () => {
  test('is used again and again without anything left on it', async () => {
    const warnings: string[] = []
    const hear = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', hear)
    const ports = new Set<number | undefined>()
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    const origin = `http://localhost:${await listening(server)}`
    const send = httpSend({ allowed: [{ origin, pathPrefix: '/', plainHttp: true }] })
    const call = { method: 'GET', headers: {}, body: '', timeoutMs: 2_000 } as const
    for (let i = 0; i < 20; i += 1) await send({ ...call, url: `${origin}/${i}` })
    process.off('warning', hear)
    expect([ports.size, warnings]).toEqual([1, []])
  })
})

describe('no answer', () => {
  test('within the time is unknown, and the request is sent exactly once', async () => {
    let times = 0
    const reply = await post(() => (times += 1), { timeoutMs: 150 })
    expect([reply, times]).toEqual([{ kind: 'unknown', cause: 'timeout-request' }, 1])
  })

  test('after the server hung up is unknown, and the request is sent exactly once', async () => {
    let times = 0
    const reply = await post((request) => {
      times += 1
      request.socket.destroy()
    })
    expect([reply.kind, times]).toEqual(['unknown', 1])
  })

  test('because nobody listens is provably unsent', async () => {
    const server = createTcpServer()
    const port = await listening(server)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    expect(await to(`http://localhost:${port}`)).toEqual({ kind: 'unsent', cause: 'ECONNREFUSED' })
  })

  test('because the name does not exist is provably unsent', async () => {
    expect((await to('http://no-such-host.invalid')).kind).toBe('unsent')
  })

  test('because the handshake never ended is provably unsent', async () => {
    const sockets: Socket[] = []
    const port = await listening(createTcpServer((socket) => sockets.push(socket)))
    const reply = await to(`https://localhost:${port}`, { timeoutMs: 300 })
    for (const socket of sockets) socket.destroy()
    expect(reply).toEqual({ kind: 'unsent', cause: 'timeout-secureConnect' })
  })
})

describe('TLS [SC-T01]', () => {
  test('a certificate nobody vouches for is refused before a byte of the request left', async () => {
    const { port, seen } = await tlsServer()
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect((await to(`https://localhost:${port}`)).kind).toBe('unsent')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
    expect(seen()).toBe(0)
  })

  test('a certificate of a named authority is taken, for its own name only', async () => {
    const { port } = await tlsServer()
    expect(await to(`https://localhost:${port}`, { ca: cert })).toMatchObject({ status: 200 })
    const other = await to(`https://127.0.0.1:${port}`, { ca: cert })
    expect(['ERR_TLS_CERT_ALTNAME_INVALID', 'ECONNREFUSED']).toContain(
      other.kind === 'unsent' ? other.cause : other.kind,
    )
  })

  test('an authority named for one target vouches for no other, also not over an open connection', async () => {
    const { port, seen } = await tlsServer()
    const origin = `https://localhost:${port}`
    const send = httpSend({
      allowed: [
        { origin, pathPrefix: '/his/', ca: cert },
        { origin, pathPrefix: '/bank/' },
      ],
    })
    const call = { method: 'GET', headers: {}, body: '', timeoutMs: 2_000 } as const
    expect(await send({ ...call, url: `${origin}/his/x` })).toMatchObject({ status: 200 })
    expect((await send({ ...call, url: `${origin}/bank/x` })).kind).toBe('unsent')
    expect(seen()).toBe(1)
  })

  test('a server that speaks less than TLS 1.2 gets nothing', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }
    const { port, seen } = await tlsServer(old)
    const reply = await to(`https://localhost:${port}`, { ca: cert })
    expect([reply.kind, seen()]).toEqual(['unsent', 0])
  })

  test('a connection that is cut in the middle of the handshake is provably unsent', async () => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const reply = await to(`https://localhost:${await listening(server)}`)
    expect(reply).toEqual({ kind: 'unsent', cause: 'ECONNRESET' })
  })

  test('a connection that is cut after the handshake is unknown, also when it was used before', async () => {
    let requests = 0
    const server = createTlsServer({ key, cert }, (request, response) => {
      requests += 1
      if (requests === 1) response.end('ok')
      else request.socket.destroy()
    })
    const origin = `https://localhost:${await listening(server)}`
    const send = httpSend({ allowed: [{ origin, pathPrefix: '/', ca: cert }] })
    const call = { method: 'GET', url: origin, headers: {}, body: '', timeoutMs: 2_000 } as const
    expect((await send(call)).kind).toBe('answer')
    expect((await send(call)).kind).toBe('unknown')
    expect(requests).toBe(2)
  })
})

const build = (origin: string, pathPrefix: string) => () =>
  httpSend({ allowed: [{ origin, pathPrefix }] })

describe('the allow-list [SC-G01]', () => {
  const send = httpSend({
    allowed: [
      { origin: 'https://bank.test', pathPrefix: '/api/' },
      { origin: 'https://wechat.test', path: '/one/call' },
    ],
  })

  test.each([
    'https://bank.test/ui/x',
    'https://bank.test/api/../ui/x',
    'https://bank.test/api/%2e%2e/ui/x',
    'https://bank.test:8443/api/x',
    'https://bank.test.evil.test/api/x',
    'https://bank.test@evil.test/api/x',
    'https://user:word@bank.test/api/x',
    'http://bank.test/api/x',
    'https://wechat.test/one/call/more',
    'https://api.mch.weixin.qq.com/v3/med-ins/orders',
  ])('%s is a bug and is thrown, not sent', async (url) => {
    const request = { method: 'POST', url, headers: {}, body: '', timeoutMs: 100 } as const
    await expect(send(request)).rejects.toThrow('allow-list')
  })

  test('plain http, a path for an origin and an open prefix do not get on the list', () => {
    expect(build('http://bank.test', '/')).toThrow('https only')
    expect(build('https://bank.test/api', '/')).toThrow('not an origin')
    expect(build('https://bank.test', '/api')).toThrow('slash')
  })
})
