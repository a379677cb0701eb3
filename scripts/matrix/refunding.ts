/** How a row pays, asks for the money back, and proves its calls and books. */
import { z } from 'zod'
import { callsOf } from './evidence.ts'
import { row } from './failures.ts'
import { decide } from './operators.ts'
import { type Expectation, payWithInsurance, type Row, type Scene, until } from './row.ts'

const ACCEPTED = z.object({ id: z.string() })

/** Pays, waits until HIS has it, asks for the money back. */
export function payThenRefund(pay: Row['play'], amount?: (selfPayFen: number) => number) {
  return async (scene: Scene): Promise<void> => {
    const { patient, must } = scene
    await pay(scene)
    const order = await until(
      () => patient.look(),
      ({ status, hisWriteBack }) => status === 'paid' && hisWriteBack === 'done',
    )
    must(
      order.hisWriteBack === 'done',
      `退费前应已入账，实为 ${order.status}/${order.hisWriteBack}`,
    )
    const answer = await patient.askRefund(amount?.(order.amounts.selfPayFen))
    must(ACCEPTED.safeParse(answer.body).success, `退费申请应答 ${answer.status}`)
  }
}

// ---------------------------------------------------------------- the calls of table 3

export const ASKED = ['退1 POST refunds', '退2 refund-check']
export const INSURANCE = '退4 6203'
export const OWN = '退5 refund'
export const NOTICE = '退6 refund-notice'
export const HIS = '退6 refund-write-back'
/** Own money that nobody asked for (§8 a). */
export const AUTOMATIC = '§8a refund'
export const MIXED = [...ASKED, INSURANCE, OWN, NOTICE, HIS]

/** Every refund row proves its calls and its books; `--only 退费` finds them all, `--only R05` these. */
export function refunding(
  code: string,
  told: Pick<Row, 'title'> & Partial<Row> & { expect: Expectation & { calls: readonly string[] } },
): Row {
  const title = code === 'R00' ? told.title : `${code} ${told.title}`
  const id = code === 'R00' ? title : `退费 ${title}`
  return row(code, { play: payThenRefund(payWithInsurance), ...told, id, title })
}

export function thenDecide(wish: Parameters<typeof decide>[1]): Row['play'] {
  return async (scene) => {
    await payThenRefund(payWithInsurance)(scene)
    await decide(scene, wish)
  }
}

export async function paidOutByHand({ sandboxUrl, billNo }: Scene, part: string): Promise<boolean> {
  const body = JSON.stringify({ billNo, part })
  return (await fetch(`${sandboxUrl}/sandbox/refunds/by-hand`, { method: 'POST', body })).ok
}

const REFUNDS_OF_BILL = z.object({
  refunds: z.array(z.object({ refundNo: z.string() }).loose()),
})

/** Whoever must hear of a refund that came to its end. */
const TOLD = ['refund-notice', 'refund-write-back']

/** The next day's reversal, without waiting for the next day. */
export async function returnedAndTakenBack(scene: Scene): Promise<void> {
  await payThenRefund(payWithInsurance)(scene)
  const { sandboxUrl, billNo } = scene
  await until(
    () => callsOf(sandboxUrl, billNo),
    (calls) =>
      TOLD.every((told) => calls.some((one) => one.call === told && one.result === 'effect')),
  )
  const ledger = await fetch(`${sandboxUrl}/sandbox/ledger?bill=${billNo}`)
  const { refunds } = REFUNDS_OF_BILL.parse(await ledger.json())
  const body = JSON.stringify({ refundNo: refunds[0]?.refundNo })
  await fetch(`${sandboxUrl}/sandbox/refunds/reverse`, { method: 'POST', body })
}
