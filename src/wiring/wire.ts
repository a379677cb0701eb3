import type { Clock } from '../clock.ts'
import type { Settings } from '../config.ts'
import {
  type Sm2Engine,
  type Sm2PublicKey,
  sm2KeyText,
  sm2PrivateKey,
  sm2PublicKey,
} from '../crypto/sm2.ts'
import { Secret } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Random } from '../payment/numbers.ts'
import { askAgain } from '../upstreams/ask-again.ts'
import type { RecordExchange } from '../upstreams/exchange.ts'
import type { Send } from '../upstreams/http-client.ts'
import type { Answer } from '../upstreams/upstream.ts'

/** What every upstream is built from; `send` and `recordExchange` are handed in. */
export interface Wire {
  readonly settings: Settings
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly engine: Sm2Engine
  readonly send: Send
  readonly recordExchange: RecordExchange
}

/** Checked by `config/rules.ts`: what is needed together is there together. */
export function given<K extends keyof Settings>(
  settings: Settings,
  name: K,
): NonNullable<Settings[K]> {
  const value = settings[name]
  if (value === undefined || value === null) throw new Error(`${name} is missing`)
  return value
}

/** What every adapter takes. */
export function base(wire: Wire) {
  return {
    send: wire.send,
    recordExchange: wire.recordExchange,
    now: wire.clock.now,
    random: wire.random,
    timeoutMs: wire.settings.CALL_TIMEOUT_MS,
  }
}

export const publicKeys = (texts: readonly string[]): Sm2PublicKey[] =>
  texts.map((text) => sm2PublicKey(sm2KeyText(text)))

export const privateKey = (secret: Secret) => sm2PrivateKey(sm2KeyText(secret.reveal()))

export const bytesOf = (secret: Secret): Secret<Buffer> =>
  new Secret(Buffer.from(secret.reveal(), 'hex'))

/** A question outside the schedule is put twice before it counts as unanswered. */
export const twice =
  (wire: Wire) =>
  <Q, T>(question: (asked: Q) => Promise<Answer<T>>) =>
  (asked: Q): Promise<Answer<T>> =>
    askAgain(() => question(asked), { tries: 2, pause: (ms) => wire.clock.sleep(ms) })
