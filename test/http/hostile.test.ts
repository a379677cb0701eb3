/** Every endpoint and every callback with what nobody should send. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { type App, assemble } from '../../src/app.ts'
import { readSettings } from '../../src/config.ts'
import { ERRORS } from '../../src/errors.ts'
import { bankCallbacks, SETTLEMENT_NOTICE } from '../../src/http/callbacks.ts'
import type { Endpoint } from '../../src/http/endpoint.ts'
import { answered, type Reply } from '../../src/http/errors.ts'
import { HIS_ONE_CARD } from '../../src/http/his-one-card.ts'
import { HIS_ENDPOINTS, type Hospital } from '../../src/http/his.ts'
import { HRSS_PAY_CALLS } from '../../src/http/hrss-pay-calls.ts'
import { ONE_CARD_ENDPOINTS } from '../../src/http/one-card-calls.ts'
import { CHARGE_NOTICE } from '../../src/http/his-one-code.ts'
import { type Patient, PATIENT_ENDPOINTS } from '../../src/http/orders.ts'
import { createLogger } from '../../src/logger.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { migrate, openDatabase } from '../../src/store/database.ts'
import { serve, type Served } from '../support/app.ts'
import { allowed, bodyOf, bytes, CANARY, odd, objectOf } from '../support/hostile.ts'
import { UNLIMITED } from '../support/http-client.ts'
import { seededRandom } from '../support/random.ts'
import { testSealer } from '../support/sealer.ts'

const NOW = Date.parse('2026-11-20T09:00:00+08:00')
const RUNS = 40
/** Each of them looks at every table. */
const EDGES = 15
const MEANT_TO_LAST = 60_000

/** The real adapters of every system, and nobody at the other end of any line. */
async function alone(): Promise<App> {
  const environment = sandboxEnvironment(makeParameters(seededRandom(7), { alipay: true }), {
    sandboxUrl: 'http://127.0.0.1:1',
    publicUrl: 'http://127.0.0.1:2',
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'x'.repeat(32),
  })
  const settings = readSettings({ ...environment, ...UNLIMITED, LIMIT_PER_IP: '999999' })
  const db = openDatabase('sqlite::memory:', { sealer: testSealer })
  await migrate(db)
  const { app } = assemble(settings, {
    clock: { now: () => NOW, sleep: async () => {} },
    random: seededRandom(1),
    log: createLogger('silent'),
    engine: 'native',
    db,
    send: async () => ({ kind: 'unknown', cause: 'timeout' }),
  })
  return app
}

let app: App
let served: Served
beforeAll(async () => {
  app = await alone()
  served = await serve(app)
})
afterAll(async () => {
  await served.close()
  await app.db.q.destroy()
})

/** What was said and heard is noted, and messages are known again: nothing else may change. */
const NOTED = /^(exchanges|nonces|idempotency_keys|knex_|sqlite_)/

async function everything({ db: { q } }: App): Promise<string> {
  const tables: { name: string }[] = await q('sqlite_master').where({ type: 'table' })
  const kept = tables.map(({ name }) => name).filter((name) => !NOTED.test(name))
  return JSON.stringify(await Promise.all(kept.map(async (name) => [name, await q(name).select()])))
}

/** No bug of ours; and a refusal in our own form, with a code of our list. */
function expectAnswer(reply: Pick<Reply, 'status' | 'body' | 'contentType'>): void {
  expect(reply.status, reply.body).not.toBe(500)
  if (reply.status < 400) return
  expect(reply.contentType).toMatch(/^application\/problem\+json/)
  const { code }: { code?: string } = JSON.parse(reply.body)
  expect(Object.keys(ERRORS)).toContain(code)
}

const namesOf = (schema: z.ZodType): string[] =>
  Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {})

const PATIENT: Patient = {
  subject: 'openid-1',
  userId: 'openid-1',
  patientIds: ['P0001'],
  ip: '10.0.0.1',
  deviceId: 'device-1',
}

const inPathOf = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)

const paramOf = fc.oneof(odd.map(String), fc.constant('01JD0000000000000000000000'))

async function tryAll<Who>({ path, body, query, handle }: Endpoint<Who>, who: Who) {
  const before = await everything(app)
  const inPath = inPathOf(path)
  const given = fc.record({
    params: fc
      .array(paramOf, { minLength: inPath.length, maxLength: inPath.length })
      .map((values) => Object.fromEntries(inPath.map((each, at) => [each, values[at] ?? '']))),
    query: objectOf(namesOf(query)),
    body: bodyOf(namesOf(body)),
  })
  await fc.assert(
    fc.asyncProperty(given, async (incoming) => {
      const reply = await answered(app, () => handle(app, { who, ...incoming }))
      expectAnswer(reply)
      expect(reply.body).not.toContain(CANARY)
    }),
    { numRuns: RUNS },
  )
  expect(await everything(app)).toBe(before)
}

const named = <E extends { method: string; path: string }>(endpoints: readonly E[]) =>
  endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const)

describe('[SC-S02] hostile input', () => {
  it.each(named(PATIENT_ENDPOINTS))(
    'of a patient at %s is refused in words and changes nothing',
    (_, endpoint) => tryAll(endpoint, PATIENT),
    MEANT_TO_LAST,
  )

  const HIS: readonly Endpoint<Hospital>[] = [...HIS_ENDPOINTS, ...HIS_ONE_CARD]
  it.each(named(HIS))(
    'of a desk at %s is refused in words and changes nothing',
    (_, endpoint) => tryAll(endpoint, 'his'),
    MEANT_TO_LAST,
  )
})

const drawn = (schema: z.ZodType) =>
  allowed(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))

/** Upstreams are silent: whatever is not accepted has left no order, payment or refund behind. */
async function tryEdges<Who>({ path, body, query, handle }: Endpoint<Who>, who: Who) {
  const inPath = inPathOf(path)
  const given = fc.record({ query: drawn(query), body: drawn(body), id: paramOf })
  let rows = await everything(app)
  await fc.assert(
    fc.asyncProperty(given, async ({ id, ...said }) => {
      const sent = { ...said, body: Buffer.from(JSON.stringify(said.body)) }
      const params = Object.fromEntries(inPath.map((name) => [name, id]))
      const reply = await answered(app, () => handle(app, { who, params, ...sent }))
      expectAnswer(reply)
      const after = await everything(app)
      if (reply.status >= 400 && reply.status < 500) expect(after).toBe(rows)
      rows = after
    }),
    { numRuns: EDGES },
  )
}

describe('[SC-S02] what the contract lets in at its edges', () => {
  it.each(named(PATIENT_ENDPOINTS))(
    'of a patient at %s',
    (_, endpoint) => tryEdges(endpoint, PATIENT),
    MEANT_TO_LAST,
  )
  it.each(named([...HIS_ENDPOINTS, ...HIS_ONE_CARD]))(
    'of a desk at %s',
    (_, endpoint) => tryEdges(endpoint, 'his'),
    MEANT_TO_LAST,
  )
})

// ---------------------------------------------------------------- over the wire

const CALLBACKS = [
  ...bankCallbacks({ name: 'icbc' }).map(({ path }) => path),
  SETTLEMENT_NOTICE.path,
  CHARGE_NOTICE.path,
  ...HRSS_PAY_CALLS.map(({ path }) => path),
]
/** The words of all their envelopes. */
const MEMBERS = `from api app_id charset format timestamp biz_content sign_type sign appId encType
  signType version encData signData data transType code message success access_token outTradeNo
  status mchOrderId`.split(/\s+/)
const TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=UTF-8',
  'text/plain',
]

const form = objectOf(MEMBERS).map((members) => {
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(members)) fields.set(name, JSON.stringify(value))
  return Buffer.from(fields.toString())
})
const header = fc.stringMatching(/^[ -~]{0,80}$/)
const signedHeaders = fc.dictionary(
  fc.constantFrom('x-app-id', 'x-timestamp', 'x-nonce', 'x-signature', 'authorization'),
  fc.oneof(header, fc.constantFrom(String(NOW), 'Bearer x', 'Bearer a.b.c', '0'.repeat(128))),
)

async function say(path: string, said: { headers: Record<string, string>; body: Buffer }) {
  const response = await fetch(served.url + path, {
    method: 'POST',
    headers: said.headers,
    body: new Uint8Array(said.body),
  })
  const contentType = response.headers.get('content-type') ?? ''
  return { status: response.status, contentType, body: await response.text() }
}

const message = fc
  .tuple(fc.constantFrom(...TYPES), signedHeaders, fc.oneof(form, bodyOf(MEMBERS), bytes))
  .map(([type, headers, body]) => ({ headers: { ...headers, 'content-type': type }, body }))

describe('[SC-S02] a hostile message from outside', () => {
  it.each(CALLBACKS)(
    'at %s is answered without a word of it, and is no news',
    async (path) => {
      const before = await everything(app)
      await fc.assert(
        fc.asyncProperty(message, async (said) => {
          const reply = await say(path, said)
          expectAnswer(reply)
          expect(reply.body).not.toContain(CANARY)
        }),
        { numRuns: RUNS },
      )
      expect(await everything(app)).toBe(before)
    },
    MEANT_TO_LAST,
  )

  it.each(ONE_CARD_ENDPOINTS.map(({ path }) => path))(
    'at %s is refused in the form of the platform',
    async (path) => {
      const before = await everything(app)
      await fc.assert(
        fc.asyncProperty(message, async (said) => {
          const { status, body } = await say(path, said)
          expect(status, body).not.toBe(500)
          expect(body).not.toContain(CANARY)
        }),
        { numRuns: RUNS },
      )
      expect(await everything(app)).toBe(before)
    },
    MEANT_TO_LAST,
  )

  it('without a token of ours is nobody, at every endpoint', async () => {
    const before = await everything(app)
    const calls = [...PATIENT_ENDPOINTS, ...HIS_ENDPOINTS].filter(({ method }) => method === 'post')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...calls), message, async ({ path }, said) => {
        const reply = await say(path.replaceAll(/\{\w+\}/g, 'X1'), said)
        expectAnswer(reply)
        expect(reply.status).toBe(401)
      }),
      { numRuns: 2 * RUNS },
    )
    expect(await everything(app)).toBe(before)
  })
})
