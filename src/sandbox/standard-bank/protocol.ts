/** How this bank tells its results: callbacks for success and failure (upstreams/standard-bank/README.md 5). */
import { parseObject } from '../answers.ts'
import type { Bank, BankProtocol, Counter } from '../bank/book.ts'
import type { Delivered, Notice } from '../bank/notices.ts'
import type { SandboxContext } from '../registry.ts'
import { createSignedLink, type SignedLink } from '../signed-link.ts'
import { describeMixed } from './describe.ts'

export interface StandardBankProtocol extends BankProtocol {
  readonly link: SignedLink
}

export interface StandardBankCounter extends Counter {
  readonly protocol: StandardBankProtocol
}

export function standardBankProtocol(context: SandboxContext): StandardBankProtocol {
  const { standardBank, alipay, icbc } = context.parameters
  const { merchantNo } = standardBank
  const link = createSignedLink(context, {
    appId: standardBank.bankAppId,
    keys: standardBank.bank,
    hospitalAppId: standardBank.appId,
    hospitalKeys: standardBank.hospital,
    sm4KeyHex: standardBank.sm4KeyHex,
  })
  return {
    name: 'standard-bank',
    merchantNo,
    // A hospital has one application at WeChat, whichever bank it clears with.
    appIds: { wechat: icbc.subAppid, alipay: alipay?.appId },
    tellsOfFailures: true,
    link,
    notify: (notice) => notify(context, { link, merchantNo }, notice),
  }
}

export const standardBankCounter = (bank: Bank): StandardBankCounter => ({
  ...bank,
  protocol: standardBankProtocol(bank.context),
})

async function notify(
  { world }: SandboxContext,
  { link, merchantNo }: { link: SignedLink; merchantNo: string },
  notice: Notice,
): Promise<Delivered> {
  const { messageId: noticeId, url, forged } = notice
  const body = JSON.stringify({ noticeId, merchantNo, ...contentOf(notice) })
  const path = new URL(url).pathname
  const signed = link.signRequest(forged ? `${path}/forged` : path, body)
  const headers = { 'content-type': 'application/json; charset=utf-8', ...signed }
  const answer = await world.post(url, { headers, body })
  return {
    status: answer.status,
    body: answer.body,
    problem: wrongAck(link, answer, signed['x-nonce'] ?? ''),
  }
}

function contentOf(notice: Notice): Record<string, unknown> {
  if (notice.kind === 'mixed-order') return describeMixed(notice.mixed, notice)
  const { outTradeNo, orderId: bankOrderNo, amountFen, paidAt } = notice.cash
  return { outTradeNo, bankOrderNo, amountFen, status: paidAt === null ? 'CLOSED' : 'PAID' }
}

/** '' when right: signed, bound to this notice, and OK. */
function wrongAck(
  link: SignedLink,
  answer: { status: number; headers: Readonly<Record<string, string>>; body: string },
  nonce: string,
): string {
  if (answer.status !== 200) return `status ${answer.status}`
  const fault = link.distrustAnswer(answer, nonce)
  if (fault !== null) return fault
  const code = parseObject(answer.body)?.['code']
  return code === 'OK' ? '' : `code ${String(code)}`
}
