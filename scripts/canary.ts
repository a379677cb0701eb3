/**
 * `npm run canary`: plants secrets and persons that cannot be mistaken, lets the service run through
 * payments and failures, and searches database, log, answers and the files that it left for them (SC-S08).
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { secureRandom } from '../src/clock.ts'
import { readSettings } from '../src/config.ts'
import { Secret } from '../src/errors.ts'
import { makeParameters } from '../src/sandbox/parameters.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { fillForms } from './canary/forms.ts'
import { type CanaryDatabase, mysqlDatabase, sqliteDatabase } from './canary/places.ts'
import {
  ended,
  type Environment,
  FOLDERS,
  launch,
  makePlace,
  type Place,
  runOnce,
  writtenTo,
} from './canary/programs.ts'
import { callbackRelay, freePort } from './canary/relay.ts'
import { blindSpots, type Canary, FORMS, search, type Source } from './canary/search.ts'
import { misbehave, payBill, type Stage } from './canary/story.ts'
import { otherSystems } from './canary/systems.ts'
import { oneOf, readCommandLine } from './parts/command-line.ts'
import { hisCalls } from './parts/his-calls.ts'
import type { Scene } from './matrix/systems/case.ts'
import { sandboxEnvironment } from './parts/sandbox-environment.ts'

const USAGE = {
  command: 'npm run canary',
  help: `npm run canary [-- --database sqlite|mysql]

  Plants secrets and persons that cannot be mistaken, lets the service pay and fail, fills in the forms
  of Annex A, and searches database, log, answers and every file that was left in its folders for
  them, in plain, hex and base64.

  --database   sqlite (default) or mysql: TEST_DATABASE_URL or mysql://root@127.0.0.1:3306, an account
               that may create databases and accounts; what it creates it removes again

Exit code: 0 nothing found, 1 something found or the search would prove nothing, 2 wrong use.

Examples:
  npm run canary
  npm run canary -- --database mysql`,
}

/** Payments that succeed, fail, are lost, forged and refunded (suffixes: src/sandbox/README.md). */
const SUFFIXES = 'I M S MF01 MF05 MF06 MF08 MF10 MF15 MF16 MF17 MF19 MF26 MF28 MF30 MF33 MF34 MF41'
/** Refunds that lose answers, stop, are refused or go on under another number. */
const REFUND_SUFFIXES = 'IR02 MR01 MR03 MR05 MR07 MR09 MR10 SR07'
/** Where Alipay speaks a language of its own. */
const ALIPAY_SUFFIXES = 'I M S MF05 MF41 MF42'
/** More at once would only be slow. */
const AT_ONCE = 8
/** A hurried schedule, no limits, and the optional secrets too. */
const SETTINGS = {
  LOG_LEVEL: 'debug',
  SCHEDULE_FIRST_DELAY_MS: '1000',
  SCHEDULE_PERIOD_MS: '250',
  SCHEDULE_WINDOW_MS: '3000',
  SCHEDULE_QUESTION_TIMEOUT_MS: '240',
  SCHEDULE_TAIL_GAPS_MS: '1500,3000,6000',
  SCHEDULE_TAIL_PERIOD_MS: '30000',
  SCHEDULE_TAIL_END_MS: '360000',
  RETRY_FIRST_MS: '50',
  EXEMPT_NETWORKS: '127.0.0.0/8',
  LIMIT_PER_IP: '100000',
  LIMIT_PER_DEVICE: '100000',
  LIMIT_PER_DEVICE_PAYING: '100000',
  INSURANCE_TIF_PAAS_ID: 'paas',
  INSURANCE_TIF_SECRET: randomBytes(16).toString('hex'),
  INSURANCE_CSB_ACCESS_KEY: 'access',
  INSURANCE_CSB_SECRET_KEY: randomBytes(16).toString('hex'),
}

/** Every secret of the settings, as their types say; the optional ones are planted as well. */
function secretsOf(environment: Environment): Canary[] {
  return Object.entries(readSettings(environment)).flatMap(([name, value]) => {
    if (!(value instanceof Secret) || name === 'DATABASE_URL') return []
    const text: unknown = value.reveal()
    return typeof text === 'string' ? [{ what: name, text }] : []
  })
}

/** Messages about a wrong setting or an unreachable database must not show the setting. */
async function failToStart(environment: Environment, at: Place): Promise<Canary[]> {
  const password = randomBytes(16).toString('hex')
  const wrong: Environment[] = [
    { ...environment, ICBC_PRIVATE_KEY: `${environment['ICBC_PRIVATE_KEY'] ?? ''}00` },
    { ...environment, HIS_PRIVATE_KEY: `-----BEGIN PRIVATE KEY-----\n${password}` },
    { ...environment, KEY_ENCRYPTION_KEY: `${environment['KEY_ENCRYPTION_KEY'] ?? ''}0` },
    { ...environment, DATABASE_URL: `mysql://root:${password}@127.0.0.1:9/none` },
    { ...environment, DATABASE_URL: `postgres://root:${password}@127.0.0.1/none` },
    { ...environment, ENVIRONMENT: 'production' },
  ]
  for (const one of wrong) await runOnce('src/main.ts', { environment: one, at })
  return [{ what: 'password of a database out of reach', text: password }]
}

interface Run {
  readonly canaries: Canary[]
  readonly places: Map<string, Source[]>
  /** Was left in every folder of the service, on purpose. */
  readonly planted: Canary
  readonly rested: Map<string, string>
}

const freshSecret = (bytes: number): string => randomBytes(bytes).toString('hex')

async function run(database: CanaryDatabase, at: Place): Promise<Run> {
  const parameters = makeParameters(secureRandom, { alipay: true })
  const sandbox = await startSandbox({ parameters, timeScale: 0.05 })
  const relay = await callbackRelay(() => stage)
  const [port, probePort] = [await freePort(), await freePort()]
  const patientSecret = freshSecret(24)
  const urls = { sandboxUrl: sandbox.url, publicUrl: relay.url, databaseUrl: database.url }
  const environment = {
    ...sandboxEnvironment(parameters, {
      ...urls,
      keyEncryptionKey: freshSecret(16),
      patientSecret,
    }),
    ...SETTINGS,
    HTTP_PORT: `${port}`,
    PROBE_PORT: `${probePort}`,
  }
  const stage: Stage = {
    serviceUrl: `http://127.0.0.1:${port}`,
    probeUrl: `http://127.0.0.1:${probePort}`,
    sandboxUrl: sandbox.url,
    patientSecret,
    answers: [],
    canaries: [...secretsOf(environment), ...database.canaries],
  }
  const service = launch('scripts/parts/service-process.ts', { environment, at })
  try {
    await Promise.race([once(service, 'message'), ended(service)])
    const rested = await stories(stage, { sandbox, parameters, serviceUrl: relay.url })
    await runOnce('scripts/work-items.ts', { environment, at })
    stage.canaries.push(
      ...(await failToStart(environment, at)),
      ...(await fillForms(environment, at)),
      ...issued(sandbox.context.registry),
    )
    const db = await database.sources()
    service.kill('SIGTERM')
    await ended(service)
    const { log, files, planted } = await writtenTo(at)
    const places = new Map(Object.entries({ db, log, answers: stage.answers, files }))
    return { canaries: stage.canaries, places, planted, rested }
  } finally {
    service.kill('SIGKILL')
    relay.stop()
    await sandbox.stop()
  }
}

/** HIS's calls and the platforms' pass through the relay: their answers are searched too. */
async function stories(stage: Stage, from: Omit<Scene, 'his'>): Promise<Map<string, string>> {
  const scene = { ...from, his: hisCalls(from.serviceUrl, from.parameters) }
  const rested = await payments(stage)
  for (const [billNo, status] of await otherSystems(scene, stage.canaries))
    rested.set(billNo, status)
  await misbehave(stage)
  return rested
}

async function payments(stage: Stage): Promise<Map<string, string>> {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const wishes = [
    ...[...SUFFIXES.split(' '), ...REFUND_SUFFIXES.split(' ')].map((suffix) => ({
      suffix,
      channel: 'wechat',
    })),
    ...ALIPAY_SUFFIXES.split(' ').map((suffix) => ({ suffix, channel: 'alipay' })),
  ]
  const bills = wishes.map(({ suffix, channel }, at) => ({
    billNo: `MZ${day}${String(at).padStart(6, '0')}-${suffix}`,
    payMode: suffix.startsWith('S') ? 'self-pay' : 'insurance',
    channel,
  }))
  const rested = new Map<string, string>()
  const pay = async (bill: (typeof bills)[number]): Promise<void> => {
    rested.set(bill.billNo, await payBill(stage, bill))
  }
  const waiting = [...bills]
  const next = async (): Promise<void> => {
    for (let bill = waiting.shift(); bill; bill = waiting.shift()) await pay(bill)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return rested
}

/** What the upstreams gave out while it ran: payAuthNo with a relative's number, tokens. */
function issued(registry: {
  payAuthNos: ReadonlyMap<string, { billNo: string; payer?: { idNo: string } }>
  alipay: { tokens: ReadonlyMap<string, { billNo: string | null }> }
  uploads: ReadonlyMap<string, object>
}): Canary[] {
  const auths = [...registry.payAuthNos].flatMap(([text, { billNo, payer }]) => [
    { what: `payAuthNo of ${billNo}`, text },
    ...(payer ? [{ what: `payer of ${billNo}`, text: payer.idNo }] : []),
  ])
  const access = [...registry.alipay.tokens].map(([text, { billNo }]) => ({
    what: `access token of ${billNo}`,
    text,
  }))
  const tokens = [...registry.uploads].flatMap(([payOrdId, upload]) =>
    'payToken' in upload
      ? [{ what: `payToken of ${payOrdId}`, text: String(upload.payToken) }]
      : [],
  )
  return [...auths, ...access, ...tokens]
}

// ---------------------------------------------------------------- the report

/** @returns why a search that found nothing would prove nothing; empty when it does. */
function doubts({ canaries, places, planted, rested }: Run): string[] {
  const statuses = [...rested.values()]
  const bills = [...rested.keys()].map((text) => ({ what: text, text }))
  const seen = search(bills, places)
  const found = search([planted], places)
  const unseen = (where: string) =>
    bills.filter(({ what }) => !seen.some((one) => one.canary === what && one.place === where))
  return [
    ...['db', 'answers'].flatMap((place) =>
      unseen(place).map(({ what }) => `even ${what} is not in ${place}`),
    ),
    ...FOLDERS.filter((folder) => !found.some(({ source }) => source.startsWith(`${folder}/`))).map(
      (folder) => `even the planted file is not found in ${folder}`,
    ),
    ...(sizeOf(places.get('log')) < 1_000 ? ['the log is nearly empty'] : []),
    ...['paid', 'refunded', 'failed', 'needs-review']
      .filter((status) => !statuses.includes(status))
      .map((status) => `no order came to rest in ${status}`),
    ...blindSpots(canaries).map((what) => `the search would miss ${what}`),
  ]
}

const sizeOf = (sources: readonly Source[] = []): number =>
  sources.reduce((total, { bytes }) => total + bytes.length, 0)

function report(found: Run): number {
  const { canaries, places, rested } = found
  for (const [billNo, status] of rested) console.log(`${billNo.padEnd(28)}${status}`)
  console.log('')
  for (const [name, sources] of places)
    console.log(`${name.padEnd(9)}${sources.length} searched, ${sizeOf(sources)} bytes`)
  console.log(
    `         of the files ${FOLDERS.length} were planted, to prove that one would be found`,
  )
  const findings = search(canaries, places)
  for (const { canary, place, source, form } of findings)
    console.log(`FOUND ${canary} (${form}) in ${place}: ${source}`)
  const doubt = doubts(found)
  for (const why of doubt) console.log(`DOUBT ${why}`)
  const names = [...places.keys()].join(', ')
  const forms = FORMS.join(', ')
  console.log(`${canaries.length} canaries × {${names}} × {${forms}}: ${findings.length} found`)
  return findings.length + doubt.length === 0 ? 0 : 1
}

async function main(): Promise<number> {
  const { values } = readCommandLine(USAGE, { database: { type: 'string', default: 'sqlite' } })
  const choice = {
    option: '--database',
    given: values.database,
    known: ['sqlite', 'mysql'],
  } as const
  const kind = oneOf(USAGE, choice)
  const server = process.env['TEST_DATABASE_URL'] ?? 'mysql://root@127.0.0.1:3306'
  const at = makePlace()
  const database = kind === 'sqlite' ? sqliteDatabase(at.folder) : await mysqlDatabase(server)
  try {
    return report(await run(database, at))
  } finally {
    await database.remove()
    rmSync(at.folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
