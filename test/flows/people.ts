/** One invented patient with one invented bill. */
import { type Amounts, allSelfPay, type Scenario } from '../../src/payment/amounts.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import type { Bill, Patient } from '../../src/payment/order.ts'
import { MORNING } from '../support/virtual-clock.ts'

export const PATIENT: Patient = {
  patientId: 'P1',
  name: '张测试',
  idType: '01',
  idNo: '51010119900307123X',
  phone: '19900000001',
}

const TOTAL = fen(10_000)

/** ¥100.00, shared as the scenario says. */
export function amountsOf(scenario: Scenario): Amounts {
  if (scenario === 'self-pay-only') return allSelfPay(TOTAL)
  const selfPayFen = scenario === 'mixed' ? fen(3_000) : ZERO
  const fundFen = scenario === 'mixed' ? fen(5_000) : fen(8_000)
  return { totalFen: TOTAL, fundFen, accountFen: fen(2_000), otherFen: ZERO, selfPayFen }
}

export function billOf(billNo: string, changes: Partial<Bill> = {}): Bill {
  const who = { deptCode: 'D1', deptName: '内科', doctorCode: 'DR1', doctorName: '李医生' }
  return {
    billNo,
    businessType: 'consultation',
    status: 'unpaid',
    totalFen: TOTAL,
    patient: PATIENT,
    visit: {
      visitNo: `V-${billNo}`,
      registeredAt: MORNING,
      ...who,
      deptCategory: 'A03',
      medType: '11',
      diagnoses: [],
    },
    lines: [
      {
        lineNo: '1',
        nationalCode: 'XA01',
        hospitalCode: 'H01',
        name: '检查费',
        specification: '次',
        quantity: '1',
        unitPrice: '100',
        amountFen: TOTAL,
        prescriptionNo: 'RX1',
        orderedAt: MORNING,
        ...who,
        reimbursable: true,
      },
    ],
    ...changes,
  }
}
