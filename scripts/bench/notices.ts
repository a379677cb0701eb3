/** Signed and encrypted callbacks, as the pretend bank itself writes them, without sending them. */
import { secureRandom, systemClock } from '../../src/clock.ts'
import { createBank } from '../../src/sandbox/bank/book.ts'
import { resend } from '../../src/sandbox/bank/notices.ts'
import { icbcProtocol } from '../../src/sandbox/icbc/protocol.ts'
import { Ledger } from '../../src/sandbox/ledger.ts'
import { DEFAULT_PROFILES, type SandboxParameters } from '../../src/sandbox/parameters.ts'
import { createRegistry } from '../../src/sandbox/registry.ts'
import type { World } from '../../src/sandbox/world.ts'
import { fastCrypto } from './fast-crypto.ts'
import { bookedOrder } from './standing-orders.ts'

/** `count` distinct notices, in turn about orders number 0 to `orders` - 1, all of them paid. */
export async function writeNotices(
  parameters: SandboxParameters,
  wish: { count: number; orders: number; callbackUrl: string },
): Promise<string[]> {
  const notices: string[] = []
  const bank = createBank({
    world: listeningWorld((body) => notices.push(body)),
    registry: createRegistry(),
    parameters,
    profiles: DEFAULT_PROFILES,
    crypto: fastCrypto(),
  })
  const protocol = icbcProtocol(bank.context)
  const now = bank.context.world.now()
  for (let written = 0; written < wish.count; written += 1) {
    const from = { protocol, now, paid: true, callbackUrl: wish.callbackUrl }
    await resend(bank, bookedOrder(written % wish.orders, from))
  }
  return notices
}

/** Nobody answers there: what would be posted is kept. */
function listeningWorld(heard: (body: string) => void): World {
  const clock = systemClock()
  return {
    now: () => clock.now(),
    sleep: (ms) => clock.sleep(ms),
    random: secureRandom,
    ledger: new Ledger(),
    calls: [],
    timeScale: 1,
    count: () => 0,
    post: async (_url, { body }) => {
      heard(body)
      return { status: 0, headers: {}, body: '' }
    },
  }
}
