/** Our words <-> the mid-platform's (README.md 1.3 to 1.9). Amounts are yuan texts there. */
import { AppError } from '../../errors.ts'
import type { Amounts } from '../../payment/amounts.ts'
import { fenToYuan, sumFen, yuanToFen, ZERO } from '../../payment/money.ts'
import { compactTime, plainTime } from '../../payment/numbers.ts'
import type { BillLine, Diagnosis } from '../../payment/order.ts'
import type { InsuranceOrder, InsurancePhase, InsuranceQuestion, Upload } from '../upstream.ts'
import { canonicalJson, type Json, type JsonObject, readJson } from './canonical.ts'
import type { AmountFields } from './messages.ts'

/** What is fixed for one hospital. */
export interface Hospital {
  /** National code `H51…` (orgCodg), 12 characters. */
  readonly orgCodg: string
  /** Given out with the electronic certificate (电子凭证机构号). */
  readonly orgId: string
  /** Use of the personal account: yes, no, or as the bureau decides. */
  readonly acctUsedFlag: '0' | '1' | ''
  /** Public hospital reform flag (公立医院改革标志). */
  readonly pubHospRfomFlag: '0' | '1'
  readonly begntimeFormat: 'yyyy-MM-dd HH:mm:ss' | 'yyyyMMddHHmmss'
}

const OUTPATIENT = '01'
const BY_ITEM = '01'
const ELECTRONIC_CERTIFICATE = '01'
export const RESIDENT_IDENTITY_CARD = '01'

/**
 * 1.3: all leaves are strings, keys in ordinal order, nothing empty except diseCodg and diseName,
 * which one province wants empty rather than absent.
 * @throws AppError `bill-invalid` when the lines are not the total.
 */
export function uploadPayload(upload: Upload, hospital: Hospital): string {
  const { bill, person } = upload
  if (sumFen(bill.lines.map((line) => line.amountFen)) !== bill.totalFen)
    throw new AppError('bill-invalid')
  const payload = payloadText({
    ...upToVisit(upload, hospital),
    feeType: OUTPATIENT,
    medfeeSumamt: fenToYuan(bill.totalFen),
    acctUsedFlag: hospital.acctUsedFlag,
    psnSetlway: BY_ITEM,
    chrgBchno: upload.chrgBchno,
    pubHospRfomFlag: hospital.pubHospRfomFlag,
    uldLatlnt: upload.location,
    mdtrtCertType: ELECTRONIC_CERTIFICATE,
    ecToken: person.ecToken?.reveal() ?? '',
    payAuthNo: upload.payAuthNo.reveal(),
    diseinfoList: bill.visit.diagnoses.map((diagnosis) => diagnosisOf(diagnosis, upload)),
    feedetailList: bill.lines.map((line, index) => lineOf(line, index, upload)),
  })
  return withEmpty(payload, ['diseCodg', 'diseName'])
}

function upToVisit(upload: Upload, hospital: Hospital): Record<string, string> {
  const { bill, person } = upload
  const { visit, patient } = bill
  const compact = hospital.begntimeFormat === 'yyyyMMddHHmmss'
  return {
    orgCodg: hospital.orgCodg,
    orgId: hospital.orgId,
    psnNo: person.psnNo,
    insutype: person.insutype,
    medOrgOrd: upload.medOrgOrd,
    rxCircFlag: '0',
    begntime: compact ? compactTime(visit.registeredAt) : plainTime(visit.registeredAt),
    idNo: person.idNo,
    userName: person.name,
    idType: patient.idType,
    insuCode: person.insuplcAdmdvs,
    insuplcAdmdvs: person.insuplcAdmdvs,
    iptOtpNo: visit.visitNo,
    atddrNo: visit.doctorCode,
    drName: visit.doctorName,
    deptCode: visit.deptCode,
    deptName: visit.deptName,
    caty: visit.deptCategory,
    medType: visit.medType,
  }
}

function diagnosisOf(diagnosis: Diagnosis, upload: Upload): JsonObject {
  return {
    diagType: diagnosis.type,
    diagSrtNo: String(diagnosis.order),
    diagCode: diagnosis.code,
    diagName: diagnosis.name,
    diagDept: upload.bill.visit.deptName,
    diseDorNo: diagnosis.doctorCode,
    diseDorName: diagnosis.doctorName,
    diagTime: plainTime(diagnosis.diagnosedAt),
    valiFlag: '1',
  }
}

function lineOf(line: BillLine, index: number, upload: Upload): JsonObject {
  return {
    // Unique within the visit (<= 30): a visit may have several bills, each with a line 1.
    feedetlSn: `${upload.medOrgOrd}${String(index + 1).padStart(4, '0')}`,
    psnNo: upload.person.psnNo,
    chrgBchno: upload.chrgBchno,
    rxno: line.prescriptionNo,
    rxCircFlag: '0',
    feeOcurTime: plainTime(line.orderedAt),
    medListCodg: line.nationalCode,
    medinsListCodg: line.hospitalCode,
    detItemFeeSumamt: fenToYuan(line.amountFen),
    cnt: line.quantity,
    pric: line.unitPrice,
    bilgDeptCodg: line.deptCode,
    bilgDeptName: line.deptName,
    bilgDrCodg: line.doctorCode,
    bilgDrName: line.doctorName,
    // 2204: 1 reimbursed, 2 own pay also where the item itself is unlimited.
    hospApprFlag: line.reimbursable ? '1' : '2',
    medType: upload.bill.visit.medType,
    medListName: line.name,
    medListSpc: line.specification,
  }
}

/** 1.4 */
export function orderPayload(request: InsuranceOrder, hospital: Hospital): string {
  return payloadText({
    payAuthNo: request.payAuthNo.reveal(),
    payOrdId: request.payOrdId,
    payToken: request.payToken.reveal(),
    orgCodg: hospital.orgCodg,
    orgBizSer: request.orgBizSer,
    chrgBchno: request.chrgBchno,
    feeType: OUTPATIENT,
    mdtrtId: request.mdtrtId ?? '',
    acctUsedFlag: hospital.acctUsedFlag,
  })
}

/** 1.6 and 1.8: 6301 and 6401 ask with the same fields. */
export function questionPayload(question: InsuranceQuestion, hospital: Hospital): string {
  return payloadText({
    payOrdId: question.payOrdId,
    orgCodg: hospital.orgCodg,
    payToken: question.payToken.reveal(),
    idNo: question.idNo,
    userName: question.name,
    idType: RESIDENT_IDENTITY_CARD,
  })
}

/** 2.3 safe sender rule: already canonical, so that every variant of a receiver signs the same text. */
export function payloadText(payload: JsonObject): string {
  return canonicalJson(cleaned(payload), { sort: 'ordinal', leaves: 'string' })
}

/** Characters that JSON writers escape differently would break the signature over equal content. */
const UNSAFE = /[\p{Cc}\u2028\u2029]/gu

function cleaned(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed().replace(UNSAFE, ' ').trim()
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cleaned(member)]))
}

/** Adds members that must be sent empty, keeping ordinal order. */
function withEmpty(payload: string, names: readonly string[]): string {
  const members: Record<string, unknown> = JSON.parse(payload)
  for (const name of names) members[name] ??= ''
  const ordered = Object.keys(members).sort((a, b) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(ordered.map((name) => [name, members[name]])))
}

/** extData may be an object or JSON text. */
export function extObject(extData: unknown): unknown {
  if (typeof extData !== 'string') return extData
  try {
    return readJson(extData)
  } catch {
    return null
  }
}

/** Whether the parts add up is for the flow to check; a text that is no amount gives null. */
export function amountsOf(fields: AmountFields): Amounts | null {
  const totalFen = yuanToFen(fields.feeSumamt ?? '')
  const fundFen = yuanToFen(fields.fundPay ?? '')
  const accountFen = yuanToFen(fields.psnAcctPay ?? '')
  const selfPayFen = yuanToFen(fields.ownPayAmt ?? '')
  const otherFen = fields.othFeeAmt ? yuanToFen(fields.othFeeAmt) : ZERO
  if (totalFen === null || fundFen === null || accountFen === null) return null
  if (selfPayFen === null || otherFen === null) return null
  return { totalFen, fundFen, accountFen, otherFen, selfPayFen }
}

/** An amount may be missing, but one that is there must be an amount, or nothing else is believed. */
export function hasUnreadableAmount(fields: AmountFields): boolean {
  const { feeSumamt, fundPay, psnAcctPay, ownPayAmt, othFeeAmt } = fields
  return [feeSumamt, fundPay, psnAcctPay, ownPayAmt, othFeeAmt].some(
    (text) => Boolean(text) && yuanToFen(text ?? '') === null,
  )
}

/** 1.9; anything that is not listed is `unknown` (17-25 are not public). */
const PHASES: Readonly<Record<string, InsurancePhase>> = {
  '0': 'saved',
  '1': 'pre-settled',
  '2': 'settling',
  '3': 'settled',
  '4': 'settled',
  '5': 'settled',
  '6': 'settled',
  '7': 'refunded',
  '8': 'refunded',
  '9': 'refunded',
  '10': 'refunded',
  '11': 'refunded',
  '12': 'revoked',
  '13': 'revoked',
  '14': 'failed',
  '15': 'failed',
  '16': 'failed',
}

export function phaseOf(ordStas: string): InsurancePhase {
  return Object.hasOwn(PHASES, ordStas) ? (PHASES[ordStas] ?? 'unknown') : 'unknown'
}
