import { describe, expect, it } from 'vitest'
import { addsUp } from '../../../src/payment/amounts.ts'
import { createMidPlatform } from '../../../src/sandbox/mid-platform.ts'
import type { HttpReply } from '../../../src/upstreams/http-client.ts'
import { MID_PLATFORM_PROFILE } from '../../../src/upstreams/mid-platform/adapter.ts'
import { flipByte, sandboxContext, sendTo } from '../stub.ts'
import { BILL, build, real, uploaded } from './link.ts'

const leavesOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value]

describe('the fee upload', () => {
  it('carries the whole bill in texts, in ordinal order [SC-P06]', async () => {
    const link = await real()
    const payload = link.adapter.composeUpload(link.upload)
    const data = JSON.parse(payload)
    expect(Object.keys(data)).toEqual(Object.keys(data).sort())
    expect(data.diseCodg).toBe('')
    expect(data.iptOtpNo).toBe(link.upload.bill.visit.visitNo)
    const fen = data.feedetailList.map((line: { detItemFeeSumamt: string }) =>
      Number(line.detItemFeeSumamt.replace('.', '')),
    )
    const total = fen.reduce((sum: number, part: number) => sum + part, 0)
    expect(total).toBe(link.upload.bill.totalFen)
    expect(leavesOf(data).every((leaf) => typeof leaf === 'string')).toBe(true)
  })

  it('is not composed when the lines are not the total [SC-P06]', async () => {
    const { adapter, upload } = await real()
    const bill = { ...upload.bill, lines: upload.bill.lines.slice(1) }
    expect(() => adapter.composeUpload({ ...upload, bill })).toThrow('bill-invalid')
  })

  it('sends the stored payload again byte for byte after a lost answer (F06)', async () => {
    const link = await real({ billNo: `${BILL}F06` })
    const payload = link.adapter.composeUpload(link.upload)
    expect((await link.adapter.upload(payload)).kind).toBe('unknown')
    expect((await link.adapter.upload(payload)).kind).toBe('done')
    const [first, second] = link.sent.map((request) => JSON.parse(String(request.body)).encData)
    expect(first).toBe(second)
  })

  it('puts no person and no secret on the wire or on record [SC-S03]', async () => {
    const link = await real()
    const { order } = await uploaded(link)
    const { person, payAuthNo } = link.upload
    const seen = link.written() + link.sent.map((request) => String(request.body)).join('')
    const secrets = [payAuthNo.reveal(), order.payToken.reveal(), person.idNo, person.name]
    for (const secret of [...secrets, person.ecToken?.reveal() ?? '?'])
      expect(seen).not.toContain(secret)
  })
})

describe('pre-settlement', () => {
  it('splits the bill into parts that add up to it [SC-P07]', async () => {
    const link = await real()
    const { order, question } = await uploaded(link)
    const outcome = await link.adapter.order(order)
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    expect(outcome.value.payOrdId).toBe(order.payOrdId)
    expect(addsUp(outcome.value.amounts)).toBe(true)
    expect(outcome.value.amounts.totalFen).toBe(link.upload.bill.totalFen)
    expect(await link.adapter.query(question)).toMatchObject({
      kind: 'done',
      value: { ordStas: '1', phase: 'pre-settled' },
    })
    expect(await link.adapter.revoke(question)).toEqual({ kind: 'done' })
    expect(await link.adapter.query(question)).toMatchObject({ value: { phase: 'revoked' } })
  })

  it('passes on parts that do not add up, for the flow to see (F16)', async () => {
    const link = await real({ billNo: `${BILL}F16` })
    const { order } = await uploaded(link)
    const outcome = await link.adapter.order(order)
    expect(outcome.kind === 'done' && !addsUp(outcome.value.amounts)).toBe(true)
  })

  it('is refused in the words of the bureau (F34)', async () => {
    const link = await real({ billNo: `${BILL}F34` })
    const { order } = await uploaded(link)
    const outcome = await link.adapter.order(order)
    expect(outcome.kind === 'refused' && outcome.message).toMatch(/\p{Script=Han}/u)
  })

  it('whose answer was lost is found by asking (F08)', async () => {
    const link = await real({ billNo: `${BILL}F08` })
    const { order, question } = await uploaded(link)
    expect((await link.adapter.order(order)).kind).toBe('unknown')
    expect(await link.adapter.query(question)).toMatchObject({ value: { phase: 'pre-settled' } })
  })
})

describe('the envelope', () => {
  it.each([
    { timestampFormat: 'ms', sort: 'ordinal' },
    { timestampFormat: 's', sort: 'ignore-case' },
  ] as const)('is understood under %j', async (profile) => {
    const link = await real({ profile, sandbox: profile })
    expect((await uploaded(link)).order.payOrdId).toMatch(/^ORD/)
  })

  it('is never done with a byte flipped anywhere [SC-S01]', async () => {
    const replies: HttpReply[] = []
    const link = await real({
      change: (reply) => {
        replies.push(reply)
        return reply
      },
    })
    await uploaded(link)
    const [reply] = replies
    if (reply?.kind !== 'answer') throw new Error('no answer')
    const payload = link.adapter.composeUpload(link.upload)
    for (let at = 0; at < reply.body.length; at += 7) {
      const { adapter } = build(async () => flipByte(reply, at), link.context)
      expect((await adapter.upload(payload)).kind).toBe('unknown')
    }
  }, 30_000)

  it('signed by anyone else is unknown when strict, and believed with a warning when lenient [SC-S01]', async () => {
    const other = sandboxContext()
    const swap = { ...other.parameters.midPlatform }
    const strict = await real()
    const parameters = { ...strict.context.parameters.midPlatform, platform: swap.hospital }
    const context = {
      ...strict.context,
      parameters: { ...strict.context.parameters, midPlatform: parameters },
    }
    const send = sendTo(createMidPlatform(strict.context))
    const payload = strict.adapter.composeUpload(strict.upload)
    expect(await build(send, context).adapter.upload(payload)).toEqual({
      kind: 'unknown',
      cause: 'signature-bad',
    })
    const lenient = build(send, context, {
      ...MID_PLATFORM_PROFILE,
      responseVerification: 'lenient',
    })
    expect((await lenient.adapter.upload(payload)).kind).toBe('done')
    expect(lenient.warnings).toHaveLength(1)
  })
})
