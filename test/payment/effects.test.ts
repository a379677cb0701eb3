import { describe, expect, it } from 'vitest'
import {
  BACKGROUND_EFFECTS,
  type Effect,
  EFFECT_RULES,
  EFFECTS,
  INTENDED_EFFECTS,
  isBackground,
} from '../../src/payment/effects.ts'

type Ruling = readonly [lost: string, absent: string, unknown: string, refused: string]

/** docs/rulings.md 1, written down once more: what follows a lost answer, "absent", "unknown", a refusal. */
const RULINGS: Record<Effect, Ruling> = {
  authorise: ['burn', 'impossible', 'authorise-again', 'in-words'],
  'sign-in': ['resend', 'resend', 'repeat', 'in-words'],
  upload: ['resend-once', 'impossible', 'give-up', 'in-words'],
  'order-insurance': ['ask', 'resend', 'ask-again', 'in-words'],
  'order-self-pay': ['close-then-renumber', 'renumber', 'ask-again', 'in-words'],
  'order-mixed': ['ask', 'resend', 'ask-again', 'close-cash-and-revoke'],
  'close-self-pay': ['ask', 'resend', 'ask-again', 'repeat-then-work-item'],
  'revoke-upload': ['ask', 'resend', 'repeat', 'repeat-then-work-item'],
  'check-refund': ['resend', 'resend', 'repeat', 'in-words'],
  'refund-insurance': ['ask', 'resend', 'ask-again', 'work-item'],
  'recheck-refund': ['resend', 'resend', 'repeat', 'work-item'],
  'notify-refund': ['resend', 'resend', 'repeat', 'work-item'],
  'write-back-refund': ['resend', 'resend', 'repeat', 'work-item'],
  'refund-self-pay': ['ask', 'resend', 'ask-again', 'renumber'],
  'write-back': ['ask', 'resend', 'repeat', 'work-item'],
  'hold-bill': ['resend', 'resend', 'repeat', 'stop-before-step-8'],
  'release-bill': ['resend', 'resend', 'repeat', 'in-words'],
}

describe.each(EFFECTS)('%s', (effect) => {
  const rule = EFFECT_RULES[effect]

  it('follows the rulings', () => {
    expect([rule.lost, rule.absent, rule.unknown, rule.refused]).toEqual(RULINGS[effect])
  })

  it('says its step, its meaning, its number and its question', () => {
    for (const words of [rule.step, rule.means, rule.number, rule.question])
      expect(words.trim()).not.toBe('')
  })

  it('names a question exactly when a lost answer is asked for', () => {
    const asks = rule.lost === 'ask' || rule.lost === 'close-then-renumber'
    expect(rule.question.startsWith('none')).toBe(!asks)
  })
})

describe('the table', () => {
  it('is total', () => expect(Object.keys(EFFECT_RULES).toSorted()).toEqual(EFFECTS.toSorted()))

  it('never resends what is burnt: no answer of any kind allows the same number again', () => {
    for (const { lost, absent, unknown } of Object.values(EFFECT_RULES)) {
      if (lost !== 'burn') continue
      expect(absent).toBe('impossible')
      expect(unknown).toBe('authorise-again')
    }
  })

  it('makes a new number only after the old one is absent or refused for good', () => {
    for (const effect of EFFECTS) {
      const rule = EFFECT_RULES[effect]
      const renumbers = rule.absent === 'renumber' || rule.refused === 'renumber'
      if (renumbers) expect(['order-self-pay', 'refund-self-pay']).toContain(effect)
    }
    expect(EFFECT_RULES['order-self-pay'].lost).toBe('close-then-renumber')
  })

  it('[SC-X02] asks about a refund before it sends the same number again', () => {
    expect(EFFECT_RULES['refund-self-pay']).toMatchObject({ lost: 'ask', absent: 'resend' })
  })

  it('knows which effects nobody waits for', () => {
    expect(INTENDED_EFFECTS.filter(isBackground).toSorted()).toEqual(BACKGROUND_EFFECTS.toSorted())
    for (const effect of ['authorise', 'upload', 'order-self-pay', 'order-mixed'] as const)
      expect(isBackground(effect)).toBe(false)
  })
})
