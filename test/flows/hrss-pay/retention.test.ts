import { expect, it } from 'vitest'
import { forgetHrss } from '../../../src/flows/hrss-pay/retention.ts'
import { refundHrssPayment } from '../../../src/flows/hrss-pay/refund.ts'
import { fen } from '../../../src/payment/money.ts'
import { describeDatabases } from '../../support/database.ts'
import { openDesk } from './desk.ts'

const DAY_MS = 86_400_000

describeDatabases((_name, openFresh) => {
  it('who paid is forgotten in its time; what is open, and the money, stay', async () => {
    const desk = await openDesk(await openFresh(), { settings: { HRSS_PAY_KEPT_DAYS: '7' } })
    const { payment: paid } = await desk.open('MZ1', 'presented')
    await desk.payOnPhone(paid.mchOrderId)
    const { payment: open } = await desk.open('MZ2', 'static')
    await desk.tend()
    const person = async ({ id }: { id: string }) => (await desk.look(id)).sealed.reveal().person
    const { idNo, name } = await person(paid)
    expect([idNo.length, name.length > 0]).toEqual([18, true])
    await desk.clock.advance(7 * DAY_MS)
    await forgetHrss(desk.app)
    expect(await person(paid)).toEqual({ idType: '01', idNo, name })
    await desk.clock.advance(1)
    await forgetHrss(desk.app)
    expect(await person(paid)).toEqual({ idType: '99', idNo: '', name: '' })
    expect((await desk.look(paid.id)).sealed.reveal().qrCode).toBeNull()
    expect(await person(open)).toEqual({ idType: '01', idNo, name })
    await refundHrssPayment(desk.app, paid.id, {
      refundNo: 'T1',
      amountFen: fen(12_345),
      reason: '退号',
    })
    await desk.tend(10_000)
    expect((await desk.look(paid.id)).state).toBe('refunded')
    expect(desk.hospitalHolds('MZ1')).toBe(0)
  })
})
