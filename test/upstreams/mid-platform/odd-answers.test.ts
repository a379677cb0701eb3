import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { MID_PLATFORM_PROFILE } from '../../../src/upstreams/mid-platform/adapter.ts'
import { phaseOf } from '../../../src/upstreams/mid-platform/mapping.ts'
import { answering, failing } from '../stub.ts'
import { build } from './link.ts'

const question = { payOrdId: 'ORD1', payToken: new Secret('PT1'), name: '甲', idNo: '1' }

const said = (body: string) => build(answering(200, body)).adapter.revoke(question)

describe('odd answers', () => {
  it('without envelope can refuse, but never succeed', async () => {
    expect(await said('{"code":"-1","message":"不能撤销"}')).toEqual({
      kind: 'refused',
      code: '-1',
      message: '不能撤销',
    })
    expect((await said('{"code":0,"success":true}')).kind).toBe('unknown')
    expect((await said('{"message":"no"}')).kind).toBe('unknown')
  })

  it('to a question prove nothing, unless the profile lists the code for "no such order"', async () => {
    const send = answering(200, '{"code":"404","message":"订单不存在"}')
    expect((await build(send).adapter.query(question)).kind).toBe('unknown')
    const profile = { ...MID_PLATFORM_PROFILE, absentCodes: ['404'] }
    expect(await build(send, undefined, profile).adapter.query(question)).toEqual({
      kind: 'absent',
    })
  })

  it('with another status than 200 are unknown', async () => {
    for (const status of [400, 404, 500, 502, 504]) {
      const { adapter } = build(answering(status, '{"code":"-1","message":"x"}'))
      expect((await adapter.revoke(question)).kind).toBe('unknown')
    }
  })

  it('that never came say whether the request left', async () => {
    expect((await build(failing('unsent')).adapter.revoke(question)).kind).toBe('unsent')
    expect((await build(failing('unknown')).adapter.revoke(question)).kind).toBe('unknown')
  })

  it('never throw and never become done', async () => {
    const member = fc.constantFrom('code', 'message', 'success', 'encData', 'signData', 'data')
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(member, fc.jsonValue()).map((value) => JSON.stringify(value)),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (body) => {
        const { adapter } = build(answering(200, body))
        expect(['unknown', 'refused']).toContain((await adapter.revoke(question)).kind)
        expect((await adapter.query(question)).kind).toBe('unknown')
        expect(['unknown', 'refused']).toContain((await adapter.upload('{}')).kind)
      }),
      { numRuns: 60 },
    )
  })
})

describe('ordStas', () => {
  it('is unknown unless it is listed', () => {
    const phases = Array.from({ length: 18 }, (_, value) => phaseOf(String(value)))
    expect(phases.slice(0, 4)).toEqual(['saved', 'pre-settled', 'settling', 'settled'])
    expect(phases.slice(6, 8)).toEqual(['settled', 'refunded'])
    expect(phases.slice(11)).toEqual([
      'refunded',
      'revoked',
      'revoked',
      'failed',
      'failed',
      'failed',
      'unknown',
    ])
    for (const odd of ['', '01', 'toString', '__proto__']) expect(phaseOf(odd)).toBe('unknown')
  })
})
