import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Route } from '../../src/upstreams/agents.ts'
import { type AllowedTarget, httpSend } from '../../src/upstreams/http-client.ts'
import { localhostCertificate } from '../support/certificate.ts'

const TLS = localhostCertificate()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return port
}

/** An upstream that answers with the address its caller comes from. */
const upstream = () =>
  portOf(createTlsServer(TLS, (request, response) => response.end(request.socket.remoteAddress)))

/** A proxy that opens tunnels, or refuses to. */
async function proxy(opens = true): Promise<{ address: string; tunnels: string[] }> {
  const tunnels: string[] = []
  const server = createServer()
  server.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '')
    if (!opens) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const onward = connect(Number(new URL(`http://${request.url}`).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [onward, socket]) end.on('error', () => end.destroy())
  })
  return { address: `http://127.0.0.1:${await portOf(server)}`, tunnels }
}

const target = (port: number, route?: Route): AllowedTarget => ({
  origin: `https://localhost:${port}`,
  pathPrefix: '/',
  ca: TLS.cert,
  route,
})

const call = (allowed: readonly AllowedTarget[], port: number) =>
  httpSend({ allowed })({
    method: 'POST',
    url: `https://localhost:${port}/x`,
    headers: {},
    body: 'a=1',
    timeoutMs: 2_000,
  })

describe('[SC-O03] the route of one upstream', () => {
  it('leads through its proxy, and no other upstream goes that way', async () => {
    const [bureau, bank, { address, tunnels }] = [await upstream(), await upstream(), await proxy()]
    const allowed = [target(bureau, { proxy: address }), target(bank)]
    expect(await call(allowed, bureau)).toMatchObject({ kind: 'answer', status: 200 })
    expect(await call(allowed, bank)).toMatchObject({ kind: 'answer', status: 200 })
    expect(tunnels).toEqual([`localhost:${bureau}`])
  })

  it('that its proxy refuses is provably unsent', async () => {
    const [bureau, { address }] = [await upstream(), await proxy(false)]
    const reply = await call([target(bureau, { proxy: address })], bureau)
    expect(reply).toEqual({ kind: 'unsent', cause: 'ERR_PROXY_TUNNEL' })
  })

  it('through a proxy leaves the certificate to be checked here', async () => {
    const [bureau, { address, tunnels }] = [await upstream(), await proxy()]
    const { ca: _none, ...unknown } = target(bureau, { proxy: address })
    expect(await call([unknown], bureau)).toMatchObject({ kind: 'unsent' })
    expect(tunnels).toHaveLength(1)
  })

  it('may begin at one of our own addresses, and one that is not ours is provably unsent', async () => {
    const bureau = await upstream()
    const reply = await call([target(bureau, { from: '127.0.0.7' })], bureau)
    expect(reply).toMatchObject({ kind: 'answer', body: Buffer.from('127.0.0.7') })
    const elsewhere = await call([target(bureau, { from: '192.0.2.1' })], bureau)
    expect(elsewhere).toEqual({ kind: 'unsent', cause: 'EADDRNOTAVAIL' })
  })
})
