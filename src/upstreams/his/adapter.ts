/** Hospital information system (医院信息系统): bills, holds, write-back. */
import { offsetTime } from '../../payment/numbers.ts'
import type { Answer, HospitalSystem, Outcome } from '../upstream.ts'
import { done } from '../upstream.ts'
import {
  billOf,
  foundOf,
  HOLD_REFUSALS,
  refundCheckOf,
  refundMessage,
  type Said,
  settlementMessage,
  WRITE_BACK_REFUSALS,
  writtenOf,
} from './mapping.ts'
import { ledgerOf } from './ledger.ts'
import type { HoldMessage } from './messages.ts'
import { fieldOpener, type HisReply, hisSend, type TransportSettings } from './transport.ts'

export type HisSettings = TransportSettings

export function hospitalSystem(settings: HisSettings): HospitalSystem {
  const ask = hisSend(settings)
  const openField = fieldOpener(settings.protection)
  return {
    bill: async (billNo) => {
      // `.` and `..` are not names in a URL: they would ask for something else.
      if (/^\.{0,2}$/.test(billNo)) return { kind: 'absent' }
      const path = billPath(billNo)
      const reply = await ask({ call: 'bill', number: billNo, method: 'GET', path })
      return read(reply, (said) => foundOf(said, (value) => billOf(value, billNo, openField)))
    },
    hold: async (billNo, orderId, until) => {
      const message: HoldMessage = { until: offsetTime(until), orderId }
      const path = `${billPath(billNo)}/hold`
      const reply = await ask({ call: 'hold', number: orderId, method: 'PUT', path, message })
      return read(reply, (said) => writtenOf(said, HOLD_REFUSALS))
    },
    release: async (billNo, orderId) => {
      // The number goes along so that only this order's hold is given up.
      const message = { orderId }
      const path = `${billPath(billNo)}/hold`
      const reply = await ask({ call: 'release', number: orderId, method: 'DELETE', path, message })
      return read(reply, (said) => writtenOf(said, NONE))
    },
    writeBack: async (settlement) => {
      const { settlementNo: number, billNo } = settlement
      const message = settlementMessage(settlement)
      const path = `${billPath(billNo)}/settlements`
      const reply = await ask({ call: 'write-back', number, method: 'POST', path, message })
      return read(reply, (said) => writtenOf(said, WRITE_BACK_REFUSALS))
    },
    settlement: async (billNo, settlementNo) => {
      const path = `${billPath(billNo)}/settlements/${encodeURIComponent(settlementNo)}`
      const reply = await ask({ call: 'settlement', number: settlementNo, method: 'GET', path })
      return read(reply, (said) => foundOf(said, () => done(undefined)))
    },
    ledger: async (date) => {
      const path = `/ledger/${date}`
      const asked = { call: 'ledger', number: date, method: 'GET', path } as const
      const reply = await ask({ ...asked, mostAnswerBytes: MOST_LEDGER_BYTES })
      return reply.kind === 'said' ? ledgerOf(reply.status, reply.body) : reply
    },
    ...refunds(ask),
  }
}

/** A hundred thousand receipts and refunds of one day. */
const MOST_LEDGER_BYTES = 2 ** 26

type Refunds = Pick<HospitalSystem, 'refundCheck' | 'writeBackRefund'>

const refunds = (ask: ReturnType<typeof hisSend>): Refunds => ({
  refundCheck: async (billNo, refundNo) => {
    const message = { refundNo }
    const path = `${billPath(billNo)}/refund-checks`
    const number = refundNo
    const reply = await ask({ call: 'refund-check', number, method: 'POST', path, message })
    return read(reply, refundCheckOf)
  },
  writeBackRefund: async (refund) => {
    const { refundNo: number, billNo } = refund
    const message = refundMessage(refund)
    const path = `${billPath(billNo)}/refunds`
    const reply = await ask({ call: 'refund-write-back', number, method: 'POST', path, message })
    return read(reply, (said) => writtenOf(said, NONE))
  },
})

const NONE: ReadonlySet<string> = new Set()

const billPath = (billNo: string): string => `/bills/${encodeURIComponent(billNo)}`

function read<T extends Outcome<unknown> | Answer<unknown>>(
  reply: HisReply,
  say: (said: Said) => T,
): T | Exclude<HisReply, { kind: 'said' }> {
  return reply.kind === 'said' ? say(reply) : reply
}
