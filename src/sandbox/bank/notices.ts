/** Which callbacks are due, how often and until when; how they look is the protocol's matter. */
import { digits } from '../answers.ts'
import type { AckRecord, Bank, CashOrder, MixedOrder } from './book.ts'
import { misbehaviour } from './book.ts'
import { type Legs, legsIfPaid, legsOf } from './legs.ts'

/** "10mins 内…每次发三次": three sends a round, three rounds, all within ten minutes. */
const ROUNDS = 3
const SENDS = 3
const BETWEEN_SENDS_MS = 5_000
const BETWEEN_ROUNDS_MS = 150_000

export interface MixedNotice {
  readonly kind: 'mixed-order'
  readonly messageId: string
  readonly url: string
  readonly mixed: MixedOrder
  readonly legs: Legs
  readonly paidAt: number | null
  /** By a stranger who knows the two numbers and neither key. */
  readonly forged: boolean
}

export interface CashNotice {
  readonly kind: 'self-pay'
  readonly messageId: string
  readonly url: string
  readonly cash: CashOrder
  readonly forged: false
}

export type Notice = MixedNotice | CashNotice

/** What the hospital answered, and why that was not right; empty when it was. */
export interface Delivered {
  readonly status: number
  readonly body: string
  readonly problem: string
}

/** What is due once the patient has entered the password. */
export async function deliver(
  bank: Bank,
  due: { cash: CashOrder | null; mixed: MixedOrder | null },
): Promise<void> {
  const kind = misbehaviour(due.mixed?.billNo ?? due.cash?.billNo ?? '')
  const cash = due.cash === null ? null : cashNotice(bank, due.cash)
  const mixed = due.mixed === null || kind === 'F03' ? null : mixedNotice(bank, due.mixed)
  if (kind === 'F27') {
    for (const notice of [mixed, mixed, cash, cash])
      if (notice) await sendUntilAccepted(bank, notice)
    return
  }
  const later = cash === null ? null : sendUntilAccepted(bank, cash)
  if (kind === 'F04' && mixed !== null)
    await Promise.all(Array.from({ length: 10 }, () => send(bank, mixed)))
  else if (mixed !== null) await sendUntilAccepted(bank, mixed)
  await later
}

/** Sends the mixed result once more, as the bank's staff can: null when there is none to tell. */
export async function resend(bank: Bank, mixed: MixedOrder): Promise<AckRecord | null> {
  const notice = mixedNotice(bank, mixed)
  return notice === null ? null : await send(bank, notice)
}

/** F15: nobody has paid. */
export async function sendForged(bank: Bank, mixed: MixedOrder): Promise<void> {
  const { world } = bank.context
  await send(bank, {
    kind: 'mixed-order',
    messageId: `F${digits(world, 20)}`,
    url: mixed.wish.callbackUrl,
    mixed,
    legs: legsIfPaid(mixed),
    paidAt: world.now(),
    forged: true,
  })
}

function mixedNotice(bank: Bank, mixed: MixedOrder): MixedNotice | null {
  const legs = legsOf(bank, mixed)
  const { tellsOfFailures } = mixed.protocol
  if (legs.overall !== 'success' && !(tellsOfFailures && legs.overall === 'fail')) return null
  return {
    kind: 'mixed-order',
    messageId: `M${digits(bank.context.world, 20)}`,
    url: mixed.wish.callbackUrl,
    mixed,
    legs,
    paidAt: mixed.paidAt,
    forged: false,
  }
}

function cashNotice(bank: Bank, cash: CashOrder): CashNotice | null {
  const failed = cash.protocol.tellsOfFailures && cash.status === 'failed'
  if (cash.callbackUrl === null || (cash.paidAt === null && !failed)) return null
  const messageId = `C${digits(bank.context.world, 20)}`
  return { kind: 'self-pay', messageId, url: cash.callbackUrl, cash, forged: false }
}

async function sendUntilAccepted(bank: Bank, notice: Notice): Promise<void> {
  const { world } = bank.context
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let sent = 0; sent < SENDS; sent += 1) {
      const ack = await send(bank, notice)
      if (ack.accepted) return
      if (sent < SENDS - 1) await world.sleep(BETWEEN_SENDS_MS * world.timeScale)
    }
    if (round < ROUNDS - 1) await world.sleep(BETWEEN_ROUNDS_MS * world.timeScale)
  }
}

async function send(bank: Bank, notice: Notice): Promise<AckRecord> {
  const { kind, messageId, url, forged } = notice
  const order = notice.kind === 'mixed-order' ? notice.mixed : notice.cash
  const number = notice.kind === 'mixed-order' ? notice.mixed.mixTradeNo : notice.cash.orderId
  const delivered = await order.protocol.notify(notice)
  const ack: AckRecord = {
    at: bank.context.world.now(),
    billNo: order.billNo,
    kind,
    number,
    messageId,
    url,
    forged,
    ...delivered,
    accepted: delivered.problem === '',
  }
  bank.acks.push(ack)
  return ack
}
