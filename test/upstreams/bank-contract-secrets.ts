/** What every bank keeps to itself. */
import { expect, it } from 'vitest'
import type { Running } from './bank-contract.ts'
import { placedMixed, RELATIVE } from './bank-orders.ts'

export function secrets({ rig, under }: Running): void {
  const title = under.isOneCall
    ? 'writes no person down, nor what one pays with [SC-S08]'
    : 'sends no person in clear, and writes none down, nor what one pays with [SC-S03] [SC-S08]'
  it(title, async () => {
    const { bank, exchanges, sent } = rig()
    const { order } = await placedMixed(rig(), { relative: RELATIVE })
    await bank.placeMixedOrder(order)
    const onTheWire = sent.map(({ body }) => decodeURIComponent(String(body))).join('\n')
    const written = exchanges.map(({ body }) => body).join('\n')
    expect(written).toContain(order.institutionNo)
    expect(exchanges.map(({ phase }) => phase)).toEqual(['sent', 'answered', 'sent', 'answered'])
    const people = [order.payer.name, order.payer.idNo, RELATIVE.name, RELATIVE.idNo, order.userId]
    for (const secret of [...people, order.insurance.payAuthNo.reveal()]) {
      if (!under.isOneCall) expect(onTheWire).not.toContain(secret)
      expect(written).not.toContain(secret)
    }
    expect(written).not.toContain(order.prepayId)
  })
}
