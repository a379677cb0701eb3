/** One line of another system's matrix: an acceptance case, played over HTTP against the sandbox. */
import { setTimeout as pause } from 'node:timers/promises'
import type { WholeService, WholeServiceWish } from '../../parts/whole-service.ts'

/** What a desk needs: HIS's calls, and the pretend world around it. */
export type Scene = Pick<WholeService, 'sandbox' | 'parameters' | 'serviceUrl' | 'his'>

export const KINDS = { happy: '正常', failure: '异常', hostile: '敌意', killed: '断电' } as const

export interface Case {
  /** The requirements that it shows: `YM-33, YM-45`. */
  readonly ids: string
  readonly kind: keyof typeof KINDS
  readonly title: string
  /** A service of its own, where it turns the clock or stops something for everybody. */
  readonly alone?: Omit<WholeServiceWish, 'parameters'>
  /** @returns what was seen; throws what was not as it must be. */
  readonly play: (scene: WholeService) => Promise<string>
}

const rowsOf =
  (kind: Case['kind']) =>
  (ids: string, title: string, play: Case['play'], alone?: Case['alone']): Case => ({
    ids,
    kind,
    title,
    play,
    ...(alone && { alone }),
  })

/** A row reads as its line of the table: requirements, title, what is done. */
export const happy = rowsOf('happy')
export const failure = rowsOf('failure')
export const hostile = rowsOf('hostile')
export const killed = rowsOf('killed')

export class Unexpected extends Error {}

export function must(holds: boolean, sentence: string): void {
  if (!holds) throw new Unexpected(sentence)
}

/** The same, as JSON has it. */
export function same(what: string, seen: unknown, expected: unknown): void {
  const [is, wanted] = [JSON.stringify(seen), JSON.stringify(expected)]
  must(is === wanted, `${what}：${is}，应为 ${wanted}`)
}

export type Told = Readonly<Record<string, unknown>>

export const membersOf = (value: unknown): Told =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

/** As long as a busy machine may need for what takes no time; only a red row waits for it. */
export const WITHIN_MS = 120_000

/** Waits for what the worker does by itself. */
export async function becomes(what: string, look: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + WITHIN_MS; !(await look()); await pause(50))
    must(performance.now() < end, `没有${what}`)
}

/** How often the sandbox was called for this bill or number, whatever became of it. */
export const callsFor = ({ sandbox }: Scene, call: string, billNo: string): number =>
  sandbox.world.calls.filter((one) => one.call === call && one.billNo === billNo).length

/** Fen that the hospital's account holds through this bill, by the sandbox's own books. */
export const collected = ({ sandbox }: Scene, billNo: string): number =>
  sandbox.world.ledger.balance(billNo, 'bank')

export const yuan = (fen: number): string => `${(fen / 100).toFixed(2)} 元`

/** A call as anybody on the network may make it. */
export async function anybody(
  { serviceUrl }: Scene,
  path: string,
  wish: { body: string; headers?: Readonly<Record<string, string>> },
): Promise<{ status: number; told: Told }> {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...wish.headers }
  const answer = await fetch(serviceUrl + path, { method: 'POST', headers, body: wish.body })
  const text = await answer.text()
  return { status: answer.status, told: parsed(text) }
}

function parsed(text: string): Told {
  try {
    return membersOf(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Every text of every table: what must rest nowhere in clear is sought here. */
export async function storedTexts({ app }: WholeService): Promise<string> {
  const tables: { name: string }[] = await app.db
    .q('sqlite_master')
    .where({ type: 'table' })
    .select('name')
  const rows = await Promise.all(tables.map(({ name }) => app.db.q(name).select()))
  return JSON.stringify(rows)
}
