import { expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { startAuthorisation } from '../../src/flows/authorise.ts'
import { asPayAuthNo } from '../../src/payment/authorisation.ts'
import { done, refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type World, type WorldOptions } from '../support/flow-world.ts'
import { lost, UNKNOWN, UNSENT } from './line.ts'
import { authorises, opens, paidUpTo, pays, type Scene } from './patient.ts'
import { PATIENT } from './people.ts'

const RELATIVE = { name: '李亲属', idNo: '510101196512120013' }
const patient = { name: PATIENT.name, idNo: PATIENT.idNo }

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

/** The channel says who holds the card, and whether that is family payment. */
function heldBy(world: World, payer: { name: string; idNo: string }, family: boolean): void {
  const payAuthNo = asPayAuthNo('AUTH1')
  world.outside.exchange.next(() => done({ payAuthNo, payer, family, location: null }))
}

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    return { world, scene, outside: world.outside }
  }

  it.each(['wechat', 'alipay'] as const)(
    '[SC-P09] family payment on %s: the card holder pays, the patient is the relative',
    async (channel) => {
      const { world, scene, outside } = await start()
      heldBy(world, RELATIVE, true)
      const { id } = await paidUpTo(scene, 'awaiting-payment', { channel })
      expect(outside.placeMixed.said[0]?.question).toMatchObject({
        payer: RELATIVE,
        relative: patient,
      })
      expect((await world.order(id)).attempt.family).toBe(true)
    },
  )

  it('[SC-P08] step 8 tells what step 9 will settle, and step 9 then says the same', async () => {
    const { world, scene, outside } = await start()
    heldBy(world, RELATIVE, true)
    const { id } = await paidUpTo(scene, 'awaiting-payment')
    const told = outside.placeSelfPay.said[0]?.question
    expect(outside.placeMixed.said[0]?.question).toMatchObject({
      ...told?.mixed,
      outTradeNo: told?.outTradeNo,
    })
    const { attempt } = await world.order(id)
    expect(told?.mixed.medicalSerialNo).toBe(attempt.medOrgOrd)
  })

  it('[SC-P08] a self-pay order keeps the serial number that step 8 told', async () => {
    const { world, scene, outside } = await start()
    const wish = { payMode: 'self-pay' } as const
    const { id } = await paidUpTo(scene, 'pre-settled', wish)
    outside.placeSelfPay.next(lost(outside.placeSelfPay))
    outside.placeMixed.next(lost(outside.placeMixed))
    await pays(scene, id)
    await pays(scene, id)
    const serials = [
      ...outside.placeSelfPay.said.map(({ question }) => question.mixed.medicalSerialNo),
      ...outside.placeMixed.said.map(({ question }) => question.medicalSerialNo),
    ]
    expect(serials.length).toBeGreaterThan(3)
    expect(new Set(serials)).toEqual(new Set([(await world.order(id)).attempt.medOrgOrd]))
  })

  it('[SC-P09] who pays for themself has no relative', async () => {
    const { scene, outside } = await start()
    await paidUpTo(scene, 'awaiting-payment')
    expect(outside.placeMixed.said[0]?.question).toMatchObject({ payer: patient, relative: null })
  })

  it('[SC-P09] an order of own money alone has no family, even after one that had', async () => {
    const { world, scene, outside } = await start({ scenario: 'mixed' })
    heldBy(world, RELATIVE, true)
    await paidUpTo(scene, 'pre-settled')
    await paidUpTo(scene, 'awaiting-payment', { payMode: 'self-pay' })
    expect(outside.placeMixed.said).toHaveLength(1)
    expect(outside.placeMixed.said[0]?.question).toMatchObject({
      relative: null,
      insurance: null,
      mixPayType: 'CASH_ONLY',
    })
  })

  it.each([
    ['a payer who is neither the patient nor family', RELATIVE, false],
    ['family payment by the patient', patient, true],
  ] as const)('[SC-P05] %s stops before the upload', async (_what, payer, family) => {
    const { world, scene, outside } = await start()
    const { id } = await opens(scene)
    heldBy(world, payer, family)
    expect(await refusal(authorises(scene, id))).toBe('person-mismatch')
    expect(outside.upload.count).toBe(0)
    expect((await world.order(id)).state).toBe('created')
    expect(await authorises(scene, id, 'C2')).toBe(true)
  })

  it('[SC-P05] with family payment the insured person still must be the patient', async () => {
    const { world, scene, outside } = await start()
    const { id } = await opens(scene)
    heldBy(world, RELATIVE, true)
    outside.person.next(async (query) => outside.person.usual({ ...query, ...RELATIVE }))
    expect(await refusal(authorises(scene, id))).toBe('person-mismatch')
    expect(outside.upload.count).toBe(0)
  })

  it.each([
    ['refused', () => refused<never>('E', '渠道未开通'), 'upstream-refused'],
    ['unknown', UNKNOWN, 'upstream-unavailable'],
    ['unsent', UNSENT, 'upstream-unavailable'],
  ] as const)('[SC-P03] a page that is %s changes nothing', async (_what, told, code) => {
    const { world, scene, outside } = await start()
    const order = await opens(scene, { channel: 'alipay' })
    outside.authorisation.next(told)
    expect(await refusal(world.run(startAuthorisation(scene.at.app, order)))).toBe(code)
    expect(await world.order(order.id)).toEqual(order)
    expect(await authorises(scene, order.id)).toBe(true)
  })

  it('[SC-P03] authorised at once is one use of one state like any other', async () => {
    const { scene, outside } = await start()
    const { id } = await opens(scene, { channel: 'alipay' })
    outside.authorisation.next(({ state }) => done({ kind: 'authorised', state }))
    expect(await authorises(scene, id)).toBe(true)
    const [asked, exchanged] = [outside.authorisation.said[0], outside.exchange.count]
    expect(asked?.question.reference).toMatch(/^[0-9a-f]{64}$/)
    expect(asked?.question.reference).not.toContain(asked?.question.state)
    expect(exchanged).toBe(1)
  })

  it('[SC-P10] a cashier page is kept sealed and is the same for every repeat', async () => {
    const { world, scene } = await start()
    const { id } = await paidUpTo(scene, 'pre-settled', { channel: 'alipay' })
    const page = { method: 'page', url: 'https://cashier.example/MIX1' }
    expect(await pays(scene, id)).toEqual(page)
    expect(await pays({ world, at: world.start() }, id)).toEqual(page)
    const rows = await world.db.q('attempts')
    expect(JSON.stringify(rows)).not.toContain('cashier.example')
  })

  it('[SC-P09] a lost page is repeated under the same numbers, even where the bank can be asked', async () => {
    const { world, scene, outside } = await start({ queryByOutTradeNo: true })
    const { id } = await paidUpTo(scene, 'pre-settled', { channel: 'alipay' })
    outside.placeMixed.next(lost(outside.placeMixed))
    expect(await pays(scene, id)).toBeNull()
    expect(await pays(scene, id)).toMatchObject({ method: 'page' })
    const numbers = outside.placeMixed.said.map(({ question }) => question.institutionNo)
    expect(new Set(numbers).size).toBe(1)
    expect([outside.askMixed.count, outside.mixed.size]).toEqual([0, 1])
    expect((await world.order(id)).state).toBe('awaiting-payment')
  })
})
