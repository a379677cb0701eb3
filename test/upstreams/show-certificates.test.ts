import { createServer as createHttpServer } from 'node:http'
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { showCertificates } from '../../src/upstreams/show-certificates.ts'
import { localhostCertificate } from '../support/certificate.ts'

const { key, cert } = localhostCertificate()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  return `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
}

/** Every byte that the server of this certificate reads. */
async function tlsServer(options: TlsOptions = {}): Promise<{ origin: string; heard: string[] }> {
  const heard: string[] = []
  const server = createServer({ key, cert, ...options }, (socket) => {
    socket.on('data', (data) => heard.push(data.toString()))
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  return { origin: await listening(server), heard }
}

const look = (origin: string, ca?: string) => showCertificates(origin, { ca, timeoutMs: 2_000 })

describe('[SC-T04] what a server shows', () => {
  it('is its certificate with subject, issuer, hosts, times, key, signature and fingerprint', async () => {
    const { origin, heard } = await tlsServer()
    const shown = await look(origin, cert)
    if (shown.kind !== 'shown') throw new Error(JSON.stringify(shown))
    expect(shown).toMatchObject({ fault: null, protocol: 'TLSv1.3' })
    expect(shown.suite).toMatch(/^TLS_/)
    const [facts] = shown.chain
    expect(shown.chain).toHaveLength(1)
    expect(facts).toMatchObject({
      subject: 'CN=localhost',
      issuer: 'CN=localhost',
      hosts: 'DNS:localhost',
      key: { algorithm: 'EC', bits: 256 },
      signature: 'ecdsa-with-SHA256',
    })
    expect(facts?.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect((facts?.notAfter ?? 0) - (facts?.notBefore ?? 0)).toBe(2 * 86_400_000)
    expect(heard).toEqual([])
  })

  it('is seen also when a call would not believe it, with the reason and without a word said', async () => {
    const { origin, heard } = await tlsServer()
    const shown = await look(origin)
    expect(shown).toMatchObject({ kind: 'shown', fault: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(shown.kind === 'shown' && shown.chain[0]?.subject).toBe('CN=localhost')
    expect(heard).toEqual([])
  })

  it('is seen through a proxy too, and what is wrong with it at least named', async () => {
    const { origin } = await tlsServer()
    const tunnel = createHttpServer()
    tunnel.on('connect', (_request, socket: Socket) => {
      const onward = connect(Number(new URL(origin).port), 'localhost', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      })
      for (const end of [onward, socket]) end.on('error', () => end.destroy())
    })
    const route = { proxy: (await listening(tunnel)).replace('https:', 'http:') }
    const through = (ca?: string) => showCertificates(origin, { ca, route, timeoutMs: 2_000 })
    expect(await through(cert)).toMatchObject({ kind: 'shown', fault: null })
    expect(await through()).toEqual({ kind: 'refused', cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  it('is nothing where no handshake is good enough', async () => {
    const { origin } = await tlsServer({ ciphers: 'NULL:@SECLEVEL=0', maxVersion: 'TLSv1.2' })
    expect(await look(origin, cert)).toMatchObject({
      kind: 'refused',
      cause: expect.stringMatching(/HANDSHAKE_FAILURE/),
    })
  })

  it('is nothing where nobody listens, or nobody answers', async () => {
    const silent = await listening(createTcpServer((socket) => socket.resume()))
    expect(await showCertificates(silent, { timeoutMs: 100 })).toEqual({
      kind: 'unreachable',
      cause: 'timeout',
    })
    const gone = servers.splice(0).at(-1)
    await new Promise((resolve) => gone?.close(resolve))
    expect(await look(silent)).toEqual({ kind: 'unreachable', cause: 'ECONNREFUSED' })
  })

  it('is nothing to look at over plain http', async () => {
    expect(await look('http://127.0.0.1:1')).toEqual({ kind: 'plain-http' })
  })
})
