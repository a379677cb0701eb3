/** Bills as a hospital would write them: the same number always gives the same bill. */
import { digits, fenToYuan, seeded } from './answers.ts'
import { counterScenarioOf } from './one-code/scenario.ts'
import { inventPerson } from './people.ts'
import type { Bill, Person, SandboxContext } from './registry.ts'
import { shanghai } from './shanghai.ts'

export type HisBusinessType = 'registration' | 'consultation' | 'pharmacy'

export interface HisLine {
  readonly lineNo: string
  readonly nationalCode: string
  readonly hospitalCode: string
  readonly name: string
  readonly specification: string
  readonly quantity: string
  readonly unitPrice: string
  readonly amountFen: number
  readonly prescriptionNo: string
  readonly orderedAt: string
  readonly deptCode: string
  readonly deptName: string
  readonly doctorCode: string
  readonly doctorName: string
  readonly reimbursable: boolean
}

export interface HisSettlement {
  readonly settlementNo: string
  /** The request as it came, for telling a repeat from another settlement under the same number. */
  readonly text: string
  readonly amounts: HisAmounts
  readonly at: string
}

export interface HisRefund extends HisSettlement {
  readonly refundNo: string
}

export interface HisAmounts {
  readonly totalFen: number
  readonly fundFen: number
  readonly accountFen: number
  readonly otherFen: number
  readonly selfPayFen: number
}

/** What the HIS keeps about a bill; `registry.bills` holds these very objects. */
export interface HisBill extends Bill {
  readonly businessType: HisBusinessType
  readonly patientId: string
  readonly visit: ReturnType<typeof visitOf>
  totalFen: number
  status: 'unpaid' | 'paid' | 'void'
  fulfilment: 'none' | 'started' | 'delivered'
  lines: HisLine[]
  hold: { readonly orderId: string; readonly until: string } | null
  readonly settlements: Map<string, HisSettlement>
  readonly refunds: Map<string, HisRefund>
  /** F17 happened. */
  changed: boolean
  /** F18, R11: when it went down. */
  downSince: number | null
}

export interface NewBill {
  readonly billNo?: string
  readonly businessType: HisBusinessType
  readonly patient?: Partial<Person>
  readonly totalFen?: number
  readonly status?: HisBill['status']
}

const PREFIXES: Record<HisBusinessType, string> = {
  registration: 'GH',
  consultation: 'MZ',
  pharmacy: 'GY',
}
const NUMBER = /^(GH|MZ|GY)\d{8,14}(-([IMS]?([FR]\d\d)?|[IMSL]?Y([0-9SCm]\w*)?))?$/

const DEPARTMENTS = [
  { deptCode: '0101', deptName: '心血管内科门诊', deptCategory: 'A03.04' },
  { deptCode: '0102', deptName: '呼吸内科门诊', deptCategory: 'A03.01' },
  { deptCode: '0103', deptName: '消化内科门诊', deptCategory: 'A03.02' },
  { deptCode: '0201', deptName: '普通外科门诊', deptCategory: 'A04.01' },
  { deptCode: '0301', deptName: '中医科门诊', deptCategory: 'A50' },
]
const DIAGNOSES = [
  { code: 'I10.x00x002', name: '高血压' },
  { code: 'J06.900x003', name: '急性上呼吸道感染' },
  { code: 'K29.500', name: '慢性胃炎' },
]

interface Item {
  readonly nationalCode: string
  readonly hospitalCode: string
  readonly name: string
  readonly specification: string
}
const item = (nationalCode: string, hospitalCode: string, text: string): Item => {
  const [name = '', specification = ''] = text.split('|')
  return { nationalCode, hospitalCode, name, specification }
}
const DRUGS = [
  item('XC08CAA228A001010104021', 'YP000101', '苯磺酸氨氯地平片|5mg*28片'),
  item('XJ01CAA040E001010204933', 'YP000102', '阿莫西林胶囊|0.25g*24粒'),
  item('XA02BCA208E002010104512', 'YP000103', '奥美拉唑肠溶胶囊|20mg*14粒'),
  item('ZA01AAL0137010104087', 'YP000104', '连花清瘟胶囊|0.35g*24粒'),
]
const EXAMINATIONS = [
  item('002503000010000-250300001', 'JC000201', '血清总蛋白测定|次'),
  item('002501010150000-250101015', 'JC000202', '血细胞分析(五分类)|次'),
  item('003107010010000-310701001', 'JC000203', '常规心电图检查|次'),
]
const FEES = [
  item('001102000010000-110200001', 'GH000301', '普通门诊诊查费|次'),
  item('001101000010000-110100001', 'GH000302', '挂号费|次'),
]
const ITEMS: Record<HisBusinessType, Item[]> = {
  registration: FEES,
  consultation: [...EXAMINATIONS, ...DRUGS],
  pharmacy: DRUGS,
}
/** Usual totals in fen: from, and how much more at most. */
const TOTALS: Record<HisBusinessType, [number, number]> = {
  registration: [1000, 4000],
  consultation: [8000, 40_000],
  pharmacy: [3000, 20_000],
}

/** Puts a bill on the HIS's desk; what is not given follows from the number. */
export function addBill(context: SandboxContext, wish: NewBill): HisBill {
  const { world, registry } = context
  const fresh = `${PREFIXES[wish.businessType]}${shanghai.compact(world.now()).slice(0, 8)}`
  const billNo = wish.billNo ?? `${fresh}${digits(world, 6)}`
  const pick = seeded(`bill:${billNo}`)
  const [least, more] = TOTALS[wish.businessType]
  const totalFen = wish.totalFen ?? least + pick(more)
  const patient = { ...inventPerson(billNo), ...wish.patient }
  const visit = visitOf({ billNo, businessType: wish.businessType, at: world.now() })
  const bill: HisBill = {
    billNo,
    businessType: wish.businessType,
    patient,
    patientId: `P${String(seeded(`patient:${patient.idNo}`)(1e9)).padStart(9, '0')}`,
    visit,
    totalFen,
    status: wish.status ?? 'unpaid',
    fulfilment: 'none',
    lines: linesOf({ billNo, businessType: wish.businessType, totalFen, visit }),
    hold: null,
    settlements: new Map(),
    refunds: new Map(),
    changed: false,
    downSince: null,
  }
  registry.bills.set(billNo, bill)
  return bill
}

function isHisBill(bill: Bill): bill is HisBill {
  return 'lines' in bill && 'settlements' in bill
}

/** The bill under this number; one that nobody added but whose number is in shape appears by itself. */
export function billOf(context: SandboxContext, billNo: string): HisBill | null {
  const known = context.registry.bills.get(billNo)
  if (known) return isHisBill(known) ? known : null
  const prefix = NUMBER.exec(billNo)?.[1]
  if (prefix === 'GH') return addBill(context, { billNo, businessType: 'registration' })
  if (prefix === 'MZ') return addBill(context, { billNo, businessType: 'consultation' })
  if (prefix === 'GY') return addBill(context, { billNo, businessType: 'pharmacy' })
  return null
}

/** How the desks share a bill that is paid at a counter; nothing for any other. */
export function counterOf({ billNo, totalFen }: HisBill): Record<string, unknown> {
  const scenario = counterScenarioOf(billNo)
  if (scenario === null) return {}
  const { share } = scenario
  const insured = { none: 0, nothing: totalFen, settled: 0, later: 0 }[share]
  const split = share === 'settled' || share === 'later' ? Math.floor(totalFen * 0.7) : insured
  const fundFen = Math.floor(split * 0.8)
  const parts = { fundFen, accountFen: split - fundFen, otherFen: 0, selfPayFen: totalFen - split }
  return { counter: { insurance: share === 'nothing' ? 'settled' : share, ...parts } }
}

/** F17: a line was added to the desk's copy after the patient saw the amount. */
export function changeBill(bill: HisBill): void {
  const last = bill.lines.at(-1)
  if (!last) return
  bill.changed = true
  bill.totalFen += 500
  bill.lines = [
    ...bill.lines,
    {
      ...last,
      lineNo: String(bill.lines.length + 1),
      quantity: '1',
      unitPrice: '5.00',
      amountFen: 500,
    },
  ]
}

function visitOf(from: { billNo: string; businessType: HisBusinessType; at: number }) {
  const pick = seeded(`visit:${from.billNo}`)
  const department = DEPARTMENTS[pick(DEPARTMENTS.length)] ?? {
    deptCode: '0101',
    deptName: '内科门诊',
    deptCategory: 'A03',
  }
  const doctor = {
    doctorCode: `D5101${String(pick(1e8)).padStart(8, '0')}`,
    doctorName: `${'何吕施张孔曹'.charAt(pick(6))}医师`,
  }
  const diagnosis = DIAGNOSES[pick(DIAGNOSES.length)]
  const diagnosedAt = shanghai.rfc3339(from.at - 15 * 60_000)
  const diagnosed = from.businessType !== 'registration' && diagnosis !== undefined
  return {
    // The scenario suffix travels to the insurance as iptOtpNo, which has 30 characters.
    visitNo: `V${from.billNo}`,
    registeredAt: shanghai.rfc3339(from.at - 45 * 60_000),
    ...department,
    ...doctor,
    medType: from.businessType === 'registration' ? '12' : '11',
    diagnoses: diagnosed ? [{ type: '1', order: 1, ...diagnosis, ...doctor, diagnosedAt }] : [],
  }
}

function linesOf(from: {
  billNo: string
  businessType: HisBusinessType
  totalFen: number
  visit: HisBill['visit']
}): HisLine[] {
  const pick = seeded(`lines:${from.billNo}`)
  const { deptCode, deptName, doctorCode, doctorName, registeredAt } = from.visit
  const items = ITEMS[from.businessType]
  const count = Math.max(1, Math.min(items.length, from.totalFen, 2 + pick(3)))
  let left = from.totalFen
  return items.slice(0, count).map((item, at) => {
    const others = count - at - 1
    const share = Math.floor((left / (others + 1)) * (0.5 + pick(100) / 100))
    const amountFen = others === 0 ? left : Math.max(1, Math.min(share, left - others))
    left -= amountFen
    const wanted = 1 + pick(3)
    const quantity = amountFen % wanted === 0 ? wanted : 1
    return {
      lineNo: String(at + 1),
      ...item,
      quantity: String(quantity),
      unitPrice: fenToYuan(amountFen / quantity),
      amountFen,
      prescriptionNo: `CF${from.billNo.replace(/^\D+|-.*$/g, '')}`,
      orderedAt: registeredAt,
      deptCode,
      deptName,
      doctorCode,
      doctorName,
      reimbursable: true,
    }
  })
}
