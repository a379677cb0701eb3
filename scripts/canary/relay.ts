/** Callbacks, and HIS's calls, pass through here, so that their answers are searched too. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { call, type Stage } from './story.ts'

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await portOf(server)
  server.close()
  return port
}

/** Of one connection alone: the next one has its own. */
const HOP = new Set(['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value !== 'string' || HOP.has(name) ? [] : [[name, value]],
    ),
  )

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

export async function callbackRelay(
  stage: () => Stage,
): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    const relay = async (): Promise<void> => {
      const { method = 'POST' } = request
      const url = `${stage().serviceUrl}${request.url ?? ''}`
      const body = await bodyOf(request)
      const { status, text, contentType } = await call(stage(), url, {
        method,
        headers: headersOf(request),
        ...(method !== 'GET' && { body }),
      })
      response.writeHead(status, { 'content-type': contentType }).end(text)
    }
    relay().catch(() => response.destroy())
  })
  const port = await portOf(server)
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}
