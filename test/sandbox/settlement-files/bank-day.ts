/** A day at the pretend bank: paid and refunded cash orders on a clock that a test moves. */
import { type Bank, createBank, type Counter, Refusal } from '../../../src/sandbox/bank/book.ts'
import { placeCash } from '../../../src/sandbox/bank/cash.ts'
import { payCash } from '../../../src/sandbox/bank/payment.ts'
import { refundCash } from '../../../src/sandbox/bank/refunds.ts'
import { settleInsurance } from '../../../src/sandbox/mid-platform.ts'
import { standardBankProtocol } from '../../../src/sandbox/standard-bank/protocol.ts'
import { NOW, sandboxContext } from '../../upstreams/stub.ts'

export const DATE = '2026-11-20'
export const DAY_MS = 86_400_000

export function bankDay(parameters = sandboxContext().parameters) {
  const stub = sandboxContext()
  const clock = { now: NOW }
  const world = { ...stub.world, now: () => clock.now }
  const bank: Bank = createBank({ ...stub, world, parameters })
  const counter: Counter = { ...bank, protocol: standardBankProtocol(bank.context) }
  const pay = async (outTradeNo: string, amountFen: number): Promise<void> => {
    clock.now += 1_000
    const { told: cash } = placeCash(counter, {
      outTradeNo,
      billNo: `BILL${outTradeNo}`,
      amountFen,
      channel: 'wechat',
      userId: 'o',
      attach: '',
      callbackUrl: null,
      lifeMs: DAY_MS,
    })
    if (cash === 'lost' || cash instanceof Refusal) throw new Error('not placed')
    await payCash(bank, cash)?.delivered
  }
  const refund = async (outTradeNo: string, refundNo: string, amountFen: number): Promise<void> => {
    clock.now += 1_000
    const wish = { outTradeNo, orderId: undefined, refundNo, amountFen }
    const { told } = refundCash(counter, { ...wish, billNo: `BILL${outTradeNo}`, text: refundNo })
    if (told instanceof Refusal) throw new Error(told.message)
    await Promise.resolve()
  }
  const settle = (payOrdId: string, parts: { fundFen: number; accountFen: number }): void => {
    bank.context.registry.uploads.set(payOrdId, {
      billNo: `BILL${payOrdId}`,
      medOrgOrd: `MED${payOrdId}`,
      payOrdId,
      payAuthNo: '',
      person: { name: '张沙盒', idType: '01', idNo: '1', phone: '1' },
      amounts: { totalFen: 0, otherFen: 0, cashFen: 0, ...parts },
      revoked: false,
      settlement: 'none',
    })
    settleInsurance(bank.context, payOrdId)
  }
  return { bank, clock, pay, refund, settle }
}

/** Six payments, and five more of which each has a refund. */
export async function busyDay(parameters = sandboxContext().parameters) {
  const day = bankDay(parameters)
  for (let count = 0; count < 11; count += 1) await day.pay(`OUT${count}`, 1_000 + count)
  for (let count = 6; count < 11; count += 1) await day.refund(`OUT${count}`, `RF${count}`, 500)
  return day
}
