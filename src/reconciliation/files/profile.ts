/** A settlement file (对账文件) as data: what a house's file looks like, and where what stands in it. */
import type { RowKind, RowStatus } from '../row.ts'

/** A column by its heading, or by its position from 0. */
export type Column = string | number

export interface Profile {
  readonly name: string
  /** Nobody published this layout: it is agreed with the other side before use. */
  readonly assumed: boolean
  readonly container: Container
  /** `gb18030` reads GBK and GB 2312 as well. A byte order mark is left out by itself. */
  readonly charset: 'utf-8' | 'gb18030'
  readonly shape: Shape
  /** Lines that begin so say nothing, unless a control reads them. */
  readonly comment: string | null
  readonly controls: readonly Control[]
  readonly kind: KindRule
  /** By kind: which columns hold the row's numbers and amount. */
  readonly take: Readonly<Record<RowKind, Take>>
  /** Texts that stand for "no number". */
  readonly noNumber: readonly string[]
  readonly status: StatusRule | null
  readonly unit: 'fen' | 'yuan'
  readonly time: TimeRule
}

export type Container =
  | { readonly kind: 'none' | 'gzip' | 'base64-deflate' }
  /** The one entry whose name ends so, `but` not so, is read; names never become paths. */
  | { readonly kind: 'zip'; readonly ending: string; readonly but: string | null }

export type Shape =
  | {
      readonly kind: 'delimited'
      readonly delimiter: string
      readonly quote: '"' | null
      /** Before every field of data; what stands between delimiter and prefix may be anything else. */
      readonly prefix: string | null
      readonly heading: boolean
    }
  /** In bytes of the file's own encoding, one after the other with `gap` bytes between. */
  | { readonly kind: 'fixed'; readonly widths: readonly number[]; readonly gap: number }
  /** The first sheet of an .xlsx, with a heading. */
  | { readonly kind: 'sheet' }

/** What the file says of itself: how many rows, adding up to what. */
export interface Control {
  readonly where:
    /** A line whose first field is this. */
    | { readonly kind: 'record'; readonly first: string }
    /** The line after the one whose first field is this; its columns have these headings. */
    | { readonly kind: 'section'; readonly first: string }
    /** Groups 1, 2 … of the match are columns 0, 1 …; only in comments. */
    | { readonly kind: 'comment'; readonly pattern: RegExp }
  readonly counts: RowSet
  readonly count: Column | null
  readonly sum: Column | null
  /** Without it the file is cut off. */
  readonly required: boolean
}

/** `net`: payments less returns. */
export type RowSet = 'all' | 'payments' | 'returns' | 'net'

export type KindRule =
  | {
      readonly by: 'value'
      readonly column: Column
      readonly kinds: Readonly<Record<string, RowKind>>
    }
  /** A minus or D is a refund. */
  | { readonly by: 'sign'; readonly column: Column }

export interface Take {
  readonly bankOrderNo: Column | null
  readonly merchantOrderNo: Column | null
  readonly refundNo: Column | null
  /** Added up where there are several. */
  readonly amount: readonly Column[]
}

/** What is not listed is `unknown`; an empty field is `done`, since files list what was done. */
export interface StatusRule {
  readonly column: Column
  readonly statuses: Readonly<Record<string, RowStatus>>
}

/** Asia/Shanghai. `MMddHHmmss` takes its year from the file's date. */
export interface TimeRule {
  /** Joined by a blank. */
  readonly columns: readonly Column[]
  readonly format:
    'yyyy-MM-dd HH:mm:ss' | 'yyyyMMddHHmmss' | 'yyyyMMdd HHmmss' | 'MMddHHmmss' | 'yyyy-MM-dd'
}

/** The file is not what it should be: it is put aside whole, and nothing of it counts (SC-S07). */
export class DamagedFile extends Error {
  override name = 'DamagedFile'
  /** From 1; 0 where no line is to blame. */
  readonly line: number
  /** One Chinese clause, without a value of a person. */
  readonly reason: string

  constructor(line: number, reason: string, options?: ErrorOptions) {
    super(line === 0 ? reason : `第 ${line} 行：${reason}`, options)
    this.line = line
    this.reason = reason
  }
}
