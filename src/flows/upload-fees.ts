import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { PayAuthNo } from '../payment/authorisation.ts'
import { chargeBatchNo, medicalOrderNo } from '../payment/numbers.ts'
import type { Attempt, PersonName } from '../payment/attempt.ts'
import type { Bill, Order } from '../payment/order.ts'
import type { InsuredPerson, Uploaded } from '../upstreams/upstream.ts'
import { askAPerson, letGoLater } from './background.ts'
import { type HeldOrder, takeStep } from './held-order.ts'
import { type Call, type Changes, perform } from './perform.ts'
import { closeChanged, readBill, stillTheSame } from './read-bill.ts'
import { insuredPerson } from './sign-in.ts'

/**
 * Steps 5-6: the insured person, then 6201.
 * A lost upload ends the order and gets an owner.
 * @throws AppError what the patient should hear; `upstream-unavailable` means provably not sent
 */
export async function uploadFees(app: App, held: HeldOrder): Promise<void> {
  const call = await uploadCall(app, held)
  let result = await perform(app, held, call)
  // A lost answer is followed at once by its one byte-identical repeat, then it is over.
  while (result.kind === 'unknown') result = await perform(app, held, call)
  switch (result.kind) {
    case 'done':
      return
    case 'unsent':
      throw new AppError('upstream-unavailable')
    case 'refused':
      throw result.repeat ? uploadLost() : inWords(result.message)
    case 'lost':
    case 'dead':
    case 'useless':
      throw uploadLost()
  }
}

const uploadLost = (): AppError =>
  new AppError('upstream-refused', '未能确认医保费用上传结果，请到窗口办理或改用自费支付。')

export const inWords = (message: string): AppError =>
  new AppError('upstream-refused', `医保系统未受理：${message}`)

async function uploadCall(app: App, held: HeldOrder): Promise<Call<Uploaded>> {
  const { attempt } = held.order
  const begun = attempt.medOrgOrd !== null
  const medOrgOrd = attempt.medOrgOrd ?? medicalOrderNo(app.clock.now(), app.random)
  const chrgBchno = attempt.chrgBchno ?? chargeBatchNo(held.order.id, attempt.no)
  const request = begun ? undefined : await composeUpload(app, held, { medOrgOrd, chrgBchno })
  return {
    effect: 'upload',
    number: medOrgOrd,
    intend: { attempt: { medOrgOrd, chrgBchno } },
    ...(request !== undefined && { request }),
    mayRepeat: app.settings.MID_PLATFORM_UPLOAD_REPEAT === 'resend',
    send: (stored) => app.insurer.upload(stored ?? ''),
    learn: ({ payOrdId, payToken, mdtrtId }) => ({ attempt: { payOrdId, payToken, mdtrtId } }),
    refuse: ({ repeat }) =>
      repeat ? afterLostUpload(app, held.order) : overInWords(app, held.order),
    lose: () => afterLostUpload(app, held.order),
  }
}

/** The exact 6201 payload; made once, stored sealed with the intent, repeated byte by byte. */
async function composeUpload(
  app: App,
  held: HeldOrder,
  numbers: { medOrgOrd: string; chrgBchno: string },
): Promise<string> {
  const { order } = held
  const bill = await readBill(app, order.billNo)
  if (!stillTheSame(bill, order)) {
    await closeChanged(app, held)
    throw new AppError('bill-changed')
  }
  const { payAuthNo, location } = order.attempt
  if (payAuthNo === null) throw new Error('upload without payAuthNo')
  const person = await patientsInsurance(app, held, { bill, payAuthNo })
  return app.insurer.composeUpload({
    ...numbers,
    payAuthNo,
    person,
    bill,
    location: location ?? app.settings.HOSPITAL_LOCATION,
  })
}

/** Step 5: insured person and payer must fit the bill's patient; otherwise nothing is uploaded. */
async function patientsInsurance(
  app: App,
  held: HeldOrder,
  known: { bill: Bill; payAuthNo: PayAuthNo },
): Promise<InsuredPerson> {
  const { name, idNo, patientId } = known.bill.patient
  const answer = await insuredPerson(app, { payAuthNo: known.payAuthNo, name, idNo, patientId })
  if (answer.kind === 'done') {
    if (
      samePerson(answer.value, { name, idNo }) &&
      payerIsRight(held.order.attempt, { name, idNo })
    )
      return answer.value
    await takeStep(app, held, { what: 'person-mismatch', order: { state: 'created' } })
    throw new AppError('person-mismatch')
  }
  if (answer.kind === 'refused') {
    await takeStep(app, held, { what: 'person-refused', order: { state: 'created' } })
    throw inWords(answer.message)
  }
  throw new AppError('upstream-unavailable')
}

const samePerson = (one: PersonName, other: PersonName): boolean =>
  one.name === other.name && one.idNo.toUpperCase() === other.idNo.toUpperCase()

/**
 * The patient pays, or with family payment (亲情付) another person does: the mixed order names payer
 * and relative by this, and a payer who is neither would be charged for a stranger.
 */
const payerIsRight = ({ payer, family }: Attempt, patient: PersonName): boolean =>
  payer !== null && samePerson(payer.reveal(), patient) !== family

/** The bureau said no before anything moved: the order is over, the bill is free again. */
export const overInWords = (app: App, order: Order): Changes => ({
  order: { state: 'failed', insurance: 'failed', selfPay: 'none' },
  also: (trx) => letGoLater(app, trx, order),
})

/** The upload may stand at the bureau, and nothing we know could revoke it. */
export const afterLostUpload = (app: App, order: Order): Changes => ({
  order: { state: 'failed', insurance: 'failed', selfPay: 'none' },
  also: async (trx) => {
    await letGoLater(app, trx, order)
    await askAPerson(app, trx, {
      kind: 'upload-lost',
      order,
      sentence: '医保费用上传结果不明，患者若再次使用医保支付可能被拒，请联系医保中台核对并撤销。',
      actions: ['revoke-at-bureau', 'note'],
    })
  },
})
