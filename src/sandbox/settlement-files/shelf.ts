/**
 * The files that the pretend bank and bureau have written. A day's file is there on the next day,
 * without being asked for, and says what the ledger says; one that is issued by a control call
 * takes its place, with the errors and the damage that were ordered.
 */
import { createHash } from 'node:crypto'
import type { Bank } from '../bank/book.ts'
import { shanghai } from '../shanghai.ts'
import { type Injected, type InjectedError, withErrors } from './errors.ts'
import { bankFile, insuranceCsv, insuranceSheet } from './layouts.ts'
import { bankRows, insuranceRows, type StatementRow } from './rows.ts'

export const BOOKS = ['bank', 'insurance'] as const
export type FileBook = (typeof BOOKS)[number]

/**
 * `truncated`: what is downloaded is half of what the digest is about; `wrong-totals`: the last line
 * claims a fen too much; `late`: not there until it is issued again; `twice`: the same content
 * under two names; `path-in-name`: beside it an entry that names a place outside.
 */
export const DAMAGES = ['truncated', 'wrong-totals', 'late', 'twice', 'path-in-name'] as const
export type Damage = (typeof DAMAGES)[number]

export interface Order {
  readonly book: FileBook
  /** `yyyy-MM-dd` of the bank, `yyyy-MM` of the bureau. */
  readonly period: string
  readonly errors: readonly InjectedError[]
  readonly damage: Damage | null
}

export interface Issued {
  readonly names: readonly string[]
  readonly rows: number
  readonly injected: readonly Injected[]
  readonly impossible: readonly InjectedError[]
}

type Files = ReadonlyMap<string, Buffer>

export interface Shelf {
  /** What stands in a book's folder now, by name. */
  readonly files: (book: FileBook) => Promise<Files>
  readonly issue: (order: Order) => Promise<Issued>
}

export function createShelf(bank: Bank): Shelf {
  const issued: Record<FileBook, Map<string, Files>> = { bank: new Map(), insurance: new Map() }
  const issue = async (order: Order): Promise<Issued> => {
    const { files, ...told } = await write(bank, order)
    issued[order.book].set(order.period, files)
    return { names: [...files.keys()], ...told }
  }
  return {
    issue,
    files: async (book) => {
      for (const period of pastPeriods(bank, book))
        if (!issued[book].has(period)) await issue({ book, period, errors: [], damage: null })
      return new Map([...issued[book].values()].flatMap((files) => [...files]))
    },
  }
}

const DAY_MS = 86_400_000
const LETTERS = { bank: 'yyyy-MM-dd'.length, insurance: 'yyyy-MM'.length } as const

/** Every one that is over and has a movement, and the last one even without any. */
function pastPeriods({ context: { world } }: Bank, book: FileBook): string[] {
  const periodOf = (at: number): string => shanghai.spaced(at).slice(0, LETTERS[book])
  const now = periodOf(world.now())
  const beginning = Date.parse(`${book === 'bank' ? now : `${now}-01`}T00:00:00+08:00`)
  const periods = new Set(world.ledger.movements.map(({ at }) => periodOf(at)))
  return [...periods.add(periodOf(beginning - DAY_MS))].filter((period) => period < now)
}

async function write(bank: Bank, { book, period, errors, damage }: Order) {
  const honest = book === 'bank' ? bankRows(bank, period) : insuranceRows(bank, period)
  const { rows, ...told } = withErrors(bank.context.world, honest, errors)
  const claimedFen = damage === 'wrong-totals' ? 1 : 0
  const contents =
    book === 'bank'
      ? bankFiles(bank, period, bankFile(rows, claimedFen))
      : await insuranceFiles(bank, period, rows, claimedFen)
  return {
    files: damage === 'late' ? new Map() : damaged(contents, damage),
    rows: rows.length,
    ...told,
  }
}

/** The digest and the signature of the bank stand beside its file. */
function bankFiles(
  { context: { parameters, crypto } }: Bank,
  date: string,
  content: Buffer,
): Files {
  const { prefix, signer } = parameters.settlementFiles.bank
  const name = `${prefix}_${date.replaceAll('-', '')}.txt`
  const signature = crypto.sm2Sign(content, signer.privateKeyHex, SIGNER_ID)
  return new Map([
    [name, content],
    [
      `${name}.sha256`,
      Buffer.from(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`),
    ],
    [`${name}.sig`, Buffer.from(`${signature.toString('base64')}\n`)],
  ])
}

const SIGNER_ID = '1234567812345678'

async function insuranceFiles(
  { context: { parameters } }: Bank,
  month: string,
  rows: readonly StatementRow[],
  claimedFen: number,
): Promise<Files> {
  const name = `${parameters.insurance.orgCodg}_${month.replace('-', '')}`
  return new Map([
    [`${name}.csv`, insuranceCsv(rows, claimedFen)],
    [`${name}.xlsx`, await insuranceSheet(rows, claimedFen)],
  ])
}

const COMPANION = /\.(sha256|sig)$/

const halved = (content: Buffer): Buffer => content.subarray(0, Math.floor(content.length / 2))

function damaged(files: Files, damage: Damage | null): Files {
  const all = [...files]
  switch (damage) {
    case 'truncated':
      return new Map(
        all.map(([name, content]) => [name, COMPANION.test(name) ? content : halved(content)]),
      )
    case 'twice':
      return new Map(
        all.flatMap(([name, content]) => [
          [name, content],
          [name.replace(/\./, '_2.'), content],
        ]),
      )
    case 'path-in-name':
      return new Map([
        ...all,
        ...all.map(([name, content]): [string, Buffer] => [`../../${name}`, content]),
      ])
    case 'wrong-totals':
    case 'late':
    case null:
      return files
  }
}
