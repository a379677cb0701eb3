/** An app on a virtual clock and a real database, with upstreams of a few lines that say yes. */
import { pino } from 'pino'
import { asPayAuthNo } from '../../src/payment/authorisation.ts'
import { type App, breakersOf } from '../../src/app.ts'
import { readSettings, type Settings } from '../../src/config.ts'
import { BANK_NEEDS } from '../../src/config/rules.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { sm3Hex } from '../../src/crypto/sm3.ts'
import { Secret } from '../../src/errors.ts'
import { createHttp } from '../../src/http/server.ts'
import { currentTrace } from '../../src/logger.ts'
import type { Amounts } from '../../src/payment/amounts.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import type { Bill } from '../../src/payment/order.ts'
import { type Db, migrate, openDatabase } from '../../src/store/database.ts'
import type { Bank } from '../../src/upstreams/bank.ts'
import {
  type Channel,
  done,
  type HospitalSystem,
  type InsuredPersons,
  type Insurer,
} from '../../src/upstreams/upstream.ts'
import { ORIGINAL_AUTHORISATION } from '../../src/upstreams/original-authorisation.ts'
import { watchedRoles } from '../../src/upstreams/watched.ts'
import { seededRandom } from './random.ts'
import { bells } from './bells.ts'
import { KEYS } from './keys.ts'
import { testSealer } from './sealer.ts'
import { VirtualClock } from './virtual-clock.ts'

export const PATIENT_SECRET = 'a-secret-of-the-online-platform-32'
export const HIS_TOKEN = 'the-token-of-his-that-nobody-guesses'

/** Complete settings: whatever a variable needs to be valid, unless the test says more. */
export function testSettings(given: Record<string, string> = {}): Settings {
  const environment: Record<string, string> = {}
  const required = Object.entries(VARIABLES).filter(([, has]) => !has.safeParse(undefined).success)
  for (const name of [...required.map(([each]) => each), ...Object.values(BANK_NEEDS).flat()])
    environment[name] = name.endsWith('URL') ? 'https://upstream.example' : 'text'
  return readSettings({
    ...environment,
    ...KEYS,
    ENVIRONMENT: 'test',
    DATABASE_URL: 'sqlite:test.sqlite',
    LOG_LEVEL: 'info',
    HOSPITAL_LOCATION: '104.066541,30.572269',
    KEY_ENCRYPTION_KEY: '000102030405060708090a0b0c0d0e0f',
    PATIENT_JWT_SECRET: PATIENT_SECRET,
    HIS_CLIENT_TOKEN: HIS_TOKEN,
    ...given,
  })
}

export function testBill(changes: Partial<Bill> = {}): Bill {
  const at = Date.parse('2026-11-20T08:30:00+08:00')
  const doctor = { doctorCode: 'D1', doctorName: '王医生' }
  return {
    billNo: 'MZ20261120000123',
    businessType: 'consultation',
    status: 'unpaid',
    totalFen: fen(12_345),
    patient: {
      patientId: 'P1',
      name: '张三',
      idType: '01',
      idNo: '510101199001011237',
      phone: '19900000001',
    },
    visit: {
      visitNo: 'V1',
      registeredAt: at,
      deptCode: '01',
      deptName: '内科',
      deptCategory: 'A03',
      medType: '11',
      diagnoses: [],
      ...doctor,
    },
    lines: [],
    ...changes,
  }
}

export const SPLIT: Amounts = {
  totalFen: fen(12_345),
  fundFen: fen(8_000),
  accountFen: fen(2_000),
  otherFen: ZERO,
  selfPayFen: fen(2_345),
}

const PREPAY = {
  prepayId: 'wx1',
  timeStamp: '1795136400',
  nonceStr: 'nonce',
  package: 'prepay_id=wx1',
  signType: 'RSA',
  paySign: 'signature',
}

export function hisStub(changes: Partial<HospitalSystem> = {}): HospitalSystem {
  return {
    bill: async (billNo) => (billNo === testBill().billNo ? done(testBill()) : { kind: 'absent' }),
    hold: async () => done(undefined),
    release: async () => done(undefined),
    writeBack: async () => done(undefined),
    settlement: async () => ({ kind: 'absent' }),
    refundCheck: async () => done({ allowed: true, reason: '' }),
    writeBackRefund: async () => done(undefined),
    ledger: async () => ({ kind: 'absent' }),
    ...changes,
  }
}

export function channelStub(changes: Partial<Channel> = {}): Channel {
  return {
    authorisation: async ({ state }) =>
      done({
        kind: 'mini-program',
        appId: 'wx-auth',
        path: 'auth/pages/index',
        envVersion: 'release',
        state,
      }),
    exchange: async () =>
      done({
        payAuthNo: asPayAuthNo('AUTH1'),
        payer: { name: '张三', idNo: '510101199001011237' },
        family: false,
        location: null,
      }),
    cashierIsPage: false,
    cashier: ({ mixTradeNo, prepay }) => {
      const { prepayId: _kept, ...shown } = prepay ?? { prepayId: '' }
      return { method: 'requestMedicalInsurancePay', mixTradeNo, ...shown }
    },
    ...changes,
  }
}

export function personsStub(changes: Partial<InsuredPersons> = {}): InsuredPersons {
  return {
    operator: 'op',
    signIn: async () => done({ signNo: 'S1' }),
    person: async ({ name, idNo }) =>
      done({ psnNo: 'N1', name, idNo, insutype: '310', insuplcAdmdvs: '510100', ecToken: null }),
    ...changes,
  }
}

export function insurerStub(changes: Partial<Insurer> = {}): Insurer {
  return {
    composeUpload: ({ medOrgOrd }) => JSON.stringify({ medOrgOrd }),
    upload: async () => done({ payOrdId: 'ORD1', payToken: new Secret('TOKEN1'), mdtrtId: null }),
    order: async ({ payOrdId }) => done({ payOrdId, amounts: SPLIT }),
    query: async () => ({ kind: 'absent' }),
    revoke: async () => done(undefined),
    refund: async () => done({ status: 'returned', refundSerialNo: 'HR1', refundedAt: null }),
    readNotice: () => null,
    acknowledge: (believed) => JSON.stringify({ success: believed }),
    ...changes,
  }
}

/** Believes a notice whose body begins with `good`; what follows names the mixed order. */
export function bankStub(changes: Partial<Bank> = {}): Bank {
  return {
    profile: {
      name: 'icbc',
      noticeMediaType: 'application/x-www-form-urlencoded',
      queryByOutTradeNo: false,
      noticesOwnMoney: false,
      merchantNo: '4402',
      institutionNumberTemplate: '{merchantNo}{yyyyMMddHHmmss}{seq:6}',
    },
    placeSelfPayOrder: async () => done({ bankOrderNo: 'CASH1', prepay: PREPAY }),
    selfPayOrder: async () => ({ kind: 'absent' }),
    closeSelfPayOrder: async () => done(undefined),
    placeMixedOrder: async () => done({ mixTradeNo: 'MIX1', cashierPage: null }),
    mixedOrder: async () => ({ kind: 'pending' }),
    refundSelfPay: async () => done(undefined),
    refund: async () => ({ kind: 'absent' }),
    noticeInsuranceRefund: async () => done(undefined),
    readNotice: ({ body }) => {
      const outTradeNo = /^good=(\w+)/.exec(body.toString())?.[1]
      if (outTradeNo !== undefined)
        return { kind: 'self-pay', verified: true, messageId: 'm', outTradeNo, paid: true }
      const hint = { mixTradeNo: null, institutionNo: null }
      return { kind: 'unverified', verified: false, messageId: 'm', hint, reason: 'signature' }
    },
    acknowledge: (_, accepted) => ({
      contentType: 'application/json',
      headers: {},
      body: `{"ok":${accepted}}`,
    }),
    ...changes,
  }
}

export interface TestApp extends App {
  readonly clock: VirtualClock
  readonly db: Db
  /** Every log line, as it would be printed. */
  readonly logged: string[]
  /** Settles when everything that outlived its request is over. */
  readonly idle: () => Promise<void>
}

export type Given = Partial<Omit<App, 'settings' | 'clock'>> & {
  readonly settings?: Record<string, string>
  readonly clock?: VirtualClock
}

/** Give a `db` to see the same orders as another app: a second process. */
export async function testApp({
  settings,
  clock: ownClock,
  ...given
}: Given = {}): Promise<TestApp> {
  const clock = ownClock ?? new VirtualClock()
  const logged: string[] = []
  const running: Promise<void>[] = []
  const db = given.db ?? openDatabase('sqlite::memory:', { sealer: testSealer })
  if (!given.db) await migrate(db)
  const log = pino(
    { base: null, mixin: () => ({ traceId: currentTrace() }) },
    { write: (line: string) => void logged.push(line) },
  )
  const checked = testSettings(settings)
  const breakers = given.breakers ?? breakersOf(checked, { clock, log })
  const stubs = {
    insuredPersons: personsStub(),
    insurer: insurerStub(),
    refundAuthorisation: ORIGINAL_AUTHORISATION,
    bank: bankStub(),
    hrssPay: null,
    oneCode: null,
  }
  const roles = { channels: { wechat: channelStub() }, ...stubs, ...given }
  return {
    settings: checked,
    legacyLinks: [],
    clock,
    random: seededRandom(1),
    log,
    db,
    his: hisStub(),
    hisCalls: {
      check: async () => ({ trusted: true, nonce: 'request-nonce' }),
      sign: ({ status, requestNonce }) => ({ 'x-signature': `${status}:${requestNonce}` }),
      openField: (text) => text,
    },
    oneCard: null,
    settlementFiles: new Map(),
    certificates: { servers: [], hosts: [], authorities: [], keys: [] },
    alarms: new Map(),
    hash: sm3Hex,
    traceId: currentTrace,
    ...bells(clock),
    inBackground: (what, work) =>
      void running.push(work().catch((err: unknown) => log.error({ err, what }, 'failed'))),
    ...given,
    ...watchedRoles(roles, breakers),
    breakers,
    logged,
    idle: async () => void (await Promise.all(running)),
  }
}

export interface Served {
  readonly url: string
  readonly close: () => Promise<void>
}

/** A real listener on loopback. */
export async function serve(app: App, create = createHttp): Promise<Served> {
  const server = create(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
