import { request } from 'node:https'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { agentsOf, type Line } from './agents.ts'
import { type CertificateFacts, factsOf, type Shown } from './certificates.ts'

type Seen = Omit<Extract<Shown, { kind: 'shown' }>, 'fault'>

/**
 * Connects as a call would, by the same route and under the same rules, and says no word. What a
 * call would not believe ends here too, after a look at it; behind a proxy only the reason is seen.
 */
export function showCertificates(
  origin: string,
  { timeoutMs, ...line }: Line & { readonly timeoutMs: number },
): Promise<Shown> {
  const { hostname, port, protocol } = new URL(origin)
  if (protocol === 'http:') return Promise.resolve({ kind: 'plain-http' })
  return new Promise((resolve) => {
    let seen: Seen | null = null
    const asking = request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 443 : port,
      agent: agentsOf(line).https,
      signal: AbortSignal.timeout(timeoutMs),
    })
    asking.once('error', (error) => resolve(ended(seen, error)))
    asking.once('socket', (socket) => {
      if (!(socket instanceof TLSSocket)) return
      const believed = (): void => {
        resolve({ ...seenOn(socket), fault: null })
        asking.destroy()
      }
      if (socket.authorized) return believed()
      // Before Node judges it, and hangs up on what it does not believe.
      socket.prependOnceListener('secure', () => (seen = seenOn(socket)))
      socket.once('secureConnect', believed)
    })
  })
}

function seenOn(socket: TLSSocket): Seen {
  const chain = chainOf(socket.getPeerCertificate(true))
  const { standardName } = socket.getCipher()
  return { kind: 'shown', chain, protocol: socket.getProtocol() ?? '', suite: standardName }
}

/** A root is its own issuer. */
function chainOf(certificate: DetailedPeerCertificate): CertificateFacts[] {
  const { raw, issuerCertificate: issuer } = certificate
  const above = issuer && issuer !== certificate ? chainOf(issuer) : []
  return [factsOf(raw), ...above]
}

const ABOUT_TLS = /^(EPROTO|ERR_SSL|ERR_TLS|CERT_|DEPTH_|SELF_|UNABLE_|HOSTNAME_|INVALID_)/

function ended(seen: Seen | null, error: NodeJS.ErrnoException): Shown {
  const cause = error.name === 'AbortError' ? 'timeout' : (error.code ?? error.name)
  if (seen !== null) return { ...seen, fault: cause }
  return { kind: ABOUT_TLS.test(cause) ? 'refused' : 'unreachable', cause }
}
