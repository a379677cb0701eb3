/** The bills that testers pay: every scenario × every business type (SC-O11). */
import type { Scenario } from '../../src/payment/amounts.ts'
import type { BusinessType } from '../../src/payment/order.ts'

export interface Cell {
  readonly business: BusinessType
  readonly scenario: Scenario
  readonly billNo: string
}

export const BUSINESSES: Readonly<Record<BusinessType, string>> = {
  registration: '挂号',
  consultation: '诊间',
  pharmacy: '购药',
}

export const SCENARIOS: Readonly<Record<Scenario, string>> = {
  'insurance-only': '纯医保',
  'self-pay-only': '纯自费',
  mixed: '混合',
}

export const titleOf = ({ business, scenario }: Omit<Cell, 'billNo'>): string =>
  `${SCENARIOS[scenario]} × ${BUSINESSES[business]}`

const BILL_NO = /^[0-9A-Za-z._-]{1,64}$/

/**
 * A line a cell: `业务,场景,账单号`; a first line with these very words and empty lines are skipped.
 * @returns the cells, or one Chinese sentence for each line that is wrong
 */
export function readPlan(text: string): { cells: readonly Cell[]; problems: readonly string[] } {
  const problems: string[] = []
  const cells: Cell[] = []
  for (const [at, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const words = line.split(/[,，]/).map((word) => word.trim())
    if (line.trim() === '' || words[0] === '业务') continue
    const cell = cellOf(words)
    if (typeof cell === 'string') problems.push(`第 ${at + 1} 行：${cell}`)
    else if (cells.some(({ billNo }) => billNo === cell.billNo))
      problems.push(`第 ${at + 1} 行：账单号重复`)
    else cells.push(cell)
  }
  if (cells.length === 0 && problems.length === 0) problems.push('文件中没有账单')
  return { cells, problems }
}

function cellOf([business = '', scenario = '', billNo = '', ...more]: string[]): Cell | string {
  if (more.length > 0 || billNo === '') return '须为三列：业务,场景,账单号'
  const knownBusiness = keyOf(BUSINESSES, business)
  if (knownBusiness === undefined) return `业务须为 ${Object.values(BUSINESSES).join('、')}`
  const knownScenario = keyOf(SCENARIOS, scenario)
  if (knownScenario === undefined) return `场景须为 ${Object.values(SCENARIOS).join('、')}`
  if (!BILL_NO.test(billNo)) return '账单号须为 1-64 位字母、数字、点、横线或下划线'
  return { business: knownBusiness, scenario: knownScenario, billNo }
}

function keyOf<K extends string>(words: Readonly<Record<K, string>>, word: string): K | undefined {
  for (const key in words) if (words[key] === word || key === word) return key
  return undefined
}

/** Combinations for which nobody will pay a bill: they stay unproved. */
export function missingFrom(cells: readonly Cell[]): string[] {
  const all = Object.keys(SCENARIOS).flatMap((scenario) =>
    Object.keys(BUSINESSES).map((business) => ({ scenario, business })),
  )
  return all.flatMap(({ scenario, business }) => {
    const covered = cells.some((cell) => cell.scenario === scenario && cell.business === business)
    return covered ? [] : [`${words(SCENARIOS, scenario)} × ${words(BUSINESSES, business)}`]
  })
}

const words = (of: Readonly<Record<string, string>>, key: string): string => of[key] ?? key
