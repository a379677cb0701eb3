/** Callbacks: verified over the bytes and the headers as received, answered signed (README.md 5). */
import type { Random } from '../../payment/numbers.ts'
import { nonce } from '../../payment/numbers.ts'
import {
  type Acknowledgement,
  type Notice,
  type NoticeKind,
  type RawNotice,
  unverifiedId,
} from '../bank.ts'
import { hintedNumber, parseObject, utf8 } from '../content.ts'
import type { SignedLink } from '../signed-link.ts'
import { signAnswer, verifyNotice } from '../signed-request.ts'
import { mixedState } from './mapping.ts'
import { MIXED_NOTICE, SELF_PAY_NOTICE } from './messages.ts'

export interface NoticeOptions {
  readonly link: SignedLink
  readonly merchantNo: string
  /** As the bank knows the address: its path is signed. */
  readonly callbackUrl: Readonly<Record<NoticeKind, string>>
  readonly now: () => number
  readonly random: Random
}

/** The signed answer is bound to the notice by its nonce, so that a bank with a wrong key learns of it. */
export type StandardBankNotice = Notice & { readonly nonce?: string }

/** Nothing in the content is looked at before the signature holds (SC-S02), except for the hint. */
export function readNotice(raw: RawNotice, options: NoticeOptions): StandardBankNotice {
  const { pathname: path } = new URL(options.callbackUrl[raw.kind])
  const { headers, body } = raw
  const verdict = verifyNotice({ method: 'POST', path, headers, body }, options.link.them)
  const notice = verdict.trusted
    ? (understand(raw, options.merchantNo) ?? unverified(raw, 'content-unreadable'))
    : unverified(raw, verdict.reason)
  return { ...notice, nonce: headers['x-nonce'] ?? '' }
}

function understand({ kind, body }: RawNotice, merchantNo: string): Notice | null {
  const content = parseObject(utf8(body) ?? '')
  if (content?.['merchantNo'] !== merchantNo) return null
  if (kind === 'mixed-order') {
    const mixed = MIXED_NOTICE.safeParse(content)
    if (!mixed.success) return null
    return { kind, verified: true, messageId: mixed.data.noticeId, state: mixedState(mixed.data) }
  }
  const selfPay = SELF_PAY_NOTICE.safeParse(content)
  if (!selfPay.success) return null
  const { noticeId: messageId, outTradeNo, status } = selfPay.data
  return { kind, verified: true, messageId, outTradeNo, paid: status === 'PAID' }
}

function unverified(raw: RawNotice, reason: string): Notice {
  const text = utf8(raw.body) ?? ''
  const institutionNo = raw.kind === 'mixed-order' ? 'institutionNo' : 'bankOrderNo'
  return {
    kind: 'unverified',
    verified: false,
    messageId: unverifiedId(raw),
    hint: {
      mixTradeNo: hintedNumber(text, 'mixTradeNo'),
      institutionNo: hintedNumber(text, institutionNo),
    },
    reason,
  }
}

export function acknowledgement(
  notice: StandardBankNotice,
  accepted: boolean,
  options: NoticeOptions,
): Acknowledgement {
  const { link, now, random } = options
  const body = JSON.stringify({ code: answerOf(notice, accepted) })
  const answer = { status: 200, requestNonce: notice.nonce ?? '', body }
  const headers = signAnswer(answer, link.us, { now: now(), nonce: nonce(random) })
  return { contentType: 'application/json; charset=utf-8', headers, body }
}

/** Anything but OK makes the bank repeat, which is what we want when nothing was committed. */
function answerOf({ verified }: Notice, accepted: boolean): string {
  if (!verified) return 'SIGNATURE_INVALID'
  return accepted ? 'OK' : 'NOT_STORED'
}
