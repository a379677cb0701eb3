/** Orders that await payment, on both sides: rows of the service and entries in the pretend bank's books. */
import { asPayAuthNo } from '../../src/payment/authorisation.ts'
import { buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { Secret } from '../../src/errors.ts'
import { newAttempt } from '../../src/payment/attempt.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import { ulid } from '../../src/payment/numbers.ts'
import type { Order } from '../../src/payment/order.ts'
import type { BankProtocol, CashOrder, MixedOrder } from '../../src/sandbox/bank/book.ts'
import * as orders from '../../src/store/orders.ts'

const TOTAL_FEN = 12_345
const FUND_FEN = 5_000
const ACCOUNT_FEN = 3_000
const CASH_FEN = TOTAL_FEN - FUND_FEN - ACCOUNT_FEN
const LIFE_MS = 1_800_000

const serial = (at: number): string => String(at).padStart(12, '0')
export const billNoOf = (at: number): string => `MZ${serial(at)}-M`
export const mixTradeNoOf = (at: number): string => `P${serial(at)}`
const institutionNoOf = (at: number): string => `4402${serial(at)}`

/** Mixed orders number 0 to `count` - 1, due at the first instant of their grid. */
export async function insertStandingOrders(
  environment: Readonly<Record<string, string>>,
  wish: { count: number; t0Of: (at: number) => number },
): Promise<void> {
  const settings = readSettings(environment)
  const { app, stop } = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  const all = Array.from({ length: wish.count }, (_, at) => standingOrder(at, wish.t0Of(at)))
  for (let from = 0; from < all.length; from += AT_ONCE)
    await Promise.all(all.slice(from, from + AT_ONCE).map((order) => orders.insert(app.db, order)))
  const dueAt = app.db.q.raw('created_at + ?', [settings.schedule.firstDelayMs])
  await app.db.q('orders').update({ due_at: dueAt })
  await stop()
}

const AT_ONCE = 12

function standingOrder(at: number, t0: number): Order {
  return {
    id: ulid(t0, secureRandom),
    version: 6,
    billNo: billNoOf(at),
    businessType: 'consultation',
    patientId: `P${serial(at)}`,
    channel: 'wechat',
    surface: 'mini-program',
    payMode: 'insurance',
    userId: new Secret(`openid-${at}`),
    clientIp: '127.0.0.1',
    deviceId: 'bench-device-0001',
    state: 'awaiting-payment',
    scenario: 'mixed',
    amounts: {
      totalFen: fen(TOTAL_FEN),
      fundFen: fen(FUND_FEN),
      accountFen: fen(ACCOUNT_FEN),
      otherFen: ZERO,
      selfPayFen: fen(CASH_FEN),
    },
    refundedFen: ZERO,
    selfPay: 'waiting',
    insurance: 'waiting',
    hisWriteBack: 'none',
    refundPromise: null,
    createdAt: t0,
    expiresAt: t0 + LIFE_MS,
    paidAt: null,
    attempt: {
      ...newAttempt(1),
      patient: new Secret({ name: '测试', idNo: '510101199001010010' }),
      payAuthNo: asPayAuthNo(`AUTH${serial(at)}`),
      payToken: new Secret(`TOKEN${serial(at)}`),
      prepay: new Secret('{}'),
      medOrgOrd: `M${serial(at)}`,
      payOrdId: `O${serial(at)}`,
      selfPayTry: 1,
      outTradeNo: `C${serial(at)}`,
      bankOrderNo: institutionNoOf(at),
      mixPayType: 'CASH_AND_INSURANCE',
      serialNo: serial(at),
      institutionNo: institutionNoOf(at),
      mixTradeNo: mixTradeNoOf(at),
      mixedOrderedAt: t0,
      t0,
    },
  }
}

interface Booking {
  readonly protocol: BankProtocol
  readonly now: number
  readonly paid: boolean
  readonly callbackUrl: string
}

/** The same order in the bank's books: nobody has paid yet, or everybody has. */
export function bookedOrder(at: number, from: Booking): MixedOrder {
  const { protocol, paid, now } = from
  return {
    protocol,
    mixTradeNo: mixTradeNoOf(at),
    orderedAt: now,
    billNo: billNoOf(at),
    payUrl: null,
    attempted: paid,
    insurance: paid ? 'settled' : 'created',
    paidAt: paid ? now : null,
    refundNotice: null,
    cash: cashOrder(at, from),
    upload: {
      billNo: billNoOf(at),
      payOrdId: `O${serial(at)}`,
      medOrgOrd: `M${serial(at)}`,
      payAuthNo: `AUTH${serial(at)}`,
      person: { name: '测试', idType: '01', idNo: '510101199001010010', phone: '' },
      amounts: null,
      revoked: false,
      settlement: paid ? 'settled' : 'none',
    },
    wish: wishOf(at, from.callbackUrl),
  }
}

function wishOf(at: number, callbackUrl: string): MixedOrder['wish'] {
  return {
    billNo: billNoOf(at),
    serialNo: serial(at),
    institutionNo: institutionNoOf(at),
    mixPayType: 'CASH_AND_INSURANCE',
    channel: 'wechat',
    userId: `openid-${at}`,
    payer: { name: '测试', idDigest: '0'.repeat(32) },
    relative: null,
    medicalSerialNo: `M${serial(at)}`,
    payOrdId: `O${serial(at)}`,
    payAuthNo: `AUTH${serial(at)}`,
    amounts: {
      totalFen: TOTAL_FEN,
      fundFen: FUND_FEN,
      accountFen: ACCOUNT_FEN,
      otherFen: 0,
      insuredCashFen: CASH_FEN,
      cashFen: CASH_FEN,
    },
    addedFen: 0,
    reducedFen: 0,
    prepayId: `wx${serial(at)}`,
    callbackUrl,
    text: '',
    echo: {},
  }
}

function cashOrder(at: number, { protocol, now, paid }: Booking): CashOrder {
  return {
    protocol,
    orderId: institutionNoOf(at),
    outTradeNo: `C${serial(at)}`,
    billNo: billNoOf(at),
    amountFen: CASH_FEN,
    channel: 'wechat',
    userId: `openid-${at}`,
    attach: '',
    callbackUrl: null,
    expiresAt: now + LIFE_MS,
    prepayId: `wx${serial(at)}`,
    callUp: { timeStamp: '', nonceStr: '', package: '', signType: 'RSA', paySign: '' },
    thirdTradeNo: '',
    status: paid ? 'paid' : 'open',
    paidAt: paid ? now : null,
    reservedFen: 0,
    refundedFen: 0,
  }
}
