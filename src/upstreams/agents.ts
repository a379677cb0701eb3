/** How a connection is made: its route, and the TLS that alone is good enough (SC-T01, SC-T03). */
import { Agent as HttpAgent, type AgentOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { rootCertificates } from 'node:tls'

/** How a connection leaves: through an HTTP proxy, or from one of this machine's own addresses. */
export type Route = { readonly proxy: string } | { readonly from: string }

/** What the connections to one counterpart have of their own. */
export interface Line {
  /** PEM certificates trusted beside the public roots, for this counterpart alone. */
  readonly ca?: string | undefined
  /** Absent: as the machine itself would go (SC-O03). */
  readonly route?: Route | undefined
}

export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** Said aloud, so that neither OpenSSL's file nor Node's options on the command line weaken it. */
const TLS_RULES = {
  minVersion: 'TLSv1.2',
  rejectUnauthorized: true,
  ciphers: 'HIGH:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA:@SECLEVEL=2',
} as const

/** Agents of its own for each: a connection vouched for by HIS's authority never serves the bank. */
export function agentsOf({ ca, route }: Line): Agents {
  const options = { keepAlive: true, ...(route && optionsOf(route)) }
  const https = new HttpsAgent({
    ...options,
    ...TLS_RULES,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  })
  return { http: new HttpAgent(options), https }
}

const optionsOf = (route: Route): AgentOptions =>
  'proxy' in route
    ? { proxyEnv: { HTTP_PROXY: route.proxy, HTTPS_PROXY: route.proxy } }
    : { localAddress: route.from }
