/** `npm run states [-- --check]`: draws states.md from the state tables and the effects table. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import { EFFECT_RULES } from '../src/payment/effects.ts'
import { REFUND_STATES, REFUNDS } from '../src/payment/refunds.ts'
import { isFinal, ORDER_STATES, type OrderState, STATES } from '../src/payment/states.ts'
import { readCommandLine } from './parts/command-line.ts'

const USAGE = {
  command: 'npm run states',
  help: `npm run states [-- --check]

  Draws states.md from the tables of src/payment: states.ts, refunds.ts, effects.ts.

  --check   writes nothing; exit code 1 when states.md is not what would be drawn

Examples:
  npm run states
  npm run states -- --check`,
}

const FILE = fileURLToPath(new URL('../states.md', import.meta.url))

/** Where an order begins: with insurance, and without. */
const STARTS: readonly OrderState[] = ['created', 'pre-settled']

/** Mermaid allows no hyphen in the name of a state. */
const nameOf = (state: string): string => state.replaceAll('-', '_')

interface Machine {
  readonly states: readonly string[]
  readonly starts: readonly string[]
  readonly ends: readonly string[]
  readonly next: (state: string) => readonly string[]
}

function diagram({ states, starts, ends, next }: Machine): string[] {
  return [
    '```mermaid',
    'stateDiagram-v2',
    ...states
      .filter((state) => state.includes('-'))
      .map((state) => `  state "${state}" as ${nameOf(state)}`),
    ...starts.map((state) => `  [*] --> ${nameOf(state)}`),
    ...states.flatMap((from) => next(from).map((to) => `  ${nameOf(from)} --> ${nameOf(to)}`)),
    ...ends.map((state) => `  ${nameOf(state)} --> [*]`),
    '```',
  ]
}

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

function orderStates(): string[] {
  const rows = ORDER_STATES.map((state) => {
    const { means, next, recovery, shows, text, holdsBill } = STATES[state]
    return [state, means, next.join(', '), recovery, `${shows}: ${text}`, holdsBill ? 'yes' : 'no']
  })
  return table(['state', 'means', 'next', 'recovery', 'shows', 'holds the bill'], rows)
}

function refundStates(): string[] {
  const rows = REFUND_STATES.map((state) => {
    const { means, next, text, running } = REFUNDS[state]
    return [state, means, next.join(', '), text, running ? 'yes' : 'no']
  })
  return table(['state', 'means', 'next', 'shows', 'runs'], rows)
}

function effects(): string[] {
  const rows = Object.entries(EFFECT_RULES).map(([effect, rule]) => {
    const { step, means, number, question, lost, absent, unknown, refused } = rule
    return [effect, step, means, number, question, lost, absent, unknown, refused]
  })
  const head = ['call', 'step', 'means', 'number', 'question', 'answer lost']
  return table([...head, 'absent', 'still unknown', 'refused'], rows)
}

const { values: asked } = readCommandLine(USAGE, { check: { type: 'boolean', default: false } })
const drawing = [
  '# States of an order and of a refund, and effects outside',
  '',
  'Drawn by `npm run states` from `states.ts`, `refunds.ts` and `effects.ts` of `src/payment/`; do not edit.',
  '',
  '## An order',
  '',
  ...diagram({
    states: ORDER_STATES,
    starts: STARTS,
    ends: ORDER_STATES.filter(isFinal),
    next: (state) => ORDER_STATES.flatMap((from) => (from === state ? STATES[from].next : [])),
  }),
  '',
  ...orderStates(),
  '',
  '## A refund',
  '',
  ...diagram({
    states: REFUND_STATES,
    starts: ['checking'],
    ends: REFUND_STATES.filter((state) => !REFUNDS[state].running),
    next: (state) => REFUND_STATES.flatMap((from) => (from === state ? REFUNDS[from].next : [])),
  }),
  '',
  ...refundStates(),
  '',
  '## Effects',
  '',
  'Every call that changes something outside, and what is done when its answer does not come.',
  '',
  ...effects(),
  '',
].join('\n')
const drawn = await format(drawing, { parser: 'markdown' })

function written(): string {
  try {
    return readFileSync(FILE, 'utf8')
  } catch {
    return ''
  }
}

if (!asked.check) {
  writeFileSync(FILE, drawn)
} else if (written() !== drawn) {
  console.error('states.md is stale: run `npm run states`')
  process.exit(1)
}
