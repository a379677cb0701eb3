/** SC-O11: every scenario × every business type; own money alone in both its forms. */
import type { Evidence } from './evidence.ts'
import { type Business, onAlipay, payMyself, payWithInsurance, type Row } from './row.ts'

const BUSINESSES: readonly [Business, string][] = [
  ['registration', '挂号'],
  ['consultation', '诊间'],
  ['pharmacy', '购药'],
]

interface Kind {
  readonly title: string
  readonly suffix: string
  readonly scenario: string
  readonly play: Row['play']
  /** Steps of table 2 that must run; 12 may, when a callback is slow. */
  readonly steps: readonly number[]
}

const INSURED = [1, 2, 3, 4, 5, 6, 7]
const KINDS: readonly Kind[] = [
  {
    title: '纯医保',
    suffix: 'I',
    scenario: 'insurance-only',
    play: payWithInsurance,
    steps: [...INSURED, 9, 10, 11, 13],
  },
  {
    title: '纯自费（经医保预结算）',
    suffix: 'S',
    scenario: 'self-pay-only',
    play: payWithInsurance,
    steps: [...INSURED, 8, 9, 10, 11, 13],
  },
  {
    title: '纯自费（不用医保）',
    suffix: 'S',
    scenario: 'self-pay-only',
    play: payMyself,
    steps: [1, 2, 8, 9, 10, 11, 13],
  },
  {
    title: '混合',
    suffix: 'M',
    scenario: 'mixed',
    play: payWithInsurance,
    steps: [...INSURED, 8, 9, 10, 11, 13],
  },
]

const ON_WECHAT: readonly Row[] = KINDS.flatMap((kind) =>
  BUSINESSES.map(([business, name]): Row => {
    const title = `${kind.title} × ${name}`
    return {
      id: title,
      title,
      business,
      suffix: kind.suffix,
      on: 'usual',
      play: kind.play,
      expect: { status: 'paid', also: (evidence) => wrongSteps(kind, evidence) },
    }
  }),
)

export const CELLS: readonly Row[] = [...ON_WECHAT, ...ON_WECHAT.map(onAlipay)]

function wrongSteps(kind: Kind, { steps, order }: Evidence): string[] {
  const ran = new Set(steps.map(({ no }) => Number(no)))
  const wanted = new Set([...kind.steps, ...(ran.has(12) ? [12] : [])])
  const missing = [...wanted].filter((no) => !ran.has(no))
  const extra = [...ran].filter((no) => !wanted.has(no))
  return [
    ...(missing.length > 0 ? [`缺少步骤 ${missing.join('、')}`] : []),
    ...(extra.length > 0 ? [`多出步骤 ${extra.join('、')}`] : []),
    ...(order.scenario === kind.scenario ? [] : [`场景为 ${order.scenario}`]),
  ]
}
