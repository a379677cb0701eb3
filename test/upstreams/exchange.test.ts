import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { type Exchange, mask, recorder } from '../../src/upstreams/exchange.ts'

const SENSITIVE = new Set(['name', 'idNo', 'payload'])
const CANARY = 'canary-张三-510100'

test('no sensitive member survives, at any depth, of any shape, in any case [SC-S08] [SC-S09]', () => {
  const { value: hidden } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant(1),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('value')),
      fc
        .tuple(
          fc.constantFrom('name', 'NAME', 'idNo', 'idno', 'Payload'),
          fc.constantFrom<unknown>(CANARY, { deep: CANARY }, [CANARY], new Secret(CANARY)),
        )
        .map(([name, value]) => ({ [name]: value })),
    ),
  }))
  fc.assert(
    fc.property(hidden, (value) => {
      expect(JSON.stringify(mask(value, SENSITIVE))).not.toContain(CANARY)
    }),
  )
})

test('what is not sensitive stays, the original is untouched and a long text is cut', () => {
  const original = { name: 'x', note: 'y'.repeat(300), list: [{ id: 7, none: null }], empty: true }
  const masked = mask(original, SENSITIVE)
  expect(masked).toEqual({
    name: '***',
    note: `${'y'.repeat(200)}…(300 characters)`,
    list: [{ id: 7, none: null }],
    empty: true,
  })
  expect(original.name).toBe('x')
})

test('bytes, secrets, functions and bottomless values become masks instead of errors', () => {
  const endless: Record<string, unknown> = {}
  endless['self'] = endless
  const masked = mask(
    { a: Buffer.from(CANARY), b: new Secret(CANARY), c: () => 1, endless },
    new Set(),
  )
  expect(JSON.stringify(masked)).not.toContain(CANARY)
  expect(masked).toMatchObject({ a: '***', b: '***', c: '***' })
})

test('a call is written down before and after, with how long it took', () => {
  const written: Exchange[] = []
  let now = 1_000
  const record = recorder({
    upstream: 'bank',
    recordExchange: (exchange) => written.push(exchange),
    now: () => now,
    sensitive: SENSITIVE,
  })
  const answered = record('orderqry', 'C1', { name: CANARY, no: 'C1' })
  now = 1_250
  answered('200', { code: '0' })
  const common = { upstream: 'bank', call: 'orderqry', number: 'C1' }
  expect(written).toEqual([
    { ...common, at: 1_000, phase: 'sent', body: '{"name":"***","no":"C1"}' },
    {
      ...common,
      at: 1_250,
      phase: 'answered',
      status: '200',
      durationMs: 250,
      body: '{"code":"0"}',
    },
  ])
})
