/** How HIS protects its link with the hospital: a token, and the signed-request form beside it. */
import { header, json } from './answers.ts'
import type { SandboxContext } from './registry.ts'
import { createSignedLink } from './signed-link.ts'
import type { SandboxReply, SandboxRequest } from './world.ts'

export interface HisLink {
  /** Null when the request is believed, else why not. */
  distrust(request: SandboxRequest): string | null
  sign(request: SandboxRequest, reply: SandboxReply): SandboxReply
  /** Name, idNo, phone: an `sm4:` field; clear under profile `bearer`. */
  conceal(text: string): string
}

export function createHisLink(context: SandboxContext, prefix: string): HisLink {
  const { his } = context.parameters
  const isBearer = context.profiles.his.protection === 'bearer'
  const link = createSignedLink(context, {
    appId: his.hisAppId,
    keys: his.his,
    hospitalAppId: his.appId,
    hospitalKeys: his.hospital,
    sm4KeyHex: his.sm4KeyHex,
  })
  return {
    distrust: (request) => {
      if (header(request, 'authorization') !== `Bearer ${his.token}`) return '令牌不正确'
      return isBearer ? null : link.distrust(request, prefix)
    },
    sign: (request, reply) =>
      isBearer || reply.kind === 'lost' ? reply : link.sign(request, reply),
    conceal: (text) => (isBearer ? text : link.conceal(text)),
  }
}

/** RFC 9457. */
export function problem(status: number, code: string, detail: string): SandboxReply {
  const body = { type: `urn:his:${code}`, title: code, status, detail, code }
  return { ...json(status, body), contentType: 'application/problem+json' }
}
