/** A desk of the hospital as HIS speaks for it: signed requests to the service, a patient's code from the sandbox. */
import { z } from 'zod'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { type HisCall, hisCalls } from '../his-calls.ts'

export interface Desk {
  readonly ask: HisCall
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
  return {
    ask: hisCalls(serviceUrl, parameters),
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
