/**
 * A transparent wire between a service and the pretend upstreams that loses one answer: the call
 * arrived and had its effect, the caller never hears of it. Bytes and paths pass unchanged, or the
 * signatures would not hold.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

export interface WireTap {
  readonly url: string
  readonly close: () => Promise<void>
}

export async function startWireTap(options: {
  target: string
  /** Method and path of the call whose answer is lost, the nth of them. */
  lose: RegExp
  nth: number
  /** Runs when the answer has come and before anybody could have heard it. */
  lost: () => void
}): Promise<WireTap> {
  let left = options.nth
  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url}`
    pass(options.target, incoming, (answer) => {
      if (answer === null) return void outgoing.destroy()
      if (!options.lose.test(line) || (left -= 1) !== 0) return forward(answer, outgoing)
      options.lost()
      answer.resume()
      return void outgoing.destroy()
    })
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

function pass(
  target: string,
  incoming: IncomingMessage,
  answered: (answer: IncomingMessage | null) => void,
): void {
  const { method, headers, url } = incoming
  const onward = request(`${target}${url}`, { method, headers, agent: false }, answered)
  onward.on('error', () => answered(null))
  incoming.pipe(onward)
}

function forward(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
  answer.on('error', () => outgoing.destroy())
  answer.pipe(outgoing)
}
