import { describe, expect, it } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { pay } from '../../../src/sandbox/hrss-pay/book.ts'
import { connected, NOTIFY, ORDER } from './platform.ts'

describe('an order', () => {
  it('[RS-03] [RS-07] [RS-20] [RS-21] leaves as a form that the strict platform believes', async () => {
    const rig = connected()
    const title = '门诊+挂号 & 50% = 全部😀'
    const answer = await rig.platform.place({ ...ORDER, title })
    expect(answer.kind).toBe('done')
    const [request] = rig.wire.sent
    expect(request?.url).toBe('http://sandbox/hrss-pay/engine/rest/88800200001')
    const form = Object.fromEntries(new URLSearchParams(String(request?.body)))
    expect(Object.keys(form).toSorted()).toEqual([
      'access_key',
      'biz_content',
      'format',
      'request_id',
      'sign',
      'timestamp',
      'version',
    ])
    expect(form['timestamp']).toMatch(/^\d{13}$/)
    expect(form['request_id']).toMatch(/^\w{30}$/)
    const [order] = rig.sandbox.teller.book.orders.values()
    expect(JSON.parse(order?.text ?? '')).toMatchObject({
      orderTitle: title,
      wayCode: 'SBK',
      orderAmount: 12_345,
      notifyUrl: NOTIFY,
      orderCreateTime: '2026-11-20 09:00:00',
    })
  })

  it('[RS-60] writes payType in ASCII: the print has Cyrillic letters', async () => {
    const rig = connected()
    await rig.platform.place(ORDER)
    const [order] = rig.sandbox.teller.book.orders.values()
    const name = Object.keys(JSON.parse(order?.text ?? '{}')).find((key) => key.endsWith('Type'))
    expect(order?.text).toContain('"payType":"1"')
    expect(Buffer.from('payType').toString('hex')).toBe('70617954797065')
    expect(Buffer.from(name ?? '').every((byte) => byte < 0x80)).toBe(true)
  })

  it('[RS-50] [RS-51] [RS-52] [RS-53] of each way has its own number, and a cashier or a picture', async () => {
    const { platform, wire } = connected()
    const online = await platform.place(ORDER)
    expect(online).toMatchObject({
      value: {
        payOrderId: expect.stringMatching(/^\d{20}$/),
        cashier: {
          kind: 'cashier',
          appId: 'wx077f64368494ccef',
          extraData: { payNo: expect.any(String) },
        },
      },
    })
    const presented = {
      ...ORDER,
      way: 'presented',
      mchOrderId: 'S2',
      qrCode: '51010012345678',
    } as const
    expect((await platform.place(presented)).kind).toBe('done')
    const dynamic = { ...ORDER, way: 'dynamic', mchOrderId: 'S3' } as const
    expect(await platform.place(dynamic)).toMatchObject({
      value: {
        cashier: {
          kind: 'qr-image',
          image: expect.stringMatching(/^data:image\/png;base64,iVBORw0KGgo/),
        },
      },
    })
    expect(wire.sent.map(({ url }) => url.slice(-11))).toEqual([
      '88800200001',
      '88800400001',
      '88800300001',
    ])
  })

  it.each([
    ['mchOrderId', { mchOrderId: 'S'.repeat(33) }],
    ['orderAmount', { amountFen: fen(0) }],
    ['qrCode', { way: 'presented', qrCode: '1'.repeat(35) } as const],
    ['qrCode', { way: 'presented', qrCode: '含汉字' } as const],
    ['qrCode', { way: 'presented', qrCode: null } as const],
    ['qrCode', { qrCode: '51010012345678' }],
    ['orderTitle', { title: 'x'.repeat(256) }],
    ['idNumberOrder', { person: { ...ORDER.person, idNo: '5'.repeat(33) } }],
    ['idNumberOrder', { person: { ...ORDER.person, idNo: "1' or 1" } }],
    ['returnUrl', { returnUrl: 'javascript:alert(1)' }],
  ])('[RS-05] [RS-60] with a wrong %s never leaves', async (name, changes) => {
    const { platform, wire } = connected()
    const answer = await platform.place({ ...ORDER, ...changes })
    expect(answer).toMatchObject({ kind: 'refused', code: 'request-invalid' })
    expect(answer.kind === 'refused' && answer.message).toContain(name)
    expect(wire.sent).toEqual([])
  })

  it('[RS-21] two calls never share a serial number', async () => {
    const { platform, wire } = connected({ random: () => 0.5 })
    for (let count = 0; count < 30; count += 1)
      await platform.order({ mchOrderId: 'S1', payOrderId: '1' })
    const serials = wire.sent.map(({ body }) => {
      const biz: { aaz001: string } = JSON.parse(
        new URLSearchParams(String(body)).get('biz_content') ?? '',
      )
      return biz.aaz001
    })
    expect(new Set(serials).size).toBe(30)
    expect(serials.every((serial) => /^\d{20}$/.test(serial))).toBe(true)
  })

  it('is written down without the person, the code and the cashier, but with aaz002 [RS-23]', async () => {
    const { platform, wire } = connected()
    await platform.place({ ...ORDER, way: 'presented', qrCode: '51010012345678' })
    const text = wire.written()
    for (const secret of ['510101199001011237', '张三', '51010012345678', 'payNo='])
      expect(text).not.toContain(secret)
    expect(text).toMatch(/"aaz002":"\d{20}"/)
  })
})

async function placed() {
  const rig = connected()
  const answer = await rig.platform.place(ORDER)
  if (answer.kind !== 'done') throw new Error(answer.kind)
  const numbers = { mchOrderId: ORDER.mchOrderId, payOrderId: answer.value.payOrderId }
  const [order] = rig.sandbox.teller.book.orders.values()
  if (order === undefined) throw new Error('no order')
  return { ...rig, numbers, order }
}

describe('order, refund and close at the platform', () => {
  it('[RS-55] a question tells the state, the amount and when it was paid', async () => {
    const { platform, numbers, order, context, sandbox } = await placed()
    expect(await platform.order(numbers)).toMatchObject({
      value: {
        ...numbers,
        status: 'waiting',
        refundStatus: 'none',
        amountFen: 12_345,
        paidAt: null,
      },
    })
    pay(context.world, sandbox.teller.book, order)
    expect(await platform.order(numbers)).toMatchObject({
      value: { status: 'paid', paidAt: context.world.now() },
    })
  })

  it('[RS-56] [RS-57] [RS-59] a part is 8, the rest makes it 7, and the same number is the same refund', async () => {
    const { platform, numbers, order, context, sandbox } = await placed()
    pay(context.world, sandbox.teller.book, order)
    const part = { ...numbers, mchRefundId: 'R1', orderFen: fen(12_345), amountFen: fen(345) }
    const first = await platform.refund(part)
    expect(first).toMatchObject({ value: { status: 'part', amountFen: 345, paidFen: 12_345 } })
    expect(await platform.refund(part)).toEqual(first)
    if (first.kind !== 'done' || first.value.refundOrderId === null) throw new Error('no number')
    const { refundOrderId } = first.value
    const question = { mchOrderId: numbers.mchOrderId, mchRefundId: 'R1', refundOrderId }
    expect(await platform.refundState(question)).toMatchObject({ value: { status: 'part' } })
    const rest = { ...part, mchRefundId: 'R2', amountFen: fen(12_000) }
    expect(await platform.refund(rest)).toMatchObject({ value: { status: 'full' } })
    const more = await platform.refund({ ...part, mchRefundId: 'R3', amountFen: fen(1) })
    expect(more).toMatchObject({ kind: 'refused', code: 'declined' })
    expect(sandbox.teller.book.ledger.balance('MZ1', 'bank')).toBe(0)
  })

  it('[RS-58] a close says how the order stands, and a paid one stays paid', async () => {
    const { platform, numbers, order, context, sandbox } = await placed()
    const wish = { ...numbers, reason: '用户选择了其他的支付方式' }
    expect(await platform.close(wish)).toEqual({ kind: 'done', value: 'cancelled' })
    order.payStatus = '0'
    pay(context.world, sandbox.teller.book, order)
    expect(await platform.close(wish)).toEqual({ kind: 'done', value: 'paid' })
  })

  it('[RS-51] without the platform’s number a question is put only where that is agreed', async () => {
    const { platform, numbers, wire } = await placed()
    const sent = wire.sent.length
    const lost = { ...numbers, payOrderId: null }
    expect((await platform.order(lost)).kind).toBe('unknown')
    expect(wire.sent.length).toBe(sent)
    const agreed = connected({ profile: { resendOrder: false, queryWithoutPayOrderId: true } })
    await agreed.platform.place(ORDER)
    expect(await agreed.platform.order(lost)).toMatchObject({
      value: { payOrderId: expect.stringMatching(/^\d{20}$/), status: 'waiting' },
    })
  })
})
