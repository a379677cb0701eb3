import { expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { startAuthorisation } from '../../src/flows/authorise.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import { refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { lost, UNKNOWN, UNSENT } from './line.ts'
import {
  authorises,
  comesBack,
  jumps,
  opens,
  paidUpTo,
  pays,
  returning,
  type Scene,
} from './patient.ts'
import { billOf } from './people.ts'

const code = (error: unknown) => (error instanceof AppError ? error.code : String(error))
const refusal = (work: Promise<unknown>) => work.then(() => 'accepted', code)

/** Of a return, in a state that nobody returned from. */
const NOT_SAID = { insuranceReturned: null, cashReturned: null } as const

const no = () => refused<never>('E', '医保卡已停用')

describeDatabases((_, openFresh) => {
  const start = async (options: Parameters<typeof flowWorld>[1] = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    return { world, scene, outside: world.outside, id: (await opens(scene)).id }
  }

  it('[SC-P03] a state is for one use: another code under it is refused and not exchanged', async () => {
    const { scene, outside, id } = await start()
    const state = await jumps(scene, id)
    outside.exchange.next(() => refused('E', 'no'))
    expect(await refusal(comesBack(scene, { orderId: id, state, code: 'C1' }))).toBe(
      'authorisation-failed',
    )
    expect(await refusal(comesBack(scene, { orderId: id, state, code: 'C2' }))).toBe(
      'authorisation-state-invalid',
    )
    expect(outside.exchange.count).toBe(1)
  })

  it('[SC-P03] a state of another order, an invented one or a late one is refused', async () => {
    const { world, scene, outside, id } = await start()
    outside.bills.set('B2', billOf('B2'))
    const other = await opens(scene, { billNo: 'B2' })
    const state = await jumps(scene, other.id)
    for (const wrong of [state, 'INVENTED'])
      expect(await refusal(comesBack(scene, { orderId: id, state: wrong, code: 'C1' }))).toBe(
        'authorisation-state-invalid',
      )
    await world.clock.advance(1_800_000)
    expect(await refusal(comesBack(scene, { orderId: other.id, state, code: 'C1' }))).toBe(
      'order-expired',
    )
    expect(outside.exchange.count).toBe(0)
  })

  it('[SC-P03] only an order that waits for it is authorised', async () => {
    const { world, scene, id } = await start()
    await authorises(scene, id)
    const order = await world.order(id)
    expect(await refusal(startAuthorisation(scene.at.app, order))).toBe('payment-in-progress')
    const selfPay = { ...order, payMode: 'self-pay' } as const
    expect(await refusal(startAuthorisation(scene.at.app, selfPay))).toBe('invalid-request')
  })

  it('[SC-P04] repeating state and code joins the first: one exchange, one upload, one order', async () => {
    const { scene, outside, id } = await start()
    const state = await jumps(scene, id)
    expect(await comesBack(scene, { orderId: id, state, code: 'C1' })).toBe(true)
    expect(await comesBack(scene, { orderId: id, state, code: 'C1' })).toBe(true)
    expect([outside.exchange.count, outside.upload.count, outside.order.count]).toEqual([1, 1, 1])
  })

  it('[SC-P04] a code is exchanged once, ever: under a fresh state it is refused here', async () => {
    const { scene, outside, id } = await start()
    outside.exchange.next(() => refused('E', 'no'))
    await refusal(authorises(scene, id, 'C1'))
    expect(await refusal(authorises(scene, id, 'C1'))).toBe('authorisation-failed')
    expect(outside.exchange.count).toBe(1)
  })

  it.each([
    ['unknown', UNKNOWN, 'authorisation-lost'],
    ['refused', () => refused<never>('E', 'no'), 'authorisation-failed'],
    ['unsent', UNSENT, 'upstream-unavailable'],
  ] as const)(
    '[SC-P04] an exchange %s moves nothing: another code goes on',
    async (_, told, said) => {
      const { world, scene, outside, id } = await start()
      outside.exchange.next(told)
      expect(await refusal(authorises(scene, id, 'C1'))).toBe(said)
      expect((await world.order(id)).state).toBe('created')
      expect(outside.upload.count + outside.person.count).toBe(0)
      expect(await authorises(scene, id, 'C2')).toBe(true)
      expect(outside.exchange.said.map(({ question }) => question.code)).toEqual(['C1', 'C2'])
    },
  )

  it('[SC-P04] a second authorisation cannot slip under an upload that is already made', async () => {
    const { scene, outside, id } = await start()
    const states = [await jumps(scene, id), await jumps(scene, id)]
    outside.order.next(lost(outside.order))
    outside.query.next(UNKNOWN)
    const [first = '', second = ''] = states
    expect(await comesBack(scene, { orderId: id, state: first, code: 'C1' })).toBe(false)
    await refusal(comesBack(scene, { orderId: id, state: second, code: 'C2' }))
    expect(outside.exchange.count).toBe(1)
  })

  it('[SC-P05] signing in comes before the person, and once a day', async () => {
    const { world, scene, outside, id } = await start()
    await authorises(scene, id)
    outside.bills.set('B2', billOf('B2'))
    await paidUpTo(scene, 'pre-settled', { billNo: 'B2' }).catch(() => {})
    expect(outside.signIn.count).toBe(1)
    expect(outside.person.said[0]?.question.signNo).toBe('SIGN1')
    await world.clock.advance(86_400_000)
    outside.bills.set('B3', billOf('B3'))
    const { id: next } = await opens(scene, { billNo: 'B3' })
    await authorises(scene, next, 'C3')
    expect(outside.signIn.count).toBe(2)
    expect(outside.person.said.at(-1)?.question.signNo).toBe('SIGN2')
  })

  it('[SC-P05] two processes at the same instant sign in once', async () => {
    const { world, scene, outside, id } = await start()
    const other = { world, at: world.startElsewhere() }
    outside.bills.set('B2', billOf('B2'))
    const second = await opens(other, { billNo: 'B2' })
    outside.signIn.next(async (question) => {
      await world.clock.sleep(2_000)
      return outside.signIn.usual(question)
    })
    const [a, b] = [await jumps(scene, id), await jumps(other, second.id)]
    const both = await world.run(
      Promise.all([
        returning(scene, { orderId: id, state: a, code: 'C1' }),
        returning(other, { orderId: second.id, state: b, code: 'C2' }),
      ]),
    )
    expect(both).toEqual([true, true])
    expect(outside.signIn.count).toBe(1)
  })

  it('[SC-P05] an invalid sign_no clears the sign-in: once more, with the new number', async () => {
    const { scene, outside, id } = await start()
    outside.person.next(() => refused('invalid-sign-no', '签到编号无效'))
    expect(await authorises(scene, id)).toBe(true)
    expect(outside.person.said.map(({ question }) => question.signNo)).toEqual(['SIGN1', 'SIGN2'])
  })

  it('[SC-P05] an insured person who is not the patient stops before the upload', async () => {
    const { world, scene, outside, id } = await start()
    outside.person.next(async (query) => outside.person.usual({ ...query, name: '李别人' }))
    expect(await refusal(authorises(scene, id))).toBe('person-mismatch')
    expect(outside.upload.count).toBe(0)
    expect((await world.order(id)).state).toBe('created')
    expect(await authorises(scene, id, 'C2')).toBe(true)
  })

  it('[SC-P06] a lost upload is sent once more byte by byte, and goes on', async () => {
    const { scene, outside, id } = await start()
    outside.upload.next(lost(outside.upload))
    expect(await authorises(scene, id)).toBe(true)
    const [first, second] = outside.upload.said.map(({ question }) => question)
    expect(second).toBe(first)
    expect(outside.uploads.size).toBe(1)
  })

  it('[SC-P06] an upload lost twice ends the order, offers own money and asks a person', async () => {
    const { world, scene, outside, id } = await start()
    outside.upload.always(lost(outside.upload))
    expect(await refusal(authorises(scene, id))).toBe('upstream-refused')
    expect(outside.upload.count).toBe(2)
    expect((await world.order(id)).state).toBe('failed')
    expect(await world.workItems()).toMatchObject([{ kind: 'upload-lost', orderId: id }])
    expect((await opens(scene, { payMode: 'self-pay' })).state).toBe('pre-settled')
  })

  it('[SC-P06] with repeats switched off a lost upload is never sent again', async () => {
    const environment = { MID_PLATFORM_UPLOAD_REPEAT: 'never' }
    const { world, scene, outside, id } = await start({ environment })
    outside.upload.next(lost(outside.upload))
    expect(await refusal(authorises(scene, id))).toBe('upstream-refused')
    expect(outside.upload.count).toBe(1)
    expect((await world.order(id)).state).toBe('failed')
  })

  it('[SC-P06] an upload that provably never left is not taken for a lost one', async () => {
    const { world, scene, outside, id } = await start()
    outside.upload.next(UNSENT, UNSENT, UNSENT)
    expect(await refusal(authorises(scene, id))).toBe('upstream-unavailable')
    scene.at.work()
    await world.clock.advance(60_000)
    expect((await world.order(id)).state).toBe('pre-settled')
    expect(await world.workItems()).toEqual([])
  })

  it.each(['upload', 'order'] as const)('[SC-P07] %s refused is told in words', async (line) => {
    const { world, scene, outside, id } = await start()
    if (line === 'upload') outside.upload.next(no)
    else outside.order.next(no)
    const error = await authorises(scene, id).catch((error: unknown) => error)
    expect(error instanceof AppError && error.sentence).toContain('医保卡已停用')
    expect(await world.order(id)).toMatchObject({ state: 'failed', insurance: 'failed' })
    scene.at.work()
    await world.clock.advance(5_000)
    expect(outside.revoke.count).toBe(line === 'order' ? 1 : 0)
  })

  it('[SC-P07] a lost order that stands with its amounts is found by asking', async () => {
    const { world, scene, outside, id } = await start()
    outside.order.next(lost(outside.order))
    expect(await authorises(scene, id)).toBe(false)
    scene.at.work()
    await world.clock.advance(10_000)
    expect(await world.order(id)).toMatchObject({ state: 'pre-settled', scenario: 'mixed' })
    expect(outside.order.count).toBe(1)
  })

  it('[SC-P07] a lost order that never arrived is sent again under its number', async () => {
    const { world, scene, outside, id } = await start()
    outside.order.next(UNKNOWN)
    expect(await authorises(scene, id)).toBe(false)
    scene.at.work()
    await world.clock.advance(10_000)
    expect((await world.order(id)).state).toBe('pre-settled')
    const numbers = outside.order.said.map(({ question }) => question.orgBizSer)
    expect(numbers).toEqual([`${id}B1`, `${id}B1`])
  })

  it('[SC-P07] a lost order that stands without amounts is revoked; the patient authorises again', async () => {
    const { world, scene, outside, id } = await start()
    outside.order.next(lost(outside.order))
    const told = { ordStas: '1', phase: 'pre-settled', amounts: null, ...NOT_SAID } as const
    outside.query.next(() => ({ kind: 'done', value: told }))
    await authorises(scene, id)
    scene.at.work()
    await world.clock.advance(10_000)
    expect((await world.order(id)).state).toBe('created')
    expect(outside.revoke.said.map(({ question }) => question.payOrdId)).toEqual(['PO1'])
    expect(await authorises(scene, id, 'C2')).toBe(true)
    expect((await world.order(id)).attempt).toMatchObject({ no: 2, payOrdId: 'PO2' })
  })

  it.each([
    ['one fen too much', { fundFen: fen(5_001) }],
    ['another total', { totalFen: fen(9_999), selfPayFen: fen(2_999) }],
    ['nothing of it', { fundFen: ZERO, accountFen: ZERO, selfPayFen: ZERO }],
  ])('[SC-G03] a split of %s stops before step 8 and asks a person', async (_, changes) => {
    const { world, scene, outside, id } = await start()
    outside.platform.split = { ...outside.platform.split, ...changes }
    expect(await refusal(authorises(scene, id))).toBe('amounts-mismatch')
    expect(await refusal(pays(scene, id))).toBe('not-pre-settled')
    expect(outside.placeSelfPay.count + outside.placeMixed.count).toBe(0)
    expect(await world.workItems()).toMatchObject([{ kind: 'amounts-mismatch', orderId: id }])
    scene.at.work()
    await world.clock.advance(5_000)
    expect([...outside.uploads.values()]).toMatchObject([{ phase: 'revoked' }])
  })
})
