/** A desk of the hospital as HIS speaks for it: signed requests to the service, a patient's code from the sandbox. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { sm2PrivateKey, sm2Signer } from '../../src/crypto/sm2.ts'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { signRequest } from '../../src/upstreams/signed-request.ts'

export interface Told {
  readonly status: number
  readonly body: Record<string, unknown>
}

export interface Desk {
  readonly ask: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Told>
  /** The patient shows the code; the scanner's decoder gives the ecToken. */
  readonly scan: (billNo: string) => Promise<string>
  /** Fen that the hospital's account holds through this bill. */
  readonly collected: (billNo: string) => Promise<number>
}

const TOKEN = z.object({ token: z.string() })
const LEDGER = z.object({ balances: z.object({ bank: z.number() }) })

export function deskOf(from: {
  readonly serviceUrl: string
  readonly sandboxUrl: string
  readonly parameters: SandboxParameters
}): Desk {
  const { serviceUrl, sandboxUrl, parameters } = from
  const { hisAppId: appId, his, token } = parameters.his
  const sign = sm2Signer(sm2PrivateKey({ hex: his.privateKeyHex }), { encoding: 'raw' })
  return {
    ask: async (method, path, body) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const stamp = { now: Date.now(), nonce: randomBytes(16).toString('hex') }
      const answer = await fetch(serviceUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...signRequest({ method, path, body: text }, { appId, sign }, stamp),
          ...(text !== '' && { 'content-type': 'application/json' }),
        },
        ...(text !== '' && { body: text }),
      })
      return {
        status: answer.status,
        body: z.record(z.string(), z.unknown()).parse(await answer.json()),
      }
    },
    scan: async (billNo) => {
      const answer = await fetch(`${sandboxUrl}/phone/show-code`, {
        method: 'POST',
        body: JSON.stringify({ billNo }),
      })
      return TOKEN.parse(await answer.json()).token
    },
    collected: async (billNo) => {
      const answer = await fetch(`${sandboxUrl}/sandbox/ledger?bill=${billNo}`)
      return LEDGER.parse(await answer.json()).balances.bank
    },
  }
}

export const SHOWN = {
  operator: { id: 'C0101', name: '收费员甲' },
  device: { id: '00-16-3E-00-00-01', ip: '10.20.1.15' },
} as const
