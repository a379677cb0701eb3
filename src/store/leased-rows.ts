import type { Db } from './database.ts'

/**
 * One row, one actor: whoever acts on it holds its lease, a claim with an end and no database lock.
 * `due_at` is the lease's end meanwhile, so that what a dead process held is found again.
 */

export interface Lease {
  readonly owner: string
  readonly until: number
}

export interface Turn extends Lease {
  readonly now: number
}

export const free = (db: Db, table: string, now: number) =>
  db.q(table).where((open) => void open.whereNull('lease_until').orWhere('lease_until', '<=', now))

export const held = ({ owner, until }: Lease) => ({
  lease_owner: owner,
  lease_until: until,
  due_at: until,
})

/** The leases of a table whose rows are named by `key`. */
export const leasesOf = (table: string, key: string) => ({
  /** @param only `due`: not when somebody else was done with it in between. @returns false while somebody else holds it. */
  take: async (
    db: Db,
    id: string,
    { only, also, ...turn }: Turn & { only?: 'due'; also?: Readonly<Record<string, unknown>> },
  ): Promise<boolean> => {
    const rows = free(db, table, turn.now).where({ [key]: id })
    if (only === 'due') void rows.andWhere('due_at', '<=', turn.now)
    return (await rows.update({ ...held(turn), ...also })) === 1
  },
  /** Free ones that want attention, the most urgent first. */
  due: async (db: Db, now: number, limit: number): Promise<string[]> => {
    const rows: Record<string, string>[] = await free(db, table, now)
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .limit(limit)
      .select(key)
    return rows.map((row) => String(row[key]))
  },
  /** @returns false when somebody else has it, or it was given back. */
  renew: async (db: Db, id: string, lease: Lease): Promise<boolean> =>
    (await db
      .q(table)
      .where({ [key]: id, lease_owner: lease.owner })
      .update(held(lease))) === 1,
  /** Gives it back, `due_at` null when it wants no more attention. @returns false when somebody else has it by now. */
  release: async (
    db: Db,
    id: string,
    { owner, dueAt, also }: Release & { also?: Readonly<Record<string, unknown>> },
  ): Promise<boolean> =>
    (await db
      .q(table)
      .where({ [key]: id, lease_owner: owner })
      .update({
        // Before the lease is cleared: who said meanwhile that there is news made it due earlier.
        ...(dueAt !== undefined && {
          due_at: db.q.raw('case when due_at < lease_until then due_at else ? end', [dueAt]),
        }),
        lease_owner: null,
        lease_until: null,
        ...also,
      })) === 1,
})

interface Release {
  readonly owner: string
  /** Undefined leaves it at the lease's end. */
  readonly dueAt?: number | null | undefined
}
