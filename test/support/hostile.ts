/** What nobody should send: bytes, texts and JSON that look almost right. */
import * as fc from 'fast-check'

/** A value; an answer may name members, and must not repeat what stands in them. */
export const CANARY = 'KANARIE-510101199001011237'

const oddTexts = fc.constantFrom(
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  'NaN',
  'null',
  '__proto__',
  'constructor',
  'toString',
  "' or 1=1 --",
  '${7*7}',
  '../../etc/passwd',
  '\u0000',
  '\ud800',
  '\u202e',
  '٣',
  '１２',
  'MZ20261120000001-M',
  '01JD0000000000000000000000',
  '2026-02-30T25:61:61Z',
  '2026-11-20T10:00:00+08:00',
  'x'.repeat(5_000),
  CANARY,
)

export const odd: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: oddTexts, weight: 4 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 1 },
  { arbitrary: fc.constantFrom(null, true, false, 0, -0, -1, 0.1, 1e308, 2 ** 53, 100), weight: 2 },
  { arbitrary: fc.constantFrom([], {}, [[]], [null], { a: { b: 1 } }, [CANARY]), weight: 2 },
  { arbitrary: fc.jsonValue({ maxDepth: 3 }), weight: 1 },
)

/** Members of these names, some of them missing, all of them odd; and some that nobody knows. */
export const objectOf = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(
    fc.oneof(
      { arbitrary: fc.constantFrom('', ...names), weight: 9 },
      { arbitrary: fc.constantFrom('__proto__', 'constructor', 'nobodyKnows'), weight: 1 },
    ),
    odd,
  )

export const bytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 300 })
  .map((some) => Buffer.from(some))

/** JSON of such members, JSON of anything, what is cut off, and bytes. */
export const bodyOf = (names: readonly string[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { arbitrary: objectOf(names).map((value) => Buffer.from(JSON.stringify(value))), weight: 5 },
    { arbitrary: fc.json().map((text) => Buffer.from(text)), weight: 1 },
    {
      arbitrary: fc
        .tuple(objectOf(names), fc.nat(200))
        .map(([value, length]) => Buffer.from(JSON.stringify(value)).subarray(0, length)),
      weight: 1,
    },
    { arbitrary: bytes, weight: 1 },
    { arbitrary: fc.constant(Buffer.from('['.repeat(10_000))), weight: 1 },
  )

/** As `z.toJSONSchema` draws it. */
export interface Drawn {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly items?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly maximum?: number
}

const TEXTS = [
  'A',
  '0',
  '..',
  '__proto__',
  'constructor',
  'MZ20261120000001-M',
  "x' or 1=1 --",
  '😀é',
  '张三',
  'a/b?c=d&e',
  'sm4:AAAA',
  CANARY,
  '2026-11-20T10:00:00+08:00',
  '9999-12-31T23:59:59Z',
  '2026-11-19',
  '10.0.0.1',
  'https://a.example/b',
  'x'.repeat(64),
  'x'.repeat(256),
  'x'.repeat(1_024),
]
const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT/,
  date: /^\d{4}-\d\d-\d\d$/,
  uri: /^https:/,
}

const isDrawn = (value: unknown): value is Drawn => typeof value === 'object' && value !== null

/** What the schema lets in, at its edges. */
export function allowed(schema: unknown): fc.Arbitrary<unknown> {
  if (!isDrawn(schema)) return odd
  const { type, enum: words, properties, required = [], items } = schema
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (words !== undefined) return fc.constantFrom(...words)
  if (type === 'string') return fc.constantFrom(...textsOf(schema))
  if (type === 'integer') return fc.constantFrom(1, 2, 100, schema.maximum ?? 2 ** 53 - 1)
  if (type === 'number') return fc.constantFrom(0, -1.5, schema.maximum ?? 1e300)
  if (type === 'array') return fc.array(allowed(items), { minLength: 1, maxLength: 3 })
  if (properties === undefined) return odd
  const members = Object.entries(properties).map(([name, of]) => {
    const value = allowed(of)
    return required.includes(name)
      ? value.map((given) => [[name, given]])
      : fc.option(value).map((given) => (given === null ? [] : [[name, given]]))
  })
  return fc.tuple(...members).map((pairs) => Object.fromEntries(pairs.flat()))
}

function textsOf({ pattern, format, minLength = 0, maxLength = 2_000 }: Drawn): string[] {
  const formed = FORMATS[format ?? ''] ?? /^/
  const fitting = TEXTS.filter(
    (text) =>
      text.length >= minLength &&
      text.length <= maxLength &&
      formed.test(text) &&
      (pattern === undefined || new RegExp(pattern, 'u').test(text)),
  )
  return fitting.length === 0 ? TEXTS : fitting
}
