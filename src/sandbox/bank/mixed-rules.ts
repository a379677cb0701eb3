/**
 * What the bank and the channel behind it refuse about a mixed order (docs/mixed-order.md 1, 5).
 * Every rule is a line a real hospital has failed on.
 */
import { createHash } from 'node:crypto'
import type { PayAuth, Upload } from '../registry.ts'
import type { Bank, CashOrder, Identity, MixedOrder, MixedWish } from './book.ts'
import { findCash, Refusal } from './book.ts'

export type Checked = { readonly cash: CashOrder | null; readonly upload: Upload | null }

export function checkMixed(bank: Bank, wish: MixedWish): Checked | Refusal {
  const early = wrongAmounts(wish)
  if (early !== null) return early
  const cash = wish.mixPayType === 'INSURANCE_ONLY' ? null : bankOrder(bank, wish)
  if (cash instanceof Refusal) return cash
  const upload = wish.mixPayType === 'CASH_ONLY' ? null : uploadOf(bank, wish)
  return upload instanceof Refusal ? upload : { cash, upload }
}

/** The identities of docs/mixed-order.md 1.3; insured fees may not all be zero. */
function wrongAmounts({ mixPayType, amounts, addedFen, reducedFen }: MixedWish): Refusal | null {
  const insured = (amounts.fundFen ?? 0) + (amounts.accountFen ?? 0) + (amounts.otherFen ?? 0)
  const paid = amounts.cashFen ?? 0
  if (amounts.totalFen !== insured + paid + reducedFen)
    return new Refusal('total', '总金额校验不通过')
  if (mixPayType === 'CASH_ONLY') return null
  const own = amounts.insuredCashFen ?? 0
  if (paid !== own + addedFen - reducedFen) return new Refusal('own-money', '自费金额校验不通过')
  return insured + own === 0 ? new Refusal('nothing-insured', '混合金额校验不通过') : null
}

/** The cash part must be a living self-pay order of this bank, this payer and this amount. */
function bankOrder(bank: Bank, wish: MixedWish): CashOrder | Refusal {
  const cash = findCash(bank, (order) => order.orderId === wish.institutionNo)
  if (cash === null) return differs('从业机构订单号与自费订单不一致')
  if (cash.prepayId !== wish.prepayId) return differs('预下单号不一致')
  if (cash.amountFen !== wish.amounts.cashFen)
    return new Refusal('own-money', '自费金额校验不通过：与自费订单不一致')
  if (cash.channel !== wish.channel) return differs('自费订单与混合订单的支付渠道不一致')
  if (cash.userId !== wish.userId) return WRONG_USER
  return cash.status === 'open' ? cash : differs(`自费订单状态不允许：${cash.status}`)
}

const differs = (what: string) => new Refusal('cash-order-differs', what)
const WRONG_USER = new Refusal('user', '应用与用户标识不正确')

/** The insurance part must be what the bureau holds: upload, authorisation, person and amounts. */
function uploadOf(bank: Bank, wish: MixedWish): Upload | Refusal {
  const { uploads, payAuthNos } = bank.context.registry
  const upload = uploads.get(wish.payOrdId ?? '')
  if (upload === undefined || upload.revoked)
    return new Refusal('bureau', '医保局结算校验失败：费用明细不存在或已撤销')
  if (upload.medOrgOrd !== wish.medicalSerialNo)
    return new Refusal('bureau', '医保局结算校验失败：机构流水号')
  const auth = payAuthNos.get(wish.payAuthNo ?? '')
  if (auth === undefined || upload.payAuthNo !== auth.payAuthNo)
    return new Refusal('authorisation-unknown', '未找到对应授权信息')
  return wrongPayer(bank, wish, auth) ?? wrongSettlement(wish, upload) ?? upload
}

function wrongPayer(bank: Bank, wish: MixedWish, auth: PayAuth): Refusal | null {
  const used = [...bank.mixedOrders.values()].some(
    (mixed) => mixed.wish.payAuthNo === auth.payAuthNo && !wasGivenUp(mixed),
  )
  if (used) return new Refusal('authorisation-used', '授权码校验失败：已使用')
  if (auth.openid !== wish.userId) return WRONG_USER
  const holder = auth.payer ?? auth.person
  if (wish.payer.idDigest !== idDigest(holder.idNo))
    return new Refusal('identity', '身份ID摘要与绑卡不匹配')
  if (wish.payer.name !== holder.name) return new Refusal('name', '姓名与绑卡不匹配')
  return wrongRelative(wish.relative, auth)
}

/** Closed before anybody paid, it has used nothing (assumed: upstreams/icbc/README.md 3.2). */
const wasGivenUp = ({ cash, attempted }: MixedOrder): boolean =>
  cash?.status === 'closed' && !attempted

/** Family payment exactly when the authorisation was one, and for the insured person alone. */
function wrongRelative(relative: Identity | null, { family, person }: PayAuth): Refusal | null {
  const right = family
    ? relative?.name === person.name && relative.idDigest === idDigest(person.idNo)
    : relative === null
  return right ? null : new Refusal('relative', '亲情支付的就诊人与授权不匹配')
}

function wrongSettlement({ amounts: sent, addedFen }: MixedWish, upload: Upload): Refusal | null {
  const { amounts } = upload
  if (amounts === null) return new Refusal('bureau', '医保局结算校验失败：未下单')
  return amounts.totalFen + addedFen === sent.totalFen &&
    amounts.fundFen === sent.fundFen &&
    amounts.accountFen === sent.accountFen &&
    amounts.otherFen === sent.otherFen &&
    amounts.cashFen === sent.insuredCashFen
    ? null
    : new Refusal('bureau', '医保局结算校验失败：预结算金额不匹配')
}

/** MD5 of the upper-case 18-digit number, lower-case hex (docs/mixed-order.md 1.4). */
export function idDigest(idNo: string): string {
  return createHash('md5').update(idNo.toUpperCase()).digest('hex')
}
