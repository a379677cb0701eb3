import { describe, expect, it } from 'vitest'
import { REFUSALS } from '../../../src/sandbox/one-card/codes.ts'
import { CODES, type Handling, handlingOf } from '../../../src/upstreams/one-card/return-codes.ts'
import { holderOf, linkTo, platform } from './link.ts'

const LETTERS: Record<Handling, string> = {
  alarm: 'A',
  'stop-all': 'S',
  'stop-service': 'S',
  'back-off': 'B',
  'sign-again': 'F',
  ask: 'Q',
}

describe('the table of refusals', () => {
  it('has the forty-five pairs of the document, in its order and to the letter', () => {
    const ours = CODES.map(({ code, message }) => [code, message])
    expect(ours).toHaveLength(45)
    const printed = REFUSALS.map(([code, message]) => [code.padStart(8, '95'), message])
    expect(ours).toEqual(printed)
    expect(CODES.map(({ id }) => id).at(-1)).toBe('HN-84')
  })

  it('has for a question and for an effect the class that HN-40 to HN-84 give each pair', () => {
    // A a person looks, S and it rests, F signed afresh once, B later again, Q asked and never guessed.
    const read =
      'AA FF FQ AA AA AA SS AA AA AA AA SS BB BB BQ QQ QQ QQ BB QQ BB QQ ' +
      'AA AA AA AA AA AA FF AA AA AA AA AA AA AA AA AA AA BQ AA AA QQ AA QQ'
    const ours = CODES.map(({ handling, effect }) => LETTERS[handling] + LETTERS[effect])
    expect(ours.join(' ')).toBe(read)
  })

  it('[HN-69] takes the misprinted 270718 for 95270718', () => {
    const refusal = { code: '270718', message: '获取不到系统编码!' }
    expect(handlingOf(refusal, true)).toBe('alarm')
  })

  it('[HN-52] full-width and half-width marks are the same', () => {
    const message = '您调用的服务流量过大，请稍后重试！'
    expect(handlingOf({ code: '95279429', message }, true)).toBe('back-off')
  })

  it.each([
    ['95279401', 'alarm'],
    ['95279403', 'alarm'],
    ['95279404', 'alarm'],
    ['95279429', 'back-off'],
    ['95279500', 'ask'],
    ['95279503', 'ask'],
    ['95270716', 'alarm'],
    ['95270007', 'ask'],
  ] as const)(
    '[HN-21] of a known code %s and unknown words the safest is taken',
    (code, handling) => {
      expect(handlingOf({ code, message: '别的说法' }, true)).toBe(handling)
    },
  )

  it('[HN-21] of an unknown code nothing is known', () => {
    expect(handlingOf({ code: '95270999', message: '数字签名错误!' }, false)).toBeNull()
  })
})

/** How often it is called, and what comes of it. */
const QUESTION: Record<Handling, readonly [calls: number, kind: string]> = {
  alarm: [1, 'refused'],
  'stop-all': [1, 'refused'],
  'stop-service': [1, 'refused'],
  'back-off': [4, 'unsent'],
  'sign-again': [2, 'refused'],
  ask: [1, 'unknown'],
}

const ROWS = CODES.map((row, at) => ({ ...row, suffix: `K${String(at + 1).padStart(2, '0')}` }))

describe('every refusal, as the platform sends it', () => {
  it.each(ROWS)('[$id] $code $message on a question', async ({ suffix, handling }) => {
    const world = platform()
    const { adapter, sent, alarms } = linkTo(world)
    const { name, idNo } = await holderOf(world)
    const asking = adapter.person({ name: `${name}-${suffix}`, socialSecurityNo: idNo })
    const answer = await world.clock.run(asking)
    const [calls, kind] = QUESTION[handling]
    expect([sent.length, answer.kind]).toEqual([calls, kind])
    expect(alarms).toHaveLength(kind === 'refused' ? 1 : 0)
  })

  it.each(ROWS)('[$id] $code $message on a payment', async ({ suffix, effect }) => {
    const world = platform()
    const { adapter, sent } = linkTo(world)
    const { name, idNo } = await holderOf(world)
    const paying = adapter.pay({
      orderNo: 'O1',
      amountFen: JSON.parse('100'),
      title: `医疗费用 MZ1-${suffix}`,
      expiresAt: world.clock.now() + 60_000,
      transactionCode: null,
      holder: { name, socialSecurityNo: idNo },
    })
    const answer = await world.clock.run(paying)
    const [calls, kind] = QUESTION[effect]
    expect([sent.length, answer.kind]).toEqual([calls, kind])
    expect(world.context.world.ledger.movements).toEqual([])
  })
})
