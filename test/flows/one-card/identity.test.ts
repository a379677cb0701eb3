import { describe, expect, it } from 'vitest'
import {
  checkCard,
  checkName,
  readCheck,
  readShownCode,
  startPresence,
  startScan,
  useCheck,
} from '../../../src/flows/one-card/identity.ts'
import { testApp } from '../../support/app.ts'
import { describeDatabases } from '../../support/database.ts'
import { type OneCardWorld, oneCardWorld } from '../../support/one-card.ts'
import { holderOf, phone } from '../../upstreams/one-card/link.ts'

const WISH = { session: 'window-3', businessType: '门诊缴费' }
const SPENT = { code: 'authorisation-failed' }

async function person(world: OneCardWorld, at = 0) {
  const { name, idNo } = await holderOf(world, at)
  return { name, socialSecurityNo: idNo }
}

describeDatabases((_, openFresh) => {
  const fresh = async () => oneCardWorld(await openFresh())

  describe('real name', () => {
    it('[HN-90] matches, does not match, and an error is neither', async () => {
      const world = await fresh()
      const { app, clock } = world
      const [one, other] = [await person(world), await person(world, 1)]
      expect(await clock.run(checkName(app, one))).toBe(true)
      expect(await clock.run(checkName(app, { ...one, name: other.name }))).toBe(false)
      for (const [suffix, code] of [
        ['K45', 'upstream-unavailable'],
        ['K28', 'upstream-refused'],
        ['K14', 'upstream-unavailable'],
        ['K51', 'upstream-unavailable'],
      ]) {
        const asking = checkName(app, { ...one, name: `${one.name}-${suffix}` })
        await expect(clock.run(asking)).rejects.toMatchObject({ code })
      }
    })

    it('[HN-01] is nothing for a hospital that has not joined', async () => {
      const app = await testApp()
      const asking = checkName(app, { name: '张三', socialSecurityNo: '430102199001011237' })
      await expect(asking).rejects.toMatchObject({ code: 'not-found' })
    })
  })

  describe('real person', () => {
    it('[HN-91] is used once, for its own business, in its own session', async () => {
      const world = await fresh()
      const { app, clock } = world
      const holder = await person(world)
      const { id, page } = await clock.run(startPresence(app, { ...WISH, holder }))
      expect(page).toContain(id)
      await expect(clock.run(useCheck(app, { id, ...WISH }))).rejects.toMatchObject(SPENT)
      await phone(world, 'pass', { requestNo: id })
      await clock.advance(2_000)
      const other = { id, session: 'window-4', businessType: WISH.businessType }
      await expect(clock.run(useCheck(app, other))).rejects.toMatchObject({ code: 'not-found' })
      const elsewhere = { id, ...WISH, businessType: '退费' }
      await expect(clock.run(useCheck(app, elsewhere))).rejects.toMatchObject(SPENT)
      expect(await clock.run(useCheck(app, { id, ...WISH }))).toBeNull()
      await expect(clock.run(useCheck(app, { id, ...WISH }))).rejects.toMatchObject(SPENT)
    })

    it('[HN-91] ends when nobody shows a face in time', async () => {
      const world = await fresh()
      const { app, clock } = world
      const holder = await person(world)
      const { id } = await clock.run(startPresence(app, { ...WISH, holder }))
      await clock.advance(300_000)
      expect(await clock.run(readCheck(app, { id, session: WISH.session }))).toBe('expired')
      await phone(world, 'pass', { requestNo: id })
      await expect(clock.run(useCheck(app, { id, ...WISH }))).rejects.toMatchObject(SPENT)
    })
  })

  describe('the cards', () => {
    it('[HN-92] a physical one is valid, lost, or somebody else’s', async () => {
      const world = await fresh()
      const { app, clock } = world
      const card = await holderOf(world)
      const lost = { ...card, name: `${card.name}-K59` }
      const foreign = { ...card, cardNo: (await holderOf(world, 1)).cardNo }
      expect(await clock.run(checkCard(app, card))).toEqual({ valid: true, state: 'NORMAL' })
      expect(await clock.run(checkCard(app, lost))).toEqual({ valid: false, state: 'LOST' })
      expect(await clock.run(checkCard(app, foreign))).toMatchObject({ valid: false })
    })

    it('[HN-93][HN-16] an electronic one tells its holder once, and not when it has expired', async () => {
      const world = await fresh()
      const { app, clock } = world
      const code = async () => String((await phone(world, 'show'))['code'])
      const [first, second] = [await code(), await code()]
      const holder = await holderOf(world)
      expect(await clock.run(readShownCode(app, first))).toEqual({ state: 'valid', holder })
      expect(await clock.run(readShownCode(app, first))).toEqual({ state: 'used' })
      await clock.advance(60_000)
      expect(await clock.run(readShownCode(app, second))).toEqual({ state: 'expired' })
    })
  })

  describe('a code that the holder scans', () => {
    it('[HN-94] tells nothing before the holder agrees, and the platform is not asked too often', async () => {
      const world = await fresh()
      const { app, clock, sent } = world
      const { id, qr } = await clock.run(startScan(app, WISH))
      const read = () => clock.run(readCheck(app, { id, session: WISH.session }))
      for (let times = 0; times < 5; times += 1) expect(await read()).toBe('waiting')
      expect(sent).toHaveLength(2)
      await phone(world, 'authorise', { qr })
      await clock.advance(2_000)
      expect(await read()).toBe('passed')
      const used = await clock.run(useCheck(app, { id, ...WISH }))
      expect(used).toEqual(await holderOf(world))
      expect(await read()).toBe('used')
    })

    it('[HN-94] ends with a no, and with time', async () => {
      const world = await fresh()
      const { app, clock } = world
      const read = (id: string) => clock.run(readCheck(app, { id, session: WISH.session }))
      const refused = await clock.run(startScan(app, WISH))
      await phone(world, 'authorise', { qr: refused.qr, refuse: true })
      expect(await read(refused.id)).toBe('failed')
      const late = await clock.run(startScan(app, WISH))
      await clock.advance(300_000)
      expect(await read(late.id)).toBe('expired')
      expect(await phone(world, 'authorise', { qr: late.qr })).toEqual({ state: 'EXPIRED' })
    })
  })
})
