/** The matrix of the other systems: its flows in every form that a document leaves open. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Case } from '../../scripts/matrix/systems/case.ts'
import { HRSS_PAY_CASES, HRSS_PAY_SETTINGS } from '../../scripts/matrix/systems/hrss-pay.ts'
import { ONE_CARD_CASES } from '../../scripts/matrix/systems/one-card.ts'
import { ONE_CODE_CASES } from '../../scripts/matrix/systems/one-code.ts'
import { startWholeService, type WholeService } from '../../scripts/parts/whole-service.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { UNLIMITED } from '../support/http-client.ts'

const ALL = [...ONE_CODE_CASES, ...HRSS_PAY_CASES, ...ONE_CARD_CASES]

const flows = (cases: readonly Case[]): readonly Case[] =>
  cases.filter(({ kind, alone }) => kind === 'happy' && alone === undefined)

function playedAt(
  how: string,
  cases: readonly Case[],
  wish: () => Parameters<typeof startWholeService>[0],
): void {
  describe(how, () => {
    let scene: WholeService
    beforeAll(async () => {
      scene = await startWholeService(wish())
    }, 60_000)
    afterAll(() => scene.stop())

    it.each(flows(cases))(
      '[$ids] $title',
      async ({ play }) => expect(await play(scene)).not.toBe(''),
      60_000,
    )
  })
}

const made = makeParameters(Math.random, { alipay: true })
const { oneCard } = made
const profile = {
  ...oneCard.profile,
  signature: 'csb',
  sm4Mode: 'ecb',
  sm4Scope: 'data',
} as const

playedAt('医保一码付', ONE_CODE_CASES, () => ({ environment: UNLIMITED }))
playedAt('人社支付平台', HRSS_PAY_CASES, () => ({
  environment: { ...UNLIMITED, ...HRSS_PAY_SETTINGS },
}))
playedAt('一卡通, signed by csb, all of it under ECB [HN-03][HN-07]', ONE_CARD_CASES, () => ({
  parameters: { ...made, oneCard: { ...oneCard, profile } },
  environment: UNLIMITED,
}))

it('every acceptance case names its requirements, and no two are alike', () => {
  const named = ALL.map(({ ids, kind, title }) => `${ids} ${kind} ${title}`)
  expect(new Set(named).size).toBe(named.length)
  expect(ALL.filter(({ ids }) => !/^(?:(?:YM|RS|HN)-\d{2,3} ?)+$/.test(ids))).toEqual([])
})
