import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { type Entry, isOpenFor } from '../payment/entry.ts'
import { type Db, commitAs } from '../store/database.ts'
import * as store from '../store/entry.ts'
import type { Operator } from './operators/operators.ts'

export type { EntryChange } from '../store/entry.ts'

/** Production opens by decision, never by a fresh database (SC-O14). */
const atFirst = (app: App): Entry => ({
  mode: app.settings.ENVIRONMENT === 'production' ? 'closed' : 'open',
})

/** Read from the store each time: what an operator changes counts in every process at once. */
export async function entryNow(app: App, db: Db = app.db): Promise<Entry> {
  return (await store.latest(db))?.entry ?? atFirst(app)
}

/** Only before a new order: whoever has one may finish it. @throws AppError `entry-closed` */
export async function checkEntry(
  app: App,
  asking: { userId: string; department: string },
): Promise<void> {
  const { userId, department } = asking
  const userHash = app.hash(`entry:${userId}`)
  if (isOpenFor(await entryNow(app), { userHash, department })) return
  if (!(await store.isTester(app.db, userId))) throw new AppError('entry-closed')
}

// ---------------------------------------------------------------- for operators

export interface EntryState {
  readonly entry: Entry
  /** Who opened or closed it last; null while nobody has. */
  readonly since: { readonly at: number; readonly operator: string } | null
  /** Masked. */
  readonly testers: readonly string[]
  /** Newest first; `from` is the entry before. */
  readonly history: readonly (store.EntryChange & { readonly from: Entry })[]
}

export async function entryState(app: App): Promise<EntryState> {
  const lines = await store.history(app.db)
  const history = lines.map((line, at) => ({
    ...line,
    from: lines[at + 1]?.entry ?? atFirst(app),
  }))
  const last = lines.find(({ what }) => what === 'mode')
  return {
    entry: lines[0]?.entry ?? atFirst(app),
    since: last ? { at: last.at, operator: last.operator } : null,
    testers: (await store.testers(app.db)).map(masked),
    history,
  }
}

/** @throws AppError `invalid-request` for a percentage or a department code that cannot be. */
export async function changeEntry(app: App, operator: Operator, entry: Entry): Promise<void> {
  if (entry.mode === 'gradual') checkGradual(entry)
  await changed(app, operator, async () => ({ what: 'mode', tester: null, entry }))
}

const DEPARTMENT = /^[\w.-]{1,32}$/

function checkGradual({ percent, departments }: Extract<Entry, { mode: 'gradual' }>): void {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100)
    throw new AppError('invalid-request', '比例须为 0 到 100 的整数。')
  const wrong = departments.find((code) => !DEPARTMENT.test(code))
  if (wrong !== undefined) throw new AppError('invalid-request', `科室编码不正确：${wrong}`)
}

/** @throws AppError `invalid-request` when the user is one already. */
export async function addTester(app: App, operator: Operator, userId: string): Promise<void> {
  if (!/^[\w-]{8,128}$/.test(userId))
    throw new AppError('invalid-request', '用户编号须为 8-128 位字母、数字、_ 或 -。')
  await changed(app, operator, async (trx) => {
    if (!(await store.addTester(trx, userId)))
      throw new AppError('invalid-request', '该用户已在测试名单中。')
    return { what: 'tester-added', tester: masked(userId), entry: await entryNow(app, trx) }
  })
}

/** @throws AppError `not-found` when the user is none. */
export async function removeTester(app: App, operator: Operator, userId: string): Promise<void> {
  await changed(app, operator, async (trx) => {
    if (!(await store.removeTester(trx, userId)))
      throw new AppError('not-found', '测试名单中没有该用户。')
    return { what: 'tester-removed', tester: masked(userId), entry: await entryNow(app, trx) }
  })
}

type Change = Pick<store.EntryChange, 'what' | 'tester' | 'entry'>

async function changed(
  app: App,
  operator: Operator,
  change: (trx: Db) => Promise<Change>,
): Promise<void> {
  await commitAs(app.db, 'entry-changed', async (trx) => {
    const version = ((await store.latest(trx))?.version ?? 0) + 1
    const line = { version, at: app.clock.now(), operator: operator.name, ...(await change(trx)) }
    if (!(await store.append(trx, line)))
      throw new AppError('invalid-request', '刚刚有人更改了入口，请查看后再试。')
  })
}

/** Enough to recognise somebody on a short list, too little to be that user. */
const masked = (userId: string): string => `${userId.slice(0, 2)}…${userId.slice(-4)}`
