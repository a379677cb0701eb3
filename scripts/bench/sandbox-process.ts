/** `sandbox-process.ts parameters.json`: the pretend upstreams without delay, with the fast crypto. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { icbcProtocol } from '../../src/sandbox/icbc/protocol.ts'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { answerParent, type Commands } from './child.ts'
import { fastCrypto } from './fast-crypto.ts'
import { meterCommands } from './meter.ts'
import { bookedOrder } from './standing-orders.ts'

const BOOK = z.object({ count: z.number() })
const BILLS = z.object({ from: z.number(), count: z.number() })

const [file = ''] = process.argv.slice(2)
const parameters: SandboxParameters = JSON.parse(readFileSync(file, 'utf8'))
const sandbox = await startSandbox({ parameters, timeScale: 0.01, crypto: fastCrypto() })

/** A benchmark's back door: orders and bills come and go without a call on the wire. */
function books({ bank, world, context }: Sandbox): Commands {
  return {
    book: (argument) => {
      const { count } = BOOK.parse(argument)
      const from = {
        protocol: icbcProtocol(context),
        now: world.now(),
        paid: false,
        callbackUrl: sandbox.url,
      }
      for (let at = 0; at < count; at += 1) {
        const mixed = bookedOrder(at, from)
        bank.mixedOrders.set(mixed.wish.institutionNo, mixed)
      }
    },
    /** Every question about a mixed order: the instant at which the bank had read it. */
    questions: () =>
      world.calls.flatMap(({ call, number, at }) =>
        call === 'mixed-query' ? [{ number, at }] : [],
      ),
    bills: (argument) => {
      const { from, count } = BILLS.parse(argument)
      return Array.from({ length: count }, (_, at) => {
        const billNo = `MZ${String(from + at).padStart(12, '0')}-S`
        const { patientId } = addBill(context, { billNo, businessType: 'consultation' })
        return { billNo, patientId }
      })
    },
    /** The sandbox looks for numbers one by one: what is finished must not slow what follows. */
    forget: () => {
      bank.mixedOrders.clear()
      bank.cashOrders.clear()
      bank.acks.length = 0
      context.registry.bills.clear()
      world.calls.length = 0
    },
  }
}

answerParent(sandbox.url, { ...books(sandbox), ...meterCommands() }, () => sandbox.stop())
