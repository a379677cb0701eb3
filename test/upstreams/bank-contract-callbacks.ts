/** What every bank keeps about its callbacks and our answers to them. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { MixedPlaced, RawNotice } from '../../src/upstreams/bank.ts'
import type { Running } from './bank-contract.ts'
import { doneWith, insured, placed, placedMixed, questionOf, selfPayOrder } from './bank-orders.ts'
import { NOW, type Rig } from './bank-rig.ts'

const DAY_MS = 86_400_000

/** Own money alone, paid: both callbacks were heard. */
async function paid(rig: Rig) {
  const { cash, bankOrderNo, order } = await placed(rig)
  const { mixTradeNo }: MixedPlaced = doneWith(await rig.bank.placeMixedOrder(order))
  await rig.pay(bankOrderNo)
  return { cash, bankOrderNo, mixTradeNo }
}

function heardOf(rig: Rig, kind: RawNotice['kind']) {
  const one = rig.heard.find(({ raw }) => raw.kind === kind)
  if (one === undefined) throw new Error(`no ${kind} callback`)
  return one
}

export function callbacks(running: Running): void {
  believed(running)
  disbelieved(running)
  failures(running)
  acknowledged(running)
}

function believed({ rig }: Running): void {
  it('is believed over the path that the bank knows, and says what the question says [SC-P11] [SC-S01]', async () => {
    const { cash, bankOrderNo, mixTradeNo } = await paid(rig())
    const { notice: mixed } = heardOf(rig(), 'mixed-order')
    expect(mixed).toMatchObject({
      verified: true,
      state: {
        mixTradeNo,
        institutionNo: bankOrderNo,
        legs: { overall: 'success', selfPay: 'success', insurance: 'none' },
        amounts: { totalFen: 12_345, selfPayFen: 12_345 },
        paidAt: NOW,
      },
    })
    const asked = await rig().bank.mixedOrder(questionOf(mixTradeNo, bankOrderNo, cash.outTradeNo))
    expect(asked).toEqual({ kind: 'done', value: 'state' in mixed ? mixed.state : null })
    const { outTradeNo } = cash
    const { notice: selfPay } = heardOf(rig(), 'self-pay')
    expect(selfPay).toMatchObject({ verified: true, outTradeNo, paid: true })
  })

  it('is believed out of the store a day later: its age rejects nothing [SC-Q10]', async () => {
    await paid(rig())
    const later = rig().otherwise({ now: () => NOW + DAY_MS })
    for (const { raw, notice } of rig().heard)
      expect(later.readNotice(raw)).toMatchObject({
        verified: true,
        messageId: notice.messageId,
      })
  })
}

function disbelieved({ rig }: Running): void {
  it('with one flipped bit is not believed and has no state [SC-S01] [SC-S02]', async () => {
    await paid(rig())
    const { raw } = heardOf(rig(), 'mixed-order')
    for (let at = 0; at < raw.body.length; at += 17) {
      const body = Buffer.from(raw.body)
      body[at] = (body[at] ?? 0) ^ 1
      const notice = rig().bank.readNotice({ ...raw, body })
      expect(notice).toMatchObject({ kind: 'unverified', verified: false })
      expect(notice).not.toHaveProperty('state')
      expect(notice.messageId).not.toBe(heardOf(rig(), 'mixed-order').notice.messageId)
    }
  })

  it('of a paid cash order cannot be replayed as a mixed one: the path is signed [SC-S01]', async () => {
    await paid(rig())
    const { raw } = heardOf(rig(), 'self-pay')
    expect(rig().bank.readNotice({ ...raw, kind: 'mixed-order' }).verified).toBe(false)
  })

  it('that is forged gives only the two numbers to ask about [SC-H02]', async () => {
    const { bank, sandbox } = rig()
    const order = insured(rig(), { billNo: `${selfPayOrder().billNo}-IF15` })
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    const acks = () => sandbox.bank.acks.filter(({ billNo }) => billNo === order.billNo)
    await expect.poll(acks).toMatchObject([{ forged: true, accepted: false }])
    const { institutionNo } = order
    expect(heardOf(rig(), 'mixed-order').notice).toMatchObject({
      kind: 'unverified',
      hint: { mixTradeNo, institutionNo },
    })
  })

  it('of any bytes never throws and is never believed', () => {
    const { bank } = rig()
    const headers = fc.dictionary(
      fc.constantFrom('x-app-id', 'x-timestamp', 'x-nonce', 'x-signature'),
      fc.string(),
    )
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.webQueryParameters().map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
    )
    const kinds = fc.constantFrom('mixed-order' as const, 'self-pay' as const)
    fc.assert(
      fc.property(bodies, headers, kinds, (bytes, given, kind) => {
        const raw = { kind, path: '/', headers: given, body: Buffer.from(bytes) }
        const notice = bank.readNotice(raw)
        expect(notice.verified).toBe(false)
        expect(bank.acknowledge(notice, true).body).not.toBe('')
      }),
      { numRuns: 50 },
    )
  })
}

function failures({ rig, under }: Running): void {
  const title = under.tellsOfFailures
    ? 'tells that the insurance failed after the cash was taken [SC-X01] [SC-Q11]'
    : 'does not come when the insurance failed after the cash was taken: only asking tells [SC-Q11]'
  it(title, async () => {
    const { bank, heard, pay } = rig()
    const billNo = `${selfPayOrder().billNo}-MF01`
    const { cash, order } = await placedMixed(rig(), { billNo })
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    await pay(order.institutionNo)
    const legs = { overall: 'fail', selfPay: 'success', insurance: 'fail' }
    const failed = heard.filter(({ raw }) => raw.kind === 'mixed-order')
    expect(failed.map(({ notice }) => notice)).toMatchObject(
      under.tellsOfFailures ? [{ verified: true, state: { mixTradeNo, legs } }] : [],
    )
    const { institutionNo } = order
    const asked = await bank.mixedOrder(questionOf(mixTradeNo, institutionNo, cash.outTradeNo))
    expect(asked).toMatchObject({ value: { legs, failReason: expect.stringMatching(/\S/) } })
  })
}

function acknowledged({ rig }: Running): void {
  it('is answered as the bank wants it, and then not repeated [SC-P11]', async () => {
    const { cash } = await paid(rig())
    const acks = rig().sandbox.bank.acks.filter(({ billNo }) => billNo === cash.billNo)
    expect(acks.map(({ problem }) => problem)).toEqual(['', ''])
  })

  it('that could not be stored is answered so that the bank repeats it [SC-P11]', async () => {
    const order = insured(rig())
    await rig().bank.placeMixedOrder(order)
    rig().stores.fails = true
    await rig().pay(order.institutionNo)
    rig().stores.fails = false
    const acks = rig().sandbox.bank.acks.filter(({ billNo }) => billNo === order.billNo)
    expect(acks.length).toBe(9)
    expect(acks.every(({ accepted, status }) => !accepted && status === 200)).toBe(true)
    expect(rig().heard.every(({ notice }) => notice.verified)).toBe(true)
  })
}
