/** A desk of HIS in front of the service, and the holder's telephone at the pretend platform. */
import { sm2PrivateKey, sm2Signer } from '../../src/crypto/sm2.ts'
import { nonce } from '../../src/payment/numbers.ts'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { sealField, signRequest } from '../../src/upstreams/signed-request.ts'

export type Told = Readonly<Record<string, unknown>>

export interface Desk {
  /** A signed call of HIS. @returns its status and its answer */
  readonly call: (
    method: 'GET' | 'POST',
    path: string,
    body?: object,
  ) => Promise<{ status: number; told: Told }>
  /** A personal field on HIS's link. */
  readonly seal: (text: string) => string
  readonly phone: (what: string, fields?: object) => Promise<Told>
}

export function deskAt(at: {
  readonly serviceUrl: string
  readonly sandboxUrl: string
  readonly parameters: SandboxParameters
  readonly now: () => number
  readonly random: () => number
}): Desk {
  const { his } = at.parameters
  const key = sm2PrivateKey({ hex: his.his.privateKeyHex })
  const signatory = { appId: his.hisAppId, sign: sm2Signer(key, { encoding: 'raw' }) }
  const fieldKey = Buffer.from(his.sm4KeyHex, 'hex')
  return {
    call: async (method, path, body) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const stamp = { now: at.now(), nonce: nonce(at.random) }
      const signed = signRequest({ method, path, body: text }, signatory, stamp)
      const response = await fetch(at.serviceUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${his.token}`,
          ...(text !== '' && { 'content-type': 'application/json' }),
          ...signed,
        },
        ...(text !== '' && { body: text }),
      })
      return { status: response.status, told: membersOf(await response.json()) }
    },
    seal: (text) => sealField(text, fieldKey, at.random),
    phone: async (what, fields = {}) => {
      const body = JSON.stringify({ serviceUrl: at.serviceUrl, ...fields })
      const response = await fetch(`${at.sandboxUrl}/one-card/phone/${what}`, {
        method: 'POST',
        body,
      })
      return membersOf(await response.json())
    },
  }
}

export const membersOf = (value: unknown): Told =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
