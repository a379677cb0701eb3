/**
 * A bill number chooses how the pretend upstreams behave, by its suffix: `MZ20261121000001-MF08`.
 * The first letter is the split the bureau decides (I insurance only, M mixed, S all self-pay),
 * `Fnn` or `Rnn` the misbehaviour, while paying or while giving back. The number travels in a field that each protocol has, so a demonstration
 * needs no hidden switch.
 */

export type Split = 'insurance-only' | 'mixed' | 'self-pay-only'

const SPLITS: Record<string, Split> = { I: 'insurance-only', M: 'mixed', S: 'self-pay-only' }

export const MISBEHAVIOURS = {
  F01: 'insurance refused after the cash was taken; no callback',
  F02: 'as F01, but the channel returned the cash by itself',
  F03: 'the mixed callback is never sent',
  F04: 'the mixed callback is sent ten times at once',
  F05: 'userQuery: effect done, answer lost',
  F06: '6201: effect done, answer lost; a byte-identical resend is accepted with the same answer',
  F07: '6201: effect done, answer lost; a resend is refused',
  F08: '6202: effect done, answer lost',
  F09: 'step 8: effect done, answer lost',
  F10: 'step 9: effect done, answer lost; resubmitting the same two numbers gives the same order',
  F11: 'step 9: effect done, answer lost; resubmitting is unanswered too; only the callback tells',
  F12: 'step 9: request lost before any effect (first time only)',
  F13: 'step 8: request lost before any effect (first time only)',
  F14: '6201: request lost before any effect (first time only)',
  F15: 'a forged mixed callback (bad signature, says paid) arrives before the patient has paid',
  F16: '6202 amounts do not add up',
  F17: 'the bill changes at HIS after pre-settlement',
  F18: 'HIS is down for a while when the settlement is written back',
  F19: 'HIS says the bill was settled elsewhere at write-back',
  F20: 'HIS write-back: effect done, answer lost',
  F21: 'merrefund: effect done, answer lost (with F01 behaviour)',
  F22: 'merrefund refused finally the first time (with F01 behaviour)',
  F23: 'the refund stays unknown for a while (with F01 behaviour)',
  F24: 'every bank answer is slow (longer than a query may take) for the first three questions',
  F25: 'bank answers carry a bad signature for the first three questions',
  F26: 'mixed query and callback carry a wrong amount',
  F27: 'self-pay callback arrives after the mixed callback; both twice',
  F28: 'cash paid at once, insurance stays pending for a while, then settles',
  F29: 'unlisted status values for the first three questions',
  F30: 'garbage (HTML 502) for the first three questions',
  F31: 'impossible: self-pay failed, insurance settled',
  F32: 'self-pay failed, insurance failed: nothing held; no callback',
  F33: 'the insured person is not the patient',
  F34: '6202 refused by the bureau in words',
  F35: 'the first business call says the sign-in number is invalid',
  F36: '6401: first two tries refused, then done',
  F37: 'the mixed callback arrives before the answer of step 9',
  F38: 'overall failed with the cash order still open and insurance failed',
  F39: 'closing the cash order is answered with "already paying" once',
  F40: 'merrefund request lost before any effect (with F01 behaviour)',
  F41: 'family payment: a relative holds the phone and pays',
  F42: 'somebody else holds the phone, and the channel does not call it family payment',
  R01: '6203: effect done, answer lost',
  R02: '6203: request lost before any effect (first time only)',
  R03: '6203 answers EXP, and the insurance part went back (6301 says so)',
  R04: '6203 answers EXP, and nothing went back (6301 says so); another number works',
  R05: '6203 is refused: refStatus FAIL, whatever its number',
  R06: 'the bank accepts the refund and does not know its result for six questions',
  R07: 'the bank accepts the refund, which then fails for good; another number works',
  R08: 'the bank says returned; the channel sends the money back the next day: failed for good',
  R09: 'the refund notice is refused five times, then accepted',
  R10: 'HIS does not allow the refund',
  R11: 'HIS is down for a while when the refund is written back',
  R12: '6203 ALL makes the channel return the cash too',
} as const

export type Misbehaviour = keyof typeof MISBEHAVIOURS

export interface Scenario {
  readonly split: Split
  readonly misbehaviour: Misbehaviour | null
}

function isMisbehaviour(code: string): code is Misbehaviour {
  return code in MISBEHAVIOURS
}

/** Reads the suffix wherever the bill number is embedded (`V<billNo>`, `AUTH<billNo>`, ...). */
export function scenarioOf(billNo: string): Scenario {
  const match = /-([IMS])?([FR]\d\d)?$/.exec(billNo)
  const code = match?.[2] ?? ''
  return {
    split: SPLITS[match?.[1] ?? 'M'] ?? 'mixed',
    misbehaviour: isMisbehaviour(code) ? code : null,
  }
}
