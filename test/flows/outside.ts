/**
 * Everything beyond the hospital's door, told with the roles of `upstreams/upstream.ts`: each call
 * is written down with its virtual instant and answered by a small world that remembers who holds
 * what. A test puts its own answers before that.
 */
import { asPayAuthNo, type PayAuthNo } from '../../src/payment/authorisation.ts'
import type { Clock } from '../../src/clock.ts'
import { Secret } from '../../src/errors.ts'
import { type Amounts, insuranceFen } from '../../src/payment/amounts.ts'
import { businessDate } from '../../src/payment/numbers.ts'
import type { Bill } from '../../src/payment/order.ts'
import type { LegReport } from '../../src/payment/legs.ts'
import { type Answer, done, type Outcome, refused } from '../../src/upstreams/upstream.ts'
import type { Ledger, LedgerRow } from '../../src/upstreams/ledger.ts'
import type * as bank from '../../src/upstreams/bank.ts'
import type * as roles from '../../src/upstreams/upstream.ts'
import { Line } from './line.ts'
import { amountsOf, billOf, PATIENT } from './people.ts'

interface CashOrder {
  status: bank.SelfPayState['status']
  readonly bankOrderNo: string
  readonly amountFen: bank.SelfPayOrder['amountFen']
}

interface MixedOrder {
  readonly mixTradeNo: string
  readonly order: bank.MixedOrder
  legs: LegReport
}

export type Outside = ReturnType<typeof outsideWorld>

export function outsideWorld(clock: Clock) {
  return { ...hospital(clock), ...insurance(clock), ...clearingBank(clock), ...channel(clock) }
}

const nothing = async (): Promise<Outcome<void>> => done(undefined)

function hospital(clock: Clock) {
  const bills = new Map([['B1', billOf('B1')]])
  const settled = new Map<string, roles.Settlement>()
  const bill = async (billNo: string): Promise<Answer<Bill>> => {
    const known = bills.get(billNo)
    return known ? done(known) : { kind: 'absent' }
  }
  const refunded = new Map<string, roles.RefundSettlement>()
  const ledgerOf = (date: string): Ledger => {
    const rows: LedgerRow[] = [
      ...[...settled.values()].map(({ settlementNo, amounts: { totalFen }, paidAt: at }) => {
        return { kind: 'receipt', settlementNo, refundNo: null, totalFen, at } as const
      }),
      ...[...refunded.values()].map(({ settlementNo, refundNo, amounts, refundedAt: at }) => {
        return { kind: 'refund', settlementNo, refundNo, totalFen: amounts.totalFen, at } as const
      }),
    ]
    return { rows: rows.filter(({ at }) => businessDate(at) === date), sha256: `his-${date}` }
  }
  return {
    bills,
    settled,
    bill: new Line(clock, bill),
    hold: new Line<{ billNo: string; orderId: string; until: number }, Outcome<void>>(
      clock,
      nothing,
    ),
    release: new Line<{ billNo: string; orderId: string }, Outcome<void>>(clock, nothing),
    writeBack: new Line<roles.Settlement, Outcome<void>>(clock, (settlement) => {
      settled.set(settlement.settlementNo, settlement)
      return done(undefined)
    }),
    settlement: new Line<string, Answer<void>>(clock, (settlementNo) =>
      settled.has(settlementNo) ? done(undefined) : { kind: 'absent' },
    ),
    refundCheck: new Line<
      { billNo: string; refundNo: string },
      Outcome<{ allowed: boolean; reason: string }>
    >(clock, () => done({ allowed: true, reason: '' })),
    writeBackRefund: new Line<roles.RefundSettlement, Outcome<void>>(clock, (refund) => {
      refunded.set(refund.refundNo, refund)
      return done(undefined)
    }),
    ledger: new Line<string, Answer<Ledger>>(clock, (date) => done(ledgerOf(date))),
  }
}

function insurance(clock: Clock) {
  const uploads = new Map<string, { payOrdId: string; phase: roles.InsurancePhase }>()
  const platform: { split: Amounts } = { split: amountsOf('mixed') }
  const phaseOf = (payOrdId: string) =>
    [...uploads.values()].find((one) => one.payOrdId === payOrdId)
  const move = (payOrdId: string, phase: roles.InsurancePhase): boolean => {
    const upload = phaseOf(payOrdId)
    if (upload) upload.phase = phase
    return upload !== undefined
  }
  const refunded = new Map<string, string>()
  let signIns = 0
  return {
    uploads,
    platform,
    signIn: new Line<null, Outcome<{ signNo: string }>>(clock, () => {
      signIns += 1
      return done({ signNo: `SIGN${signIns}` })
    }),
    person: new Line<roles.PersonQuery, Outcome<roles.InsuredPerson>>(clock, ({ name, idNo }) =>
      done({
        psnNo: '51000001',
        name,
        idNo,
        insutype: '310',
        insuplcAdmdvs: '510100',
        ecToken: null,
      }),
    ),
    /** 6201, by its payload: the same one again is the same upload. */
    upload: new Line<string, Outcome<roles.Uploaded>>(clock, (payload) => {
      const known = uploads.get(payload) ?? {
        payOrdId: `PO${uploads.size + 1}`,
        phase: 'saved' as const,
      }
      uploads.set(payload, known)
      const { payOrdId } = known
      return done({ payOrdId, payToken: new Secret(`token-${payOrdId}`), mdtrtId: `MD${payOrdId}` })
    }),
    order: new Line<roles.InsuranceOrder, Outcome<roles.PreSettled>>(clock, ({ payOrdId }) => {
      move(payOrdId, 'pre-settled')
      return done({ payOrdId, amounts: platform.split })
    }),
    query: new Line<roles.InsuranceQuestion, Answer<roles.InsuranceOrderState>>(
      clock,
      ({ payOrdId }) => {
        const phase = phaseOf(payOrdId)?.phase
        if (phase === undefined) return { kind: 'absent' }
        const amounts = phase === 'pre-settled' ? platform.split : null
        const insuranceReturned = phase === 'refunded'
        const ordStas = insuranceReturned ? '8' : phase === 'saved' ? '0' : '1'
        return done({ ordStas, phase, amounts, insuranceReturned, cashReturned: false })
      },
    ),
    authoriseRefund: new Line<roles.RefundAuthorisationRequest, Outcome<PayAuthNo>>(
      clock,
      ({ original }) => done(original),
    ),
    /** 6203: the same number again is the same refund. */
    refundInsurance: new Line<roles.InsuranceRefund, Outcome<roles.InsuranceRefunded>>(
      clock,
      ({ payOrdId, refundNo }) => {
        if ((refunded.get(payOrdId) ?? refundNo) !== refundNo) return refused('done', '已退费')
        refunded.set(payOrdId, refundNo)
        move(payOrdId, 'refunded')
        return done({ status: 'returned', refundSerialNo: null, refundedAt: clock.now() })
      },
    ),
    revoke: new Line<roles.InsuranceQuestion, Outcome<void>>(clock, ({ payOrdId }) =>
      move(payOrdId, 'revoked') ? done(undefined) : refused('none', 'no such upload'),
    ),
  }
}

function clearingBank(clock: Clock) {
  const cash = new Map<string, CashOrder>()
  const mixed = new Map<string, MixedOrder>()
  const refunds = new Map<string, bank.SelfPayRefund>()
  return {
    cash,
    mixed,
    refunds,
    /** `waiting`, `paying` or `paid`: money that could still go, or has gone, from the patient. */
    cashAlive: () =>
      [...cash.values()].filter(({ status }) => status !== 'closed' && status !== 'refunded'),
    placeSelfPay: new Line<bank.SelfPayOrder, Outcome<bank.SelfPayPlaced>>(clock, (order) => {
      if (cash.has(order.outTradeNo)) return { kind: 'unknown', cause: 'exists already' }
      const bankOrderNo = `CASH${cash.size + 1}`
      cash.set(order.outTradeNo, { status: 'waiting', bankOrderNo, amountFen: order.amountFen })
      return done({ bankOrderNo, prepay: prepay(bankOrderNo) })
    }),
    selfPay: new Line<string, Answer<bank.SelfPayState>>(clock, (outTradeNo) => {
      const order = cash.get(outTradeNo)
      return order ? done({ ...order }) : { kind: 'absent' }
    }),
    closeSelfPay: new Line<string, Outcome<void>>(clock, (outTradeNo) => {
      const order = cash.get(outTradeNo)
      if (order?.status === 'waiting') order.status = 'closed'
      return done(undefined)
    }),
    placeMixed: new Line<bank.MixedOrder, Outcome<bank.MixedPlaced>>(clock, (order) => {
      const known = mixed.get(order.institutionNo)
      const mixTradeNo = known?.mixTradeNo ?? `MIX${mixed.size + 1}`
      if (!known) mixed.set(order.institutionNo, { mixTradeNo, order, legs: legsAtFirst(order) })
      const cashierPage =
        order.channel === 'alipay' ? `https://cashier.example/${mixTradeNo}` : null
      return done({ mixTradeNo, cashierPage })
    }),
    askMixed: new Line<bank.MixedQuestion, Answer<bank.MixedState>>(clock, (question) => {
      const found = mixed.get(question.institutionNo)
      return found ? done(stateOf(found)) : { kind: 'absent' }
    }),
    refund: new Line<bank.SelfPayRefund, Outcome<void>>(clock, (refund) => {
      refunds.set(refund.refundNo, refund)
      const order = cash.get(refund.outTradeNo)
      const returned = [...refunds.values()]
        .filter(({ outTradeNo }) => outTradeNo === refund.outTradeNo)
        .reduce((sum, { amountFen }) => sum + amountFen, 0)
      if (order && returned >= order.amountFen) order.status = 'refunded'
      return done(undefined)
    }),
    noticeRefund: new Line<bank.InsuranceRefundNotice, Outcome<void>>(clock, () => done(undefined)),
    askRefund: new Line<{ outTradeNo: string; refundNo: string }, Answer<bank.RefundState>>(
      clock,
      ({ refundNo }) => {
        const refund = refunds.get(refundNo)
        if (!refund) return { kind: 'absent' }
        return done({
          status: 'returned',
          amountFen: refund.amountFen,
          refundedAt: clock.now(),
          bankRefundNo: `BR-${refundNo}`,
        })
      },
    ),
  }
}

function channel(clock: Clock) {
  return {
    authorisation: new Line<roles.AuthorisationRequest, Outcome<roles.AuthorisationJump>>(
      clock,
      ({ state }) => done({ kind: 'page', url: 'https://channel.example/auth', state }),
    ),
    exchange: new Line<{ code: string; userId: string }, Outcome<roles.ChannelAuthorisation>>(
      clock,
      ({ code }) =>
        done({
          payAuthNo: asPayAuthNo(`AUTH-${code}`),
          payer: { name: PATIENT.name, idNo: PATIENT.idNo },
          family: false,
          location: null,
        }),
    ),
  }
}

function legsAtFirst({ amounts }: bank.MixedOrder): LegReport {
  return {
    overall: 'created',
    selfPay: amounts.selfPayFen > 0 ? 'pending' : 'none',
    insurance: insuranceFen(amounts) > 0 ? 'pending' : 'none',
  }
}

export function stateOf({ mixTradeNo, order, legs }: MixedOrder): bank.MixedState {
  const { institutionNo, amounts } = order
  return { mixTradeNo, institutionNo, legs, amounts, paidAt: null, failReason: null }
}

export function prepay(number: string): roles.Prepay {
  return {
    prepayId: `wx-${number}`,
    timeStamp: '1763600400',
    nonceStr: 'nonce',
    package: `prepay_id=wx-${number}`,
    signType: 'RSA',
    paySign: `sign-${number}`,
  }
}
