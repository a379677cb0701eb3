/**
 * Every number that an upstream will know, with its length and characters. All are made before
 * the call that uses them and stored with the intent.
 */

export type Random = () => number

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Asia/Shanghai has no daylight saving: a fixed offset is exact whatever the host's TZ. */
const SHANGHAI_MS = 8 * 3_600_000

/** `yyyyMMddHHmmss` in Asia/Shanghai. */
export function compactTime(at: number): string {
  return new Date(at + SHANGHAI_MS).toISOString().replace(/[-:T]/g, '').slice(0, 14)
}

/** `yyyy-MM-dd HH:mm:ss` in Asia/Shanghai. */
export function plainTime(at: number): string {
  return new Date(at + SHANGHAI_MS).toISOString().replace('T', ' ').slice(0, 19)
}

/** RFC 3339 with `+08:00`, to the second. */
export function offsetTime(at: number): string {
  return `${new Date(at + SHANGHAI_MS).toISOString().slice(0, 19)}+08:00`
}

/** `yyyy-MM-dd` in Asia/Shanghai: the business date. */
export function businessDate(at: number): string {
  return plainTime(at).slice(0, 10)
}

export function pick(random: Random, alphabet: string, length: number): string {
  let text = ''
  for (let i = 0; i < length; i += 1)
    text += alphabet.charAt(Math.floor(random() * alphabet.length))
  return text
}

/** ULID: 26 characters, sorts by time. Orders, events, work items. */
export const ulid = (now: number, random: Random): string =>
  idsFrom(now) + pick(random, CROCKFORD, 16)

/** Less than every ULID from this instant on, and more than any before it. */
export function idsFrom(at: number): string {
  let time = ''
  for (let rest = at, i = 0; i < 10; i += 1) {
    time = CROCKFORD.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  return time
}

const ULID = /^(?:ST|RF|AR)?([0-9A-HJKMNP-TV-Z]{26})/

/** The order whose number this is, going by our own numbers alone; null for anybody else's. */
export const orderIdIn = (number: string): string | null => ULID.exec(number)?.[1] ?? null

/** 20 characters `[0-9A-Z]`: 6201 `medOrgOrd` = the mixed order's `serial_no` (string 20). */
export function medicalOrderNo(now: number, random: Random): string {
  return compactTime(now) + pick(random, CROCKFORD, 6)
}

/** 20 digits: our serial number of a mixed order (`icbc_serial_no` at ICBC). */
export function bankSerialNo(now: number, random: Random): string {
  return compactTime(now) + pick(random, '0123456789', 6)
}

/** <= 30 `[0-9A-Z]`: 6202 `orgBizSer`. */
export function businessSerialNo(orderId: string, attemptNo: number): string {
  return `${orderId}B${attemptNo}`
}

/** <= 30 `[0-9A-Z]`: 6201/6202 `chrgBchno`, the same in both and on every line. */
export function chargeBatchNo(orderId: string, attemptNo: number): string {
  return `${orderId}F${attemptNo}`
}

/** <= 50 `[0-9A-Z]`: the cash order's `out_trade_no`; a new try is a new number. */
export function outTradeNo(orderId: string, attemptNo: number, selfPayTry: number): string {
  return `${orderId}C${attemptNo}T${selfPayTry}`
}

/** Deterministic, so that no two automatic refunds of one order can exist (SC-X02). */
export function automaticRefundNo(orderId: string, attemptNo: number): string {
  return `AR${orderId}${attemptNo}`
}

export const isAutomaticRefundNo = (refundNo: string): boolean => refundNo.startsWith('AR')

/** <= 30 `[0-9A-Z]`: a refund that somebody asked for, counted per order. */
export function refundNumber(orderId: string, count: number): string {
  return `RF${orderId}${count}`
}

/** After a *final* failure the same intent goes on under `-2`, `-3` (docs/rulings.md 1). */
export function nextRefundNo(refundNo: string): string {
  const match = /^(.*)-(\d+)$/.exec(refundNo)
  return match ? `${match[1]}-${Number(match[2]) + 1}` : `${refundNo}-2`
}

/** `AR1-3` -> `AR1`, `AR1-2`, `AR1-3`: every number this refund has ever had. */
export function refundNumbersUpTo(refundNo: string): string[] {
  const match = /^(.*)-(\d+)$/.exec(refundNo)
  if (!match) return [refundNo]
  const [, first = '', last = ''] = match
  const later = Array.from({ length: Number(last) - 1 }, (_, index) => `${first}-${index + 2}`)
  return [first, ...later]
}

/** HIS write-back number, one per order. */
export function settlementNo(orderId: string): string {
  return `ST${orderId}`
}

/**
 * Institution number (从业机构订单号) of an order without a self-pay part, by the rule agreed with
 * the bank. Default `{merchantNo}{yyyyMMddHHmmss}{seq:6}`; at most 32 `[0-9A-Za-z]`.
 */
export function institutionNo(
  template: string,
  from: { merchantNo: string; now: number; random: Random },
): string {
  const number = template
    .replace('{merchantNo}', from.merchantNo)
    .replace('{yyyyMMddHHmmss}', compactTime(from.now))
    .replace(/\{seq:(\d+)\}/, (_, length) => pick(from.random, '0123456789', Number(length)))
  if (!/^[0-9A-Za-z]{1,32}$/.test(number)) throw new Error(`institution number template: ${number}`)
  return number
}

export const nonce = (random: Random): string => pick(random, CROCKFORD, 32)
