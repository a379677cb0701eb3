/** The day's patients: they pay through the service's own endpoints, and some want their money back. */
import { addBill } from '../../src/sandbox/his-bills.ts'
import { Patient, patientToken } from '../matrix/patient.ts'
import { payHere } from '../matrix/row.ts'
import type { WholeService } from '../parts/whole-service.ts'

export const PATIENT_SECRET = 'rehearsal-patient-secret-0123456789'

interface Visit {
  readonly billNo: string
  readonly payMode: 'insurance' | 'self-pay'
  /** Everything; or half of it, where all is own money. */
  readonly refund: 'none' | 'whole' | 'half'
}

const SUFFIXES = ['M', 'I', 'S'] as const
/** Paid by themselves and kept: the first of them carry the errors of the bank's file. */
const PLAIN = 10
/** With as many, each file has a row to carry each error. */
export const LEAST_PAYMENTS = 40

export function visitsOf(date: string, payments: number): Visit[] {
  return Array.from({ length: payments }, (_, index): Visit => {
    const plain = index < PLAIN
    const suffix = plain ? 'S' : (SUFFIXES[index % 3] ?? 'S')
    const isRefunded = !plain && Math.floor(index / 3) % 3 === 0
    const own = suffix === 'S'
    return {
      billNo: `MZ${date.replaceAll('-', '')}${String(index + 1).padStart(6, '0')}-${suffix}`,
      payMode: own ? 'self-pay' : 'insurance',
      refund: isRefunded ? (own && index % 2 === 0 ? 'half' : 'whole') : 'none',
    }
  })
}

const AT_ONCE = 16

/** The plain ones before the others, so that they stand first in the bank's file. */
export async function payAll(
  service: WholeService,
  visits: readonly Visit[],
  progress: (done: number) => void,
): Promise<void> {
  let done = 0
  const one = async (visit: Visit): Promise<void> => {
    await payOne(service, visit)
    done += 1
    progress(done)
  }
  await fewAtOnce(visits.slice(0, PLAIN), one)
  await fewAtOnce(visits.slice(PLAIN), one)
}

async function fewAtOnce<T>(all: readonly T[], one: (each: T) => Promise<void>): Promise<void> {
  const waiting = all.values()
  const next = async (): Promise<void> => {
    for (const each of waiting) await one(each)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}

async function payOne(
  { sandbox, serviceUrl }: WholeService,
  { billNo, payMode, refund }: Visit,
): Promise<void> {
  const { patientId } = addBill(sandbox.context, { billNo, businessType: 'consultation' })
  const openid = `o${billNo}`
  const token = await patientToken(PATIENT_SECRET, { openid, patientIds: [patientId] })
  const known = { serviceUrl, sandboxUrl: sandbox.url, billNo, token, channel: 'wechat' } as const
  const patient = new Patient(known)
  await patient.open(payMode)
  const order = await becomesPaid(patient, payMode)
  if (refund === 'none') return
  const half = Math.floor(order.amounts.totalFen / 2)
  const answer = await (refund === 'half' ? patient.askRefund(half) : patient.askRefund())
  if (answer.status !== 202) throw new Error(`${billNo}：退费未被受理（${answer.status}）`)
}

/** A machine that does other things too is no error of the day. */
const PATIENCE_MS = 600_000
/** Looking costs the service more than waiting costs the patient. */
const LOOK_EVERY_MS = 300
/** Where pressing again may help whoever was told that it did not work. */
const PRESSES_AT = new Set(['created', 'pre-settled'])

/** A refund needs a payment that HIS knows of. */
async function becomesPaid(patient: Patient, payMode: Visit['payMode']) {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const order = await patient.look()
    if (order.status === 'paid' && order.hisWriteBack === 'done') return order
    if (performance.now() > end) throw new Error(`${order.billNo}：没有付成（${order.status}）`)
    if (PRESSES_AT.has(order.status)) {
      if (order.status === 'created' && payMode === 'insurance') await patient.preSettle()
      await payHere(patient)
    } else await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
