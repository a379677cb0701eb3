import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { nonce } from '../payment/numbers.ts'
import * as idempotencyKeys from '../store/idempotency-keys.ts'

/** One request that names itself by an `Idempotency-Key`. */
export interface NamedRequest {
  readonly caller: string
  readonly method: string
  readonly path: string
  readonly key: string
  /** As received: bodies are compared as bytes. */
  readonly body: Buffer
}

/** An answer in full, so that a repeat gets the very same. */
export interface Answered {
  readonly status: number
  readonly body: string
}

/** Longer than any request may wait; after it an interrupted one runs again (flows are idempotent). */
const RUNNING_MS = 30_000

/**
 * Runs `work` once a key: a repeat gets the stored answer. What may still turn out otherwise (5xx,
 * 202) is not stored. The key's scope is caller, method and path, so that nobody meets another's.
 * @throws AppError `idempotency-key-reused`, `request-in-progress`
 */
export async function onceOnly(
  app: App,
  request: NamedRequest,
  work: () => Promise<Answered>,
): Promise<Answered> {
  const { caller, method, path, key, body } = request
  const scope = app.hash(JSON.stringify([caller, method, path, key]))
  const owner = nonce(app.random)
  const now = app.clock.now()
  const until = now + RUNNING_MS
  // latin1 maps bytes to characters one to one, so the hash is over the bytes.
  const bodyHash = app.hash(body.toString('latin1'))
  const known = await idempotencyKeys.begin(app.db, { scope, bodyHash, owner, now, until })
  switch (known.kind) {
    case 'answered':
      return { status: known.status, body: known.body }
    case 'other-body':
      throw new AppError('idempotency-key-reused')
    case 'running':
      throw new AppError('request-in-progress')
    case 'yours':
      return answerFor(app, { scope, owner }, work)
  }
}

async function answerFor(
  app: App,
  key: { scope: string; owner: string },
  work: () => Promise<Answered>,
): Promise<Answered> {
  let answered: Answered | null = null
  try {
    answered = await work()
    return answered
  } finally {
    const final = answered !== null && answered.status < 500 && answered.status !== 202
    if (answered !== null && final) await idempotencyKeys.answer(app.db, key, answered)
    else await idempotencyKeys.abandon(app.db, key)
  }
}
