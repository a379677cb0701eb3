/** A desk of HIS in front of the service, and the holder's telephone at the pretend platform. */
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { sealField } from '../../src/upstreams/signed-request.ts'
import { hisCalls } from '../his-calls.ts'

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
  const fieldKey = Buffer.from(his.sm4KeyHex, 'hex')
  return {
    call: async (...asked) => {
      const { status, body } = await hisCalls(at.serviceUrl, at.parameters)(...asked)
      return { status, told: body }
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
