/**
 * `npm run canary`: plants secrets and persons that cannot be mistaken, lets the service run through
 * payments and failures, and searches database, log, answers and temporary files for them (SC-S08).
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { secureRandom } from '../src/clock.ts'
import { readSettings } from '../src/config.ts'
import { Secret } from '../src/errors.ts'
import { makeParameters } from '../src/sandbox/parameters.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { type CanaryDatabase, filesBelow, mysqlDatabase, sqliteDatabase } from './canary/places.ts'
import { callbackRelay, freePort } from './canary/relay.ts'
import { blindSpots, type Canary, FORMS, search, type Source } from './canary/search.ts'
import { misbehave, payBill, type Stage } from './canary/story.ts'
import { sandboxEnvironment } from './sandbox-environment.ts'

const HELP = `用法：npm run canary -- [--database sqlite|mysql]

  埋入可辨认的密钥和个人信息，跑一遍支付与异常，再在数据库、日志、应答、临时文件中查找。
  mysql 用 TEST_DATABASE_URL 或 mysql://root@127.0.0.1:3306（能建库和建用户的账号），用完删除
退出码：0 没有发现，1 有发现或没有跑通，2 用法有误。`

/** Payments that succeed, fail, are lost, forged and refunded (suffixes: src/sandbox/README.md). */
const SUFFIXES = 'I M S MF01 MF05 MF06 MF08 MF10 MF15 MF16 MF17 MF19 MF26 MF28 MF30 MF33 MF34'
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

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Folders of one search; everything the service writes to a file lands below `home`. */
interface Home {
  readonly home: string
  readonly log: string
  readonly tmp: string
}

function makeHome(): Home {
  const home = mkdtempSync(join(tmpdir(), 'jianlian-canary-'))
  const tmp = join(home, 'tmp')
  mkdirSync(tmp)
  return { home, tmp, log: join(home, 'service.log') }
}

type Environment = Record<string, string>

/** One of our programs, with nothing of our own environment; what it prints goes to the log. */
function launch(script: string, from: { words: string[]; environment: Environment; at: Home }) {
  const log = openSync(from.at.log, 'a')
  const child = spawn(process.execPath, [join(ROOT, script), ...from.words], {
    cwd: from.at.tmp,
    env: { ...from.environment, TMPDIR: from.at.tmp },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  return child
}

async function ended(child: ReturnType<typeof launch>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Runs to its end; used for starts that must fail and for the operators' command. */
async function runOnce(
  script: string,
  from: { words?: string[]; environment: Environment; at: Home },
): Promise<void> {
  await ended(launch(script, { words: [], ...from }))
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
async function failToStart(environment: Environment, at: Home): Promise<Canary[]> {
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
  readonly rested: Map<string, string>
}

async function run(database: CanaryDatabase, at: Home): Promise<Run> {
  const parameters = makeParameters(secureRandom)
  const sandbox = await startSandbox({ parameters, timeScale: 0.05 })
  const relay = await callbackRelay(() => stage)
  const port = await freePort()
  const probePort = await freePort()
  const patientSecret = randomBytes(24).toString('hex')
  const environment = {
    ...sandboxEnvironment(parameters, {
      sandboxUrl: sandbox.url,
      publicUrl: relay.url,
      databaseUrl: database.url,
      keyEncryptionKey: randomBytes(16).toString('hex'),
      patientSecret,
    }),
    ...SETTINGS,
    HTTP_PORT: String(port),
    PROBE_PORT: String(probePort),
  }
  const stage: Stage = {
    serviceUrl: `http://127.0.0.1:${port}`,
    probeUrl: `http://127.0.0.1:${probePort}`,
    sandboxUrl: sandbox.url,
    patientSecret,
    answers: [],
    canaries: [...secretsOf(environment), ...database.canaries],
  }
  const service = launch('scripts/service-process.ts', { words: [], environment, at })
  try {
    await Promise.race([once(service, 'message'), ended(service)])
    const rested = await payments(stage)
    await misbehave(stage)
    await runOnce('scripts/work-items.ts', { environment, at })
    stage.canaries.push(
      ...(await failToStart(environment, at)),
      ...issued(sandbox.context.registry),
    )
    const db = await database.sources()
    service.kill('SIGTERM')
    await ended(service)
    const places = new Map(Object.entries({ db, answers: stage.answers, ...writtenTo(at) }))
    return { canaries: stage.canaries, places, rested }
  } finally {
    service.kill('SIGKILL')
    relay.stop()
    await sandbox.stop()
  }
}

/** What the service printed, and every file that it left in its folders. */
function writtenTo(at: Home): Record<'log' | 'tmp', Source[]> {
  const files = filesBelow(at.home)
  return {
    log: files.filter(({ name }) => name === 'service.log'),
    tmp: files.filter(({ name }) => name.startsWith('tmp')),
  }
}

async function payments(stage: Stage): Promise<Map<string, string>> {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
  const bills = SUFFIXES.split(' ').map((suffix, at) => ({
    billNo: `MZ${day}${String(at).padStart(6, '0')}-${suffix}`,
    payMode: suffix === 'S' ? 'self-pay' : 'insurance',
  }))
  const rested = new Map<string, string>()
  const pay = async ({ billNo, payMode }: (typeof bills)[number]): Promise<void> => {
    rested.set(billNo, await payBill(stage, billNo, payMode))
  }
  await Promise.all(bills.map(pay))
  return rested
}

/** What the upstreams gave out while it ran: payAuthNo and payToken. */
function issued(registry: {
  payAuthNos: ReadonlyMap<string, { billNo: string }>
  uploads: ReadonlyMap<string, object>
}): Canary[] {
  const auths = [...registry.payAuthNos].map(([text, { billNo }]) => ({
    what: `payAuthNo of ${billNo}`,
    text,
  }))
  const tokens = [...registry.uploads].flatMap(([payOrdId, upload]) =>
    'payToken' in upload
      ? [{ what: `payToken of ${payOrdId}`, text: String(upload.payToken) }]
      : [],
  )
  return [...auths, ...tokens]
}

// ---------------------------------------------------------------- the report

/** @returns why a search that found nothing would prove nothing; empty when it does. */
function doubts({ canaries, places, rested }: Run): string[] {
  const statuses = [...rested.values()]
  const bills = [...rested.keys()].map((text) => ({ what: text, text }))
  const seen = search(bills, places)
  const unseen = (where: string) =>
    bills.filter(({ what }) => !seen.some((one) => one.canary === what && one.place === where))
  return [
    ...['db', 'answers'].flatMap((place) =>
      unseen(place).map(({ what }) => `even ${what} is not in ${place}`),
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
    console.log(`${name.padEnd(9)}${sources.length} sources, ${sizeOf(sources)} bytes`)
  const findings = search(canaries, places)
  for (const { canary, place, source, form } of findings)
    console.log(`FOUND ${canary} (${form}) in ${place}: ${source}`)
  const doubt = doubts(found)
  for (const why of doubt) console.log(`DOUBT ${why}`)
  const names = ['db', 'log', 'answers', 'tmp'].join(', ')
  const forms = FORMS.join(', ')
  console.log(`${canaries.length} canaries × {${names}} × {${forms}}: ${findings.length} found`)
  return findings.length + doubt.length === 0 ? 0 : 1
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: 'sqlite' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const server = process.env['TEST_DATABASE_URL'] ?? 'mysql://root@127.0.0.1:3306'
  const known = values.database === 'sqlite' || values.database === 'mysql'
  if (values.help || !known) {
    console.log(HELP)
    return values.help ? 0 : 2
  }
  const at = makeHome()
  const database =
    values.database === 'sqlite' ? sqliteDatabase(at.home) : await mysqlDatabase(server)
  try {
    return report(await run(database, at))
  } finally {
    await database.remove()
    rmSync(at.home, { recursive: true, force: true })
  }
}

process.exitCode = await main()
