/** The patient's phone with Alipay open: the authorisation page and the cashier page. */
import { ALIPAY_PAGES } from './alipay.ts'
import type { Bank, MixedOrder } from './bank/book.ts'

export const isAlipayPage = (url: string): boolean => url.startsWith(`${ALIPAY_PAGES}/`)

/** @returns what is wrong with the page, or null when the user has confirmed there. */
export function confirmOn(
  { context }: Bank,
  from: { url: string; userId: string; billNo: string },
): string | null {
  const { users, questions } = context.registry.alipay
  const url = new URL(from.url)
  const authNo = url.searchParams.get('auth_no')
  const question = [...questions.values()].find((each) => each.authNo === authNo)
  if (url.pathname !== '/p/medical/auth' || question?.userId !== from.userId) return 'url'
  users.set(from.userId, { userId: from.userId, billNo: from.billNo, confirmed: true })
  return null
}

/** Confirmed for an earlier bill: `my.getAuthCode` alone is enough. */
export function confirmedBefore(
  { context }: Bank,
  from: { userId: string; billNo: string },
): boolean {
  const { users } = context.registry.alipay
  const user = users.get(from.userId)
  if (user?.confirmed !== true) return false
  user.billNo = from.billNo
  return true
}

export function orderOnPage(bank: Bank, url: string): MixedOrder | null {
  const orders = [...bank.mixedOrders.values()]
  return orders.find(({ payUrl }) => payUrl !== null && payUrl === url) ?? null
}
