/** A break (差异): a difference in words that finance staff use, and what may safely be done. */
import { fen, fenToYuan } from '../payment/money.ts'
import { type Action, actionFor, type Knowledge, NOTHING_KNOWN } from './actions.ts'
import { ageOf, type Asked, type BookName } from './ageing.ts'
import type { Difference, DifferenceClass } from './classes.ts'
import { differenceFen, findOffsets, type OffsetReason } from './offsets.ts'
import { isReturn, namesOf, type Row, type RowStatus } from './row.ts'

/** The other side holds more (长款), or less (短款), or as much under contradicting words. */
export type Term = '长款' | '短款' | '不平'

export interface Break {
  /** The same for the same matter in every run of the day, whatever class it is in. */
  readonly key: string
  readonly book: BookName
  readonly date: string
  readonly class: DifferenceClass
  readonly term: Term
  /** What the other side holds more than we do. */
  readonly differenceFen: number
  readonly sentence: string
  readonly action: Action
  /** Nothing is wrong yet: the other book is still to come. */
  readonly awaited: boolean
  readonly ageDays: number
  readonly bank: Row | null
  readonly hospital: Row | null
  /** The key of the break that this one hides, or is hidden by. */
  readonly offsets: string | null
}

export interface Occasion extends Asked {
  /** @param key of the break that it becomes. */
  readonly known?: (difference: Difference, key: string) => Knowledge
}

/** In the order of their keys: the same differences in any order give the same list. */
export function breaksOf(differences: readonly Difference[], occasion: Occasion): Break[] {
  const keys = keysOf(differences, occasion.book)
  const hidden = new Map<Difference, { with: Difference; reason: OffsetReason }>()
  for (const { one, other, reason } of findOffsets(differences)) {
    hidden.set(one, { with: other, reason })
    hidden.set(other, { with: one, reason })
  }
  return differences
    .map((difference) => {
      const offset = hidden.get(difference)
      const key = keys.get(difference) ?? ''
      const known = occasion.known?.(difference, key) ?? NOTHING_KNOWN
      const told = breakOf(difference, { ...occasion, known, hides: offset?.reason ?? null })
      const offsets = offset ? (keys.get(offset.with) ?? null) : null
      return { ...told, key, offsets }
    })
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
}

/** By the order's or refund's own number; repetitions are counted in order of time. */
function keysOf(differences: readonly Difference[], book: BookName): Map<Difference, string> {
  const keys = new Map<Difference, string>()
  const used = new Map<string, number>()
  const inOrder = differences.toSorted(
    (one, other) =>
      Number(isRepeated(one)) - Number(isRepeated(other)) ||
      (rowOf(one).at ?? 0) - (rowOf(other).at ?? 0) ||
      rowOf(one).place - rowOf(other).place ||
      Number(one.bank === null) - Number(other.bank === null),
  )
  for (const difference of inOrder) {
    const row = rowOf(difference)
    const [name] = namesOf(row)
    const which = name ? `${name.tag}:${name.number}` : `place:${row.place}`
    const side = isRepeated(difference) ? (difference.bank ? ':bank-again' : ':again') : ''
    const key = `${book}:${row.businessDate}:${which}${side}`
    const count = (used.get(key) ?? 0) + 1
    used.set(key, count)
    keys.set(difference, count === 1 ? key : `${key}:${count}`)
  }
  return keys
}

const isRepeated = (one: Difference): boolean => one.class.endsWith('DUPLICATE')

const rowOf = ({ bank, hospital }: Difference): Row => hospital ?? bank

type Told = Asked & { readonly known: Knowledge; readonly hides: OffsetReason | null }

function breakOf(difference: Difference, told: Told): Omit<Break, 'key' | 'offsets'> {
  const { book, known, hides: offset } = told
  const age = ageOf(difference, told)
  const more = differenceFen(difference)
  const term = more === 0 ? '不平' : more > 0 ? '长款' : '短款'
  const hint = offset === null ? '' : `；${OFFSET_TEXT[offset]}`
  const waiting = age.awaited ? '；对方账单未到期，暂不算差错' : ''
  return {
    book,
    date: rowOf(difference).businessDate,
    class: difference.class,
    term,
    differenceFen: more,
    sentence: `${term}${isOneSided(difference) ? '（单边账）' : ''}：${whatDiffers(difference, book)}${hint}${waiting}。`,
    action: actionFor(difference, {
      book,
      awaited: age.awaited,
      known,
      hidden: offset !== null,
    }),
    awaited: age.awaited,
    ageDays: age.days,
    bank: difference.bank,
    hospital: difference.hospital,
  }
}

const isOneSided = (one: Difference): boolean =>
  !isRepeated(one) && (one.bank === null || one.hospital === null)

const OFFSET_TEXT: Readonly<Record<OffsetReason, string>> = {
  returned: '同一订单另有一笔等额反向差异，两者相抵',
  'other-number': '对方另有一笔等额单边账，可能是同一笔业务用了不同单号',
  opposite: '另有一笔差异与本笔金额相反，合计被掩盖',
}

const OTHER_SIDE: Readonly<Record<BookName, string>> = {
  bank: '银行',
  his: 'HIS 台账',
  insurance: '医保',
}

/** The insurance takes no money from anybody: it settles its part of a bill. */
const WHAT_TEXT: Readonly<Record<BookName, readonly [payment: string, back: string]>> = {
  bank: ['收款', '退款'],
  his: ['收款', '退款'],
  insurance: ['结算', '退费'],
}

const STATUS_TEXT: Readonly<Record<RowStatus, string>> = {
  done: '成功',
  none: '未发生',
  unknown: '结果不明',
}

function whatDiffers(difference: Difference, book: BookName): string {
  const { bank, hospital } = difference
  const theirs = OTHER_SIDE[book]
  const isBack = isReturn(rowOf(difference))
  const what = WHAT_TEXT[book][isBack ? 1 : 0]
  const which = `${numbersIn(rowOf(difference), book)}，`
  if (bank && hospital)
    return difference.class.endsWith('STATUS_DIFF')
      ? `${which}${what}状态不一致，${theirs}为${STATUS_TEXT[bank.status]}（${yuan(bank)}），本系统为${STATUS_TEXT[hospital.status]}（${yuan(hospital)}），可能是${CAUSES.status}`
      : `${which}${what}金额不一致，${theirs} ${yuan(bank)}，本系统 ${yuan(hospital)}，可能是${CAUSES.amount}`
  const has = bank ? theirs : '本系统'
  const lacks = bank ? '本系统' : theirs
  const amount = yuan(rowOf(difference))
  if (isRepeated(difference))
    return `${which}${has}重复记${what} ${amount}，可能是${repeatedCause(difference)}`
  if (rowOf(difference).status === 'unknown')
    return `${which}${has}${what} ${amount} 结果不明，${lacks}没有记录，可能是${CAUSES.status}`
  return `${which}${has}有${what} ${amount}，${lacks}没有记录，可能是${lonelyCause(difference, book)}`
}

const CAUSES = {
  status: '回调丢失或一方未更新结果',
  amount: '一方记错金额，或含优惠、部分退款',
  paidAgain: '患者重复付款，或对账文件重复列示',
  returnedAgain: '重复退款，或对账文件重复列示',
  repeatedHere: '本方重复入账',
} as const

function repeatedCause({ bank }: Difference): string {
  if (!bank) return CAUSES.repeatedHere
  return isReturn(bank) ? CAUSES.returnedAgain : CAUSES.paidAgain
}

interface Lonely {
  readonly bank: string
  readonly hospital: string
  readonly bankRefund: string
  readonly hospitalRefund: string
}

const LONELY: Readonly<Record<BookName, Lonely>> = {
  bank: {
    bank: '回调丢失，或不经本系统收款',
    hospital: '对方未入账，或对方记入次日',
    bankRefund: '窗口或对方系统直接退款',
    hospitalRefund: '退款未被受理，或对方以后几日才记入',
  },
  his: {
    bank: '手工在 HIS 补录，或结算编号有误',
    hospital: '写回未到，或 HIS 已撤销该笔入账',
    bankRefund: '窗口直接退款',
    hospitalRefund: '退款写回未到，或 HIS 未登记',
  },
  insurance: {
    bank: '窗口或医保系统直接结算，或结果未告知本系统',
    hospital: '对方未入账，或记入次月明细',
    bankRefund: '窗口或医保系统直接退费',
    hospitalRefund: '退费未被受理，或记入次月明细',
  },
}

function lonelyCause({ bank, hospital }: Difference, book: BookName): string {
  const causes = LONELY[book]
  if (bank) return isReturn(bank) ? causes.bankRefund : causes.bank
  return isReturn(hospital) ? causes.hospitalRefund : causes.hospital
}

const yuan = ({ amountFen }: Row): string => `${fenToYuan(fen(amountFen))} 元`

/** What each side's own number of an order, and ours at it, are called. */
const NUMBER_TEXT: Readonly<Record<BookName, readonly [theirs: string, ours: string]>> = {
  bank: ['银行订单号', '商户订单号'],
  his: ['HIS 订单号', '结算编号'],
  insurance: ['医保订单号', '医药机构订单号'],
}

function numbersIn(row: Row, book: BookName): string {
  const { bankOrderNo, merchantOrderNo, refundNo } = row
  const [theirs, ours] = NUMBER_TEXT[book]
  if (refundNo !== null) return `退款号 ${refundNo}`
  if (bankOrderNo !== null) return `${theirs} ${bankOrderNo}`
  return merchantOrderNo === null ? '无单号' : `${ours} ${merchantOrderNo}`
}
