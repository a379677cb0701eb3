/** The adapter joined to the pretend HIS, and a settlement of one of its bills. */
import { Secret } from '../../../src/errors.ts'
import { ZERO } from '../../../src/payment/money.ts'
import { createHis } from '../../../src/sandbox/his.ts'
import type { SandboxContext } from '../../../src/sandbox/registry.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { hospitalSystem } from '../../../src/upstreams/his/adapter.ts'
import { hisProtection, type HisProtection } from '../../../src/upstreams/his/transport.ts'
import type { Settlement } from '../../../src/upstreams/upstream.ts'
import {
  flipByte,
  NOW,
  privateKey,
  publicKey,
  sandboxContext,
  seededRandom,
  sendTo,
  watched,
} from '../stub.ts'

function protectionOf(context: SandboxContext): HisProtection {
  const { his } = context.parameters
  return hisProtection({
    appId: his.appId,
    theirAppId: his.hisAppId,
    privateKey: privateKey(his.hospital),
    theirKeys: [publicKey(his.his)],
    fieldKey: new Secret(Buffer.from(his.sm4KeyHex, 'hex')),
  })
}

export function build(
  send: Send,
  context = sandboxContext(),
  protection: HisProtection = protectionOf(context),
) {
  const watch = watched(send)
  const adapter = hospitalSystem({
    baseUrl: 'http://sandbox/his',
    timeoutMs: 1000,
    token: new Secret(context.parameters.his.token),
    protection,
    send: watch.send,
    recordExchange: watch.recordExchange,
    now: () => NOW,
    random: seededRandom(),
  })
  return { ...watch, adapter }
}

export function real(protection: 'sm2-sm4' | 'bearer' = 'sm2-sm4', flipAt?: number) {
  const context = sandboxContext({ his: { protection } })
  const change = flipAt === undefined ? undefined : flipper(flipAt)
  const send = sendTo(createHis(context), change)
  return build(send, context, protection === 'bearer' ? { kind: 'bearer' } : undefined)
}

const flipper = (at: number) => (reply: Parameters<typeof flipByte>[0]) => flipByte(reply, at)

export const BILL = 'MZ20261120000123-M'

export async function settlementOf(
  his: ReturnType<typeof real>,
  billNo: string,
): Promise<Settlement> {
  const bill = await his.adapter.bill(billNo)
  if (bill.kind !== 'done') throw new Error(bill.kind)
  const { totalFen } = bill.value
  const amounts = {
    totalFen,
    fundFen: totalFen,
    accountFen: ZERO,
    otherFen: ZERO,
    selfPayFen: ZERO,
  }
  return {
    settlementNo: 'ST01',
    billNo,
    orderId: '01JD',
    scenario: 'insurance-only',
    amounts,
    mixTradeNo: 'M1',
    payOrdId: null,
    paidAt: NOW,
  }
}
