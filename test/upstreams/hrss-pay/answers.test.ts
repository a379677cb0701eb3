import { describe, expect, it } from 'vitest'
import { connected, ORDER, saying } from './platform.ts'

const STATE = {
  mchOrderId: 'S1',
  payOrderId: '10000000000000000361',
  payStatus: '2',
  wayCode: 'SBK',
  orderAmount: 1,
}

async function told(content: unknown, changes: { outer?: object; inner?: object } = {}) {
  const rig: ReturnType<typeof connected> = connected({
    send: (request) => saying(() => rig, content, changes)(request),
  })
  return rig.platform.order({ mchOrderId: 'S1', payOrderId: '10000000000000000361' })
}

describe('the state of an order', () => {
  it.each([
    ['0', 'waiting'],
    ['1', 'paying'],
    ['2', 'paid'],
    ['3', 'failed'],
    ['4', 'cancelled'],
    ['5', 'abnormal'],
    ['6', 'unknown'],
    ['2 ', 'unknown'],
    ['', 'unknown'],
    ['constructor', 'unknown'],
  ])('[RS-59] [RS-60] payStatus %j is %s', async (payStatus, status) => {
    expect(await told({ ...STATE, payStatus })).toMatchObject({ value: { status } })
  })

  it.each([
    ['0', 'waiting'],
    ['1', 'waiting'],
    ['2', 'returned'],
    ['3', 'failed'],
    ['4', 'failed'],
    ['5', 'unknown'],
    ['6', 'unknown'],
    ['7', 'full'],
    ['8', 'part'],
    ['9', 'none'],
  ])('[RS-59] [RS-60] refundStatus %j is %s', async (refundStatus, status) => {
    expect(await told({ ...STATE, refundStatus })).toMatchObject({
      value: { refundStatus: status },
    })
  })

  it('[RS-60] comes from three ways of paying, and from another one it is not final', async () => {
    for (const [wayCode, status] of [
      ['SBK', 'paid'],
      ['WX', 'paid'],
      ['ALI', 'paid'],
      ['XX', 'unknown'],
    ])
      expect(await told({ ...STATE, wayCode })).toMatchObject({ value: { status } })
  })

  it('[RS-04] [RS-55] has a time of the calendar or none, and amounts as digits too', async () => {
    expect(
      await told({
        ...STATE,
        payTime: '2023-06-27 11:40:45',
        orderAmount: '00',
        couponAmount: '00',
      }),
    ).toMatchObject({
      value: { paidAt: Date.parse('2023-06-27T11:40:45+08:00'), amountFen: 0 },
    })
    for (const payTime of [
      '2023-02-30 11:40:45',
      '2023-06-27 24:00:00',
      '2023-06-27T11:40:45',
      '20230627114045',
    ])
      expect((await told({ ...STATE, payTime })).kind).toBe('unknown')
    expect(await told({ ...STATE, payTime: '', refundStatus: null })).toMatchObject({
      value: { paidAt: null, refundStatus: 'none' },
    })
  })

  it.each([1.5, -1, 1e21, '1.5', '-1', '1e3', '１', true])(
    '[RS-55] with the amount %j is not read',
    async (orderAmount) => {
      expect((await told({ ...STATE, orderAmount })).kind).toBe('unknown')
    },
  )

  it('[RS-25] of another order, another application or another serial number is not ours', async () => {
    expect((await told({ ...STATE, mchOrderId: 'S2' })).kind).toBe('unknown')
    expect((await told({ ...STATE, payOrderId: '1' })).kind).toBe('unknown')
    expect((await told(STATE, { inner: { aaz001: '1' } })).kind).toBe('unknown')
    expect((await told(STATE, { inner: { appid: 'B' } })).kind).toBe('unknown')
  })
})

describe('an answer’s envelopes', () => {
  it('[RS-22] [RS-23] lack nothing that is required', async () => {
    const withoutEach = [
      { outer: { code: undefined } },
      { outer: { msg: undefined } },
      { outer: { biz_data: undefined } },
      { inner: { code: undefined } },
      { inner: { message: undefined } },
      { inner: { aaz002: undefined } },
      { inner: { data: undefined } },
    ]
    for (const changes of withoutEach) expect((await told(STATE, changes)).kind).toBe('unknown')
    const optional = { outer: { sub_code: null, sub_msg: null } }
    expect((await told(STATE, optional)).kind).toBe('done')
  })

  it('[RS-24] say done only together, as text or as the number 1', async () => {
    for (const outer of ['1', 1, '0', 0, '-300', ''])
      for (const inner of ['1', 1, '0', 0, '2', '']) {
        const sub_code = outer === '-300' ? 'run.error.internal' : ''
        const answer = await told(STATE, {
          outer: { code: outer, sub_code },
          inner: { code: inner },
        })
        const isDone = String(outer) === '1' && String(inner) === '1'
        expect([outer, inner, answer.kind]).toEqual([outer, inner, isDone ? 'done' : 'unknown'])
      }
  })

  it('[RS-24] [RS-25] that were spoilt on the way prove nothing', async () => {
    const damaged = [
      Buffer.from('<html>502</html>'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('[]'),
      Buffer.from('{"code":"1","msg":"","biz_data":"no json"}'),
    ]
    for (const body of damaged) {
      const { platform } = connected({
        send: async () => ({ kind: 'answer', status: 200, headers: {}, body }),
      })
      expect((await platform.place(ORDER)).kind).toBe('unknown')
    }
  })

  it('[RS-26] the inner one may be an object or its text', async () => {
    const rig: ReturnType<typeof connected> = connected({
      send: async (request) => {
        const reply = await saying(() => rig, STATE)(request)
        if (reply.kind !== 'answer') return reply
        const body = JSON.parse(reply.body.toString())
        const text = JSON.stringify({ ...body, biz_data: JSON.stringify(body.biz_data) })
        return { ...reply, body: Buffer.from(text) }
      },
    })
    const numbers = { mchOrderId: 'S1', payOrderId: '10000000000000000361' }
    expect((await rig.platform.order(numbers)).kind).toBe('done')
  })
})
