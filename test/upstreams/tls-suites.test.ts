import { execFile } from 'node:child_process'
import { createServer as createTcpServer, type Server } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpReply, httpSend } from '../../src/upstreams/http-client.ts'
import { localhostCertificate } from '../support/certificate.ts'
import { ROOT } from '../support/source-files.ts'

const { key, cert } = localhostCertificate()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function callTo(port: number): Promise<HttpReply> {
  const origin = `https://localhost:${port}`
  const send = httpSend({ allowed: [{ origin, pathPrefix: '/', ca: cert }] })
  return send({ method: 'POST', url: origin, headers: {}, body: 'a=1', timeoutMs: 2_000 })
}

/** What a server of OpenSSL sees of a call: how it ended there, and every byte in clear. */
async function met(options: TlsOptions): Promise<{ reply: HttpReply; heard: string }> {
  let heard = ''
  const server = createTlsServer({ key, cert, ...options }, (socket) => {
    socket.on('data', (data) => {
      heard += data.toString()
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  server.on('tlsClientError', () => {})
  return { reply: await callTo(await portOf(server)), heard }
}

/** RFC 5246 7.4.1.2: version, random, session id, then the list of suites. */
function suitesOf(record: Buffer): number[] {
  const hello = record.subarray(5 + 4)
  const at = 2 + 32 + 1 + (hello[34] ?? 0)
  const bytes = hello.readUInt16BE(at)
  const suites: number[] = []
  for (let i = 0; i < bytes; i += 2) suites.push(hello.readUInt16BE(at + 2 + i))
  return suites
}

async function offered(): Promise<number[]> {
  const suites: number[] = []
  const server = createTcpServer((socket) =>
    socket.once('data', (record) => {
      suites.push(...suitesOf(record))
      socket.destroy()
    }),
  )
  await callTo(await portOf(server))
  return suites
}

/** The registry's numbers of TLS cipher suites (IANA), as far as SC-T03 forbids them. */
const FORBIDDEN = {
  NULL: [0x0000, 0x0001, 0x0002, 0x003b, 0xc001, 0xc006, 0xc00b, 0xc010, 0xc015],
  EXPORT: [0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0017, 0x0019, 0x0062, 0x0064],
  RC4: [0x0004, 0x0005, 0x0018, 0x0020, 0x0024, 0x008a, 0xc002, 0xc007, 0xc00c, 0xc011, 0xc016],
  DES: [0x0009, 0x000c, 0x000f, 0x0012, 0x0015, 0x001a, 0x001e, 0x0022],
  '3DES': [0x000a, 0x000d, 0x0010, 0x0013, 0x0016, 0x001b, 0x001f, 0x0023, 0x008b, 0xc008, 0xc012],
  anonymous: [0x0034, 0x003a, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc018, 0xc019],
} as const

/** A server that takes such a suite whether it was offered or not (RFC 5246 7.4.1.3). */
function choosing(suite: number): Server {
  const body = Buffer.concat([
    Buffer.of(0x03, 0x03),
    Buffer.alloc(32, 7),
    Buffer.of(0, suite >> 8, suite & 0xff, 0),
  ])
  const hello = Buffer.concat([Buffer.of(2, 0, 0, body.length), body])
  const record = Buffer.concat([Buffer.of(22, 3, 3, 0, hello.length), hello])
  return createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(record))
  })
}

describe('[SC-T03] a server that has only what the standard forbids gets nothing', () => {
  it.each(['NULL', 'aNULL'])('%s, as OpenSSL has it', async (name) => {
    const { reply, heard } = await met({ ciphers: `${name}:@SECLEVEL=0`, maxVersion: 'TLSv1.2' })
    expect(reply).toEqual({ kind: 'unsent', cause: 'tls-not-agreed' })
    expect(heard).toBe('')
  })

  it.each(Object.entries(FORBIDDEN))('%s, forced upon us', async (_, suites) => {
    for (const suite of suites) {
      const reply = await callTo(await portOf(choosing(suite)))
      expect([suite, reply.kind]).toEqual([suite, 'unsent'])
    }
  })

  it('and none of it is offered, though what is good enough is', async () => {
    const suites = await offered()
    for (const [name, forbidden] of Object.entries(FORBIDDEN))
      expect([name, suites.filter((suite) => forbidden.some((one) => one === suite))]).toEqual([
        name,
        [],
      ])
    // TLS_AES_128_GCM_SHA256 and TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.
    expect(suites).toEqual(expect.arrayContaining([0x1301, 0xc02b]))
  })
})

it('[SC-T01][SC-T03] options of Node that allow old versions and weak suites change nothing', async () => {
  const options = ['--tls-min-v1.0', '--tls-cipher-list=ALL:NULL:aNULL:@SECLEVEL=0']
  const weak = [{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }, { ciphers: 'NULL' }, {}] as const
  const causes = []
  for (const one of weak) {
    const ciphers = `${'ciphers' in one ? one.ciphers : 'ALL'}:@SECLEVEL=0`
    const server = createTlsServer({ key, cert, maxVersion: 'TLSv1.2', ...one, ciphers })
    server.on('tlsClientError', () => {})
    server.on('secureConnection', (socket) => socket.end('HTTP/1.1 204 No\r\n\r\n'))
    const origin = `https://localhost:${await portOf(server)}`
    const program = `
      import { httpSend } from './src/upstreams/http-client.ts'
      const target = { origin: '${origin}', pathPrefix: '/', ca: process.env.CA }
      const call = { method: 'GET', url: '${origin}', headers: {}, body: '', timeoutMs: 5_000 }
      process.stdout.write((await httpSend({ allowed: [target] })(call)).kind)`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...options, '--input-type=module', '--eval', program],
      { cwd: ROOT, env: { CA: cert } },
    )
    causes.push(stdout)
  }
  expect(causes).toEqual(['unsent', 'unsent', 'answer'])
})

describe('[SC-T01] the version of TLS', () => {
  it('is 1.2 or 1.3, and the same server is spoken to with either', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { reply, heard } = await met({ minVersion: version, maxVersion: version })
      expect([reply.kind, heard.slice(0, 5)]).toEqual(['answer', 'POST '])
    }
  })
})
