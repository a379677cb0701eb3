/**
 * The patient enters the password: self-pay first, insurance only after it (§7 a). Money moves at
 * once and only here; callbacks follow by themselves.
 */
import { beginInsurance, failInsurance, settleInsurance } from '../mid-platform.ts'
import type { Misbehaviour } from '../scenario.ts'
import type { Bank, CashOrder, MixedOrder } from './book.ts'
import { ageCash, misbehaviour, returnByChannel } from './book.ts'
import { deliver } from './notices.ts'

/** The bureau refuses after the cash was taken. */
const INSURANCE_FAILS = new Set<Misbehaviour | null>(['F01', 'F02', 'F21', 'F22', 'F23', 'F40'])
/** F28: how long the insurance stays pending. */
const INSURANCE_PENDING_MS = 20_000

/** @returns null when nothing happened: tried before, or the cash order no longer lives. */
export function payMixed(bank: Bank, mixed: MixedOrder): { delivered: Promise<void> } | null {
  if (mixed.attempted) return null
  const { cash } = mixed
  if (cash !== null && ageCash(bank, cash).status !== 'open') return null
  mixed.attempted = true
  const kind = misbehaviour(mixed.billNo)
  const uninsured = mixed.upload === null
  if (cash !== null && (kind === 'F31' || kind === 'F32')) cash.status = 'failed'
  else if (cash !== null && (kind !== 'F38' || uninsured)) takeCash(bank, cash)
  return insure(bank, mixed, kind)
}

/** A prepay order paid by itself (wx.requestPayment): what a leaked prepay number allows. */
export function payCash(bank: Bank, cash: CashOrder): { delivered: Promise<void> } | null {
  if (ageCash(bank, cash).status !== 'open') return null
  takeCash(bank, cash)
  return { delivered: deliver(bank, { cash, mixed: null }) }
}

function takeCash(bank: Bank, cash: CashOrder): void {
  const { world } = bank.context
  cash.status = 'paid'
  cash.paidAt = world.now()
  world.ledger.move({
    at: world.now(),
    billNo: cash.billNo,
    from: 'patient',
    to: 'bank',
    amountFen: cash.amountFen,
    why: 'cash',
    number: cash.orderId,
  })
}

function insure(
  bank: Bank,
  mixed: MixedOrder,
  kind: Misbehaviour | null,
): { delivered: Promise<void> } {
  const { upload, cash } = mixed
  if (upload === null) {
    if (cash?.status === 'paid') mixed.paidAt = cash.paidAt
    return { delivered: deliver(bank, { cash, mixed }) }
  }
  const fails = INSURANCE_FAILS.has(kind) || kind === 'F32' || kind === 'F38'
  if (upload.revoked || fails) {
    mixed.insurance = 'failed'
    if (!upload.revoked) failInsurance(bank.context, upload.payOrdId)
    if (kind === 'F02' && cash?.status === 'paid') returnByChannel(bank, cash)
    return { delivered: deliver(bank, { cash, mixed }) }
  }
  if (kind !== 'F28') {
    settled(bank, mixed)
    return { delivered: deliver(bank, { cash, mixed }) }
  }
  mixed.insurance = 'paying'
  beginInsurance(bank.context, upload.payOrdId)
  return { delivered: settleLater(bank, mixed) }
}

async function settleLater(bank: Bank, mixed: MixedOrder): Promise<void> {
  const { world } = bank.context
  const later = world.sleep(INSURANCE_PENDING_MS * world.timeScale).then(() => settled(bank, mixed))
  await Promise.all([later, deliver(bank, { cash: mixed.cash, mixed: null })])
  await deliver(bank, { cash: null, mixed })
}

/** The bureau's own books say who owes what; a fee withdrawn meanwhile cannot be settled. */
function settled(bank: Bank, mixed: MixedOrder): void {
  const { upload, cash } = mixed
  if (upload === null || upload.revoked) {
    mixed.insurance = 'failed'
    return
  }
  settleInsurance(bank.context, upload.payOrdId)
  mixed.insurance = 'settled'
  if (cash === null || cash.status === 'paid') mixed.paidAt = bank.context.world.now()
}
