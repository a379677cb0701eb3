import type { App } from '../../app.ts'
import { AppError, Secret } from '../../errors.ts'
import { ulid } from '../../payment/numbers.ts'
import * as checks from '../../store/one-card-checks.ts'
import type { CardHolder, Holder, ShownCode } from '../../upstreams/one-card.ts'
import { answerOf, personMark, platformOf } from './platform.ts'

/** Real-name check (实名认证): only an answer that says so is a match. */
export async function checkName(app: App, holder: Holder): Promise<boolean> {
  return answerOf(await platformOf(app).person(holder)).matches
}

/** Physical card (实体卡认证): read by the desk's reader, valid as the platform says. */
export async function checkCard(
  app: App,
  card: CardHolder,
): Promise<{ valid: boolean; state: string }> {
  return answerOf(await platformOf(app).card(card))
}

/** Electronic card shown at the desk (出示电子卡). */
export async function readShownCode(app: App, code: string): Promise<ShownCode> {
  return answerOf(await platformOf(app).shownCode(new Secret(code)))
}

// ---------------------------------------------------------------- checks that take a while

/** As long as our side waits for a face, a text message or a scan. */
const LIFE_MS = 300_000
/** Desks look often; the platform is asked no more than so. */
const ASK_EVERY_MS = 2_000

export interface Wish {
  /** Whose window or visit it is: nobody else can read or use the result. */
  readonly session: string
  readonly businessType: string
}

export interface Begun {
  readonly id: string
  readonly expiresAt: number
  /** What the holder opens or scans. */
  readonly page: string | null
  readonly qr: string | null
}

/** Real-person check (实人认证), for one business: its number is stored before it is asked for. */
export async function startPresence(app: App, wish: Wish & { holder: Holder }): Promise<Begun> {
  const platform = platformOf(app)
  const { businessType, holder } = wish
  const mark = personMark(app, holder.socialSecurityNo)
  const { id, expiresAt } = await begin(app, { ...wish, kind: 'presence', personMark: mark })
  const started = answerOf(await platform.startPresence({ requestNo: id, businessType, ...holder }))
  if (started.state === 'failed') await checks.move(app.db, id, { from: 'waiting', to: 'failed' })
  return { id, expiresAt, page: started.page, qr: null }
}

/** A code that the holder scans and agrees to (扫描二维码). */
export async function startScan(app: App, wish: Wish): Promise<Begun> {
  const platform = platformOf(app)
  const { businessType } = wish
  const { id, expiresAt } = await begin(app, { ...wish, kind: 'scan', personMark: null })
  const { qr } = answerOf(await platform.scanCode({ requestNo: id, businessType }))
  return { id, expiresAt, page: null, qr }
}

async function begin(
  app: App,
  wish: Wish & { kind: checks.OneCardCheck['kind']; personMark: string | null },
): Promise<{ id: string; expiresAt: number }> {
  const now = app.clock.now()
  const id = ulid(now, app.random)
  const expiresAt = now + LIFE_MS
  const { kind, businessType, personMark } = wish
  const sessionHash = app.hash(wish.session)
  const check = { id, kind, businessType, personMark, sessionHash, createdAt: now, expiresAt }
  await checks.begin(app.db, check)
  return { id, expiresAt }
}

interface Reading {
  readonly id: string
  readonly session: string
}

/** How it stands; another session's check does not exist. */
export async function readCheck(
  app: App,
  { id, session }: Reading,
): Promise<checks.OneCardCheck['state']> {
  const check = await checks.find(app.db, id)
  if (check === null || check.sessionHash !== app.hash(session)) throw new AppError('not-found')
  if (check.state !== 'waiting') return check.state
  const now = app.clock.now()
  if (!(await checks.mayAsk(app.db, id, { now, everyMs: ASK_EVERY_MS }))) return 'waiting'
  const state = await askHowItStands(app, check)
  if (state !== 'waiting') {
    await checks.move(app.db, id, { from: 'waiting', to: state })
    return state
  }
  if (now < check.expiresAt) return 'waiting'
  await checks.move(app.db, id, { from: 'waiting', to: 'expired' })
  return 'expired'
}

async function askHowItStands(
  app: App,
  { id, kind }: checks.OneCardCheck,
): Promise<'waiting' | 'passed' | 'failed' | 'expired'> {
  const platform = platformOf(app)
  const answer = kind === 'presence' ? await platform.presence(id) : await platform.scanned(id)
  if (answer.kind !== 'done') return 'waiting'
  const state = typeof answer.value === 'string' ? answer.value : answer.value.state
  // A word that nobody lists is no result.
  return state === 'unknown' ? 'waiting' : state
}

/**
 * Uses a check that passed, once and for the business it was made for.
 * @returns whom a scan named; null after a presence, whose person is known
 */
export async function useCheck(
  app: App,
  asked: Reading & { readonly businessType: string },
): Promise<CardHolder | null> {
  const state = await readCheck(app, asked)
  const check = await checks.find(app.db, asked.id)
  if (state !== 'passed' || check?.businessType !== asked.businessType)
    throw new AppError('authorisation-failed', '持卡人尚未通过认证，或认证已使用。')
  // Fetched before it is spent: a lost answer leaves it usable.
  const holder = check.kind === 'scan' ? await authorised(app, asked.id) : null
  if (!(await checks.move(app.db, asked.id, { from: 'passed', to: 'used' })))
    throw new AppError('authorisation-failed', '持卡人尚未通过认证，或认证已使用。')
  return holder
}

async function authorised(app: App, id: string): Promise<CardHolder> {
  const scanned = answerOf(await platformOf(app).scanned(id))
  if (scanned.state !== 'passed') throw new AppError('authorisation-failed')
  return scanned.holder
}
