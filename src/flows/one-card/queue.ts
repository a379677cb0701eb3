import { z } from 'zod'
import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { fen } from '../../payment/money.ts'
import { ulid } from '../../payment/numbers.ts'
import { nextTryAt } from '../../payment/one-card.ts'
import * as queue from '../../store/one-card-queue.ts'
import type { CardUse, GrantBatch, GrantResult } from '../../upstreams/one-card.ts'
import { askAboutOneCard, personMark, platformOf, tellOfDayOld, turnOf } from './platform.ts'

/**
 * A card use is recorded in real time (用卡记录, HN-95), and never in the way of a treatment: it is stored,
 * and the worker tells the platform as soon as the platform listens. The same number is one record.
 */
export async function recordUse(
  app: App,
  use: Omit<CardUse, 'recordNo'> & { readonly recordNo?: string | undefined },
): Promise<string> {
  platformOf(app)
  const now = app.clock.now()
  const recordNo = use.recordNo ?? ulid(now, app.random)
  const content = JSON.stringify({ ...use, recordNo })
  await store(app, {
    number: recordNo,
    kind: 'use-record',
    personMark: personMark(app, use.socialSecurityNo),
    content,
  })
  return recordNo
}

/** Benefits to be paid out (系统对接发放, HN-99): a batch number is one batch for ever. */
export async function grant(app: App, batch: GrantBatch): Promise<void> {
  platformOf(app)
  const content = JSON.stringify(batch)
  await store(app, { number: batch.batchNo, kind: 'grant', personMark: null, content })
}

async function store(
  app: App,
  item: Pick<queue.Queued, 'number' | 'kind' | 'personMark' | 'content'>,
): Promise<void> {
  const contentHash = app.hash(item.content)
  const isNew = await queue.put(app.db, { ...item, contentHash, createdAt: app.clock.now() })
  app.wake()
  if (isNew) return
  const known = await queue.find(app.db, item.number)
  if (known?.contentHash !== contentHash) throw new AppError('idempotency-key-reused')
}

export interface GrantReport {
  readonly batchNo: string
  readonly state: queue.Queued['state']
  readonly rows: GrantResult['rows']
}

export async function readGrant(app: App, batchNo: string): Promise<GrantReport> {
  const item = await queue.find(app.db, batchNo)
  if (item?.kind !== 'grant') throw new AppError('not-found')
  return { batchNo, state: item.state, rows: JSON.parse(item.results ?? '[]') }
}

// ---------------------------------------------------------------- the worker's part

/** Sends what is due. What was tried before is asked for first, where it can be asked for. */
export async function sendQueued(app: App, limit: number): Promise<void> {
  const numbers = await queue.dueNumbers(app.db, app.clock.now(), limit)
  for (const number of numbers) {
    const turn = turnOf(app)
    const item = await queue.take(app.db, number, turn)
    if (item === null) continue
    const next = item.kind === 'grant' ? await grantNow(app, item) : await recordNow(app, item)
    await queue.letGo(app.db, { number, owner: turn.owner }, next)
  }
}

type Next = Parameters<typeof queue.letGo>[2]

const NAMES = { 'use-record': '用卡记录', grant: '发放批次' } as const

async function later(app: App, item: queue.Queued, answer: string): Promise<Next> {
  const { number, kind, createdAt, tries } = item
  const sentence = `一卡通${NAMES[kind]} ${number} 超过一天仍未完成，系统仍在重试，请与平台核对。`
  await tellOfDayOld(app, { number, createdAt, sentence })
  return { answer, dueAt: nextTryAt(app.clock.now(), tries) }
}

const USE = z.object({
  recordNo: z.string(),
  name: z.string(),
  socialSecurityNo: z.string(),
  channel: z.string(),
  kind: z.string(),
  detail: z.string(),
  usedAt: z.number(),
})

/** Its number makes a repeat the same record, so a lost answer is simply sent again. */
async function recordNow(app: App, item: queue.Queued): Promise<Next> {
  const answer = await platformOf(app).recordUse(USE.parse(JSON.parse(item.content)))
  if (answer.kind === 'done') return { state: 'done', answer: null, dueAt: null }
  if (answer.kind === 'refused') return refused(app, item, `${answer.code} ${answer.message}`)
  return later(app, item, answer.kind)
}

const BATCH = z.object({
  batchNo: z.string(),
  benefitType: z.string(),
  rows: z.array(
    z.object({
      rowNo: z.number(),
      idType: z.string(),
      idNo: z.string(),
      name: z.string(),
      amountFen: z.number().transform((value) => fen(value)),
      detail: z.string(),
    }),
  ),
})

async function grantNow(app: App, item: queue.Queued): Promise<Next> {
  const platform = platformOf(app)
  if (item.tries > 1 || item.state === 'taken') {
    const known = await platform.granted(item.number)
    if (known.kind === 'done') return granted(app, item, known.value)
    // Money leaves by this call: only what the platform surely does not know is sent again.
    if (known.kind !== 'absent') return later(app, item, known.kind)
  }
  const answer = await platform.grant(BATCH.parse(JSON.parse(item.content)))
  if (answer.kind === 'refused') return refused(app, item, `${answer.code} ${answer.message}`)
  if (answer.kind !== 'done') return later(app, item, answer.kind)
  return { state: 'taken', answer: null, dueAt: nextTryAt(app.clock.now(), item.tries) }
}

/** Row by row: some may have failed, and it is over when none is pending. */
async function granted(app: App, item: queue.Queued, result: GrantResult): Promise<Next> {
  const asked = BATCH.parse(JSON.parse(item.content)).rows.map(({ rowNo }) => rowNo)
  const rows = result.rows.filter(({ rowNo }) => asked.includes(rowNo))
  const told = new Set(rows.filter(({ state }) => state !== 'pending').map(({ rowNo }) => rowNo))
  const results = JSON.stringify(rows)
  const isOver = asked.every((rowNo) => told.has(rowNo))
  if (!isOver) return { ...(await later(app, item, 'pending')), state: 'taken', results }
  if (rows.some(({ state }) => state === 'failed'))
    await askAboutOneCard(app, app.db, {
      kind: 'one-card-refused',
      number: item.number,
      sentence: `一卡通发放批次 ${item.number} 有明细发放失败，请核对后另行办理。`,
    })
  return { state: 'done', results, answer: null, dueAt: null }
}

async function refused(app: App, item: queue.Queued, answer: string): Promise<Next> {
  // A first refusal of the gateway is configuration and may be corrected; it stays due, with an owner.
  await askAboutOneCard(app, app.db, {
    kind: 'one-card-refused',
    number: item.number,
    sentence: `一卡通平台拒绝受理（${answer.slice(0, 100)}），纠正后系统会继续发送。`,
  })
  return { answer, dueAt: nextTryAt(app.clock.now(), 10) }
}
