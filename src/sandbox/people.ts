/** People who do not exist: names nobody has, a division that was never assigned, phones of zeros. */
import { seeded } from './answers.ts'
import type { Bill, PayAuth, Person, SandboxContext } from './registry.ts'
import { scenarioOf } from './scenario.ts'

const SURNAMES = ['赵', '钱', '孙', '李', '周', '吴', '郑', '王', '冯', '陈']
const GIVEN = ['沙盒', '样例', '演示', '虚构', '试一', '拟名']

/** GB 11643: weights and check characters of an 18-character identity number. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECKS = '10X98765432'

const two = (value: number): string => String(value).padStart(2, '0')

export function inventPerson(seed: string): Person {
  const pick = seeded(`person:${seed}`)
  const birth = `${1945 + pick(55)}${two(1 + pick(12))}${two(1 + pick(28))}`
  const first17 = `510199${birth}${String(pick(1000)).padStart(3, '0')}`
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(first17[at]), 0)
  return {
    name: `${SURNAMES[pick(SURNAMES.length)]}${GIVEN[pick(GIVEN.length)]}`,
    idType: '01',
    idNo: `${first17}${CHECKS[sum % 11]}`,
    phone: `1990000${String(pick(10_000)).padStart(4, '0')}`,
  }
}

/**
 * Who holds the phone: the patient; with family payment (F41) a relative; and somebody who may not
 * (F42), as the channel does not call it family payment.
 */
export function payerOf({ billNo, patient }: Bill): { payer: Person; family: boolean } {
  const { misbehaviour } = scenarioOf(billNo)
  const family = misbehaviour === 'F41'
  const other = family || misbehaviour === 'F42'
  return { payer: other ? inventPerson(`payer:${billNo}`) : patient, family }
}

/** Who the insurance core says is behind an authorisation. */
export interface Insured {
  readonly person: Person
  readonly psnNo: string
  readonly insutype: string
  readonly insuplcAdmdvs: string
  /** `business_token` of exp_content, the ecToken of 6201. */
  readonly businessToken: string
}

/** Depends on the authorisation alone, so that the mid-platform expects what 1101 answered. */
export function insuredOf(context: SandboxContext, auth: PayAuth): Insured {
  const stranger = scenarioOf(auth.billNo).misbehaviour === 'F33'
  const person = stranger ? inventPerson(`stranger:${auth.billNo}`) : auth.person
  const pick = seeded(`psn:${person.idNo}`)
  const token = seeded(`token:${auth.payAuthNo}`)
  return {
    person,
    psnNo: `51010000${Array.from({ length: 14 }, () => pick(10)).join('')}`,
    insutype: '310',
    insuplcAdmdvs: context.parameters.insurance.mdtrtareaAdmvs,
    businessToken: `ECT${Array.from({ length: 32 }, () => token(10)).join('')}`,
  }
}
