import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'
import { leasesOf, type Turn } from './leased-rows.ts'

/** What the one-card platform must be told and nobody waits for: card uses, and benefits to be paid out. */
const KINDS = ['use-record', 'grant'] as const
/** `taken`: the platform has it, its result is not known. */
const STATES = ['open', 'taken', 'done', 'refused'] as const

export interface Queued {
  readonly number: string
  readonly kind: (typeof KINDS)[number]
  readonly personMark: string | null
  /** JSON. */
  readonly content: string
  readonly contentHash: string
  readonly state: (typeof STATES)[number]
  /** JSON, row by row; nothing personal. */
  readonly results: string | null
  readonly answer: string | null
  readonly tries: number
  readonly createdAt: number
}

const context = (number: string): string => `one_card_queue.content:${number}`

function fromRow(db: Db, row: Record<string, unknown>): Queued {
  const number = textOf(row['number'])
  return {
    number,
    kind: oneOf(KINDS, row['kind']),
    personMark: textOrNull(row['person_mark']),
    content: db.sealer.open(textOf(row['content_sealed']), context(number)),
    contentHash: textOf(row['content_hash']),
    state: oneOf(STATES, row['state']),
    results: textOrNull(row['results']),
    answer: textOrNull(row['answer']),
    tries: toNumber(row['tries']),
    createdAt: toNumber(row['created_at']),
  }
}

type New = Pick<Queued, 'number' | 'kind' | 'personMark' | 'content' | 'contentHash' | 'createdAt'>

/** @returns false when the number is known already. */
export async function put(db: Db, item: New): Promise<boolean> {
  try {
    await db.q('one_card_queue').insert({
      number: item.number,
      kind: item.kind,
      person_mark: item.personMark,
      content_sealed: db.sealer.seal(item.content, context(item.number)),
      content_hash: item.contentHash,
      state: 'open',
      tries: 0,
      due_at: item.createdAt,
      created_at: item.createdAt,
    })
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  db.committed('one-card-queued')
  return true
}

export async function find(db: Db, number: string): Promise<Queued | null> {
  const row = await db
    .q('one_card_queue')
    .where({ number })
    .first<Record<string, unknown> | undefined>()
  return row ? fromRow(db, row) : null
}

/** Of one person, newest first. */
export async function ofPerson(db: Db, personMark: string, limit: number): Promise<Queued[]> {
  const rows: Record<string, unknown>[] = await db
    .q('one_card_queue')
    .where({ person_mark: personMark, kind: 'use-record' })
    .orderBy('created_at', 'desc')
    .limit(limit)
  return rows.map((row) => fromRow(db, row))
}

const leases = leasesOf('one_card_queue', 'number')
export const dueNumbers = leases.due

/** Takes one that is due and that nobody holds, and counts the try before it is made. */
export async function take(db: Db, number: string, turn: Turn): Promise<Queued | null> {
  const also = { tries: db.q.raw('tries + 1') }
  if (!(await leases.take(db, number, { ...turn, only: 'due', also }))) return null
  db.committed('one-card-taken')
  return find(db, number)
}

/** @returns false when somebody else has it by now. */
export async function letGo(
  db: Db,
  held: { readonly number: string; readonly owner: string },
  to: Partial<Pick<Queued, 'state' | 'results' | 'answer'>> & { readonly dueAt: number | null },
): Promise<boolean> {
  const { dueAt, answer, ...changes } = to
  const isOurs = await leases.release(db, held.number, {
    owner: held.owner,
    dueAt,
    also: {
      ...changes,
      ...(answer !== undefined && { answer: answer?.slice(0, 255) ?? null }),
    },
  })
  db.committed('one-card-answered')
  return isOurs
}

/** What is over and was put in before; its number may be used anew then. */
export async function purge(db: Db, before: number): Promise<void> {
  await db
    .q('one_card_queue')
    .whereIn('state', ['done', 'refused'])
    .whereNull('due_at')
    .andWhere('created_at', '<', before)
    .delete()
}
