import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/http/body.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))
const refusal = { code: 'invalid-request' }
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('a JSON body', () => {
  it('may be 20 deep and not 21; brackets inside of strings do not count', () => {
    expect(() => parse(nested(20))).not.toThrow()
    expect(() => parse(nested(21))).toThrow(expect.objectContaining(refusal))
    const text = JSON.stringify({ a: `"\\${'['.repeat(99)}`, b: '\\' })
    expect(parse(text)).toEqual(JSON.parse(text))
  })

  it('is refused in linear time, however many quotes stay open', () => {
    expect(() => parse('"\\'.repeat(130_000))).toThrow(expect.objectContaining(refusal))
  })

  it('has one reading of its bytes: broken UTF-8 is refused, not mended', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(
      expect.objectContaining(refusal),
    )
  })

  it('that is empty is an empty object: most calls bring nothing', () => {
    expect(parse('')).toEqual({})
  })
})
