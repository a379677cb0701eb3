import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import type { Bank, RawNotice } from '../../../src/upstreams/bank.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { signedLink } from '../../../src/upstreams/signed-link.ts'
import { signAnswer, signRequest } from '../../../src/upstreams/signed-request.ts'
import { standardBank } from '../../../src/upstreams/standard-bank/adapter.ts'
import { makeParameters, type SandboxParameters } from '../../../src/sandbox/parameters.ts'
import { keepsTheContract } from '../bank-contract.ts'
import type { OddAnswer } from '../bank-contract-odd-answers.ts'
import { cashOnly, questionOf, selfPayOrder } from '../bank-orders.ts'
import { type BankLink, NOW } from '../bank-rig.ts'
import { failing, privateKey, publicKey } from '../stub.ts'

type Fields = Record<string, unknown>

function connect({ parameters, url, alipayAppId, ...link }: BankLink): Bank {
  const { standardBank: pack, icbc } = parameters
  return standardBank({
    ...link,
    baseUrl: `${url}/standard-bank`,
    timeouts: { questionMs: 4_000, effectMs: 8_000 },
    link: signedLink({
      appId: pack.appId,
      theirAppId: pack.bankAppId,
      privateKey: privateKey(pack.hospital),
      theirKeys: [publicKey(pack.bank)],
      fieldKey: new Secret(Buffer.from(pack.sm4KeyHex, 'hex')),
    }),
    merchantNo: pack.merchantNo,
    appIds: { wechat: icbc.subAppid, alipay: alipayAppId },
    institutionNumberTemplate: '{merchantNo}{yyyyMMddHHmmss}{seq:6}',
  })
}

/** The bank's own end of the link. */
const bankEnd = ({ standardBank: pack }: SandboxParameters) =>
  signedLink({
    appId: pack.bankAppId,
    theirAppId: pack.appId,
    privateKey: privateKey(pack.bank),
    theirKeys: [publicKey(pack.hospital)],
    fieldKey: new Secret(Buffer.from(pack.sm4KeyHex, 'hex')),
  })

/** Signed for the very request that it answers. */
function saying(
  { parameters, now }: Pick<BankLink, 'parameters' | 'now'>,
  fields: Fields | ((asked: Fields) => Fields),
  status = 200,
): Send {
  const { us } = bankEnd(parameters)
  return async (request) => {
    const asked: Fields = JSON.parse(String(request.body))
    const body = JSON.stringify(typeof fields === 'function' ? fields(asked) : fields)
    const answer = { status, requestNonce: request.headers['x-nonce'] ?? '', body }
    const headers = signAnswer(answer, us, { now: now(), nonce: 'nonce-of-the-bank-1' })
    return { kind: 'answer', status, headers: { ...headers }, body: Buffer.from(body) }
  }
}

const OK = { code: 'OK', message: '成功' }
const PREPAY = {
  prepayId: 'wx1',
  timeStamp: '1',
  nonceStr: 'n',
  package: 'prepay_id=wx1',
  signType: 'RSA',
  paySign: 's',
}
const STATE = {
  mixTradeNo: 'P1',
  institutionNo: 'I1',
  status: { overall: 'FAILED', selfPay: 'FAILED', insurance: 'FAILED' },
  amounts: { totalFen: 1, fundFen: 0, accountFen: 0, otherFen: 0, selfPayFen: 1 },
}
const OTHER = { outTradeNo: 'OTHER', refundNo: 'OTHER', mixTradeNo: 'OTHER' }

const WORDS: Record<OddAnswer, (asked: Fields) => Fields> = {
  'an unlisted code': () => ({ code: 'SOMETHING_NEW', message: 'x' }),
  'turned away unread': () => ({ code: 'TOO_MANY_REQUESTS', message: '请稍候' }),
  'another amount': ({ outTradeNo }) => ({
    ...OK,
    outTradeNo,
    bankOrderNo: 'B1',
    amountFen: 1,
    prepay: PREPAY,
  }),
  'another order': () => ({
    ...OK,
    ...STATE,
    ...OTHER,
    bankOrderNo: 'B1',
    amountFen: 1,
  }),
  'no prepay': ({ outTradeNo, amountFen }) => ({ ...OK, outTradeNo, amountFen, bankOrderNo: 'B1' }),
  'half a state': () => ({ ...OK, ...STATE, amounts: { ...STATE.amounts, totalFen: -1 } }),
}

keepsTheContract('the standard bank [SC-B01]', {
  connect,
  tellsOfFailures: true,
  answering: (link, odd) => saying(link, WORDS[odd]),
})

const parameters = makeParameters(Math.random)
const CALLBACK = 'https://pay.hospital.example/callbacks/standard-bank'
const link: BankLink = {
  parameters,
  url: 'https://bank.example',
  send: failing('unknown'),
  recordExchange: () => {},
  now: () => NOW,
  random: Math.random,
  callbackUrl: { 'mixed-order': `${CALLBACK}/mixed-order`, 'self-pay': `${CALLBACK}/self-pay` },
  alipayAppId: null,
}
const answering = (fields: Fields, status?: number): Bank =>
  connect({ ...link, send: saying(link, fields, status) })

async function asked(code: string): Promise<string[]> {
  const bank = answering({ code, message: 'x' })
  const answers = await Promise.all([
    bank.selfPayOrder('C1'),
    bank.mixedOrder(questionOf(null, 'I1')),
    bank.refund({ outTradeNo: 'C1', refundNo: 'R1' }),
  ])
  return answers.map(({ kind }) => kind)
}

describe('a code of the standard bank', () => {
  it.each(['PARAMETER_INVALID', 'MERCHANT_INVALID', 'PAYER_MISMATCH', 'INSURANCE_REFUSED'])(
    '%s refuses a mixed order in the bank’s words [SC-P09]',
    async (code) => {
      const bank = answering({ code, message: '原因' })
      const answer = await bank.placeMixedOrder(cashOnly({ prepayId: 'wx1' }))
      expect(answer).toEqual({ kind: 'refused', code, message: '原因' })
    },
  )

  it.each(['ORDER_EXISTS', 'INSURANCE_REFUSED', 'SYSTEM_BUSY', 'ok', ''])(
    '%j leaves a cash order open: it is on no list of that call [SC-P08]',
    async (code) => {
      const bank = answering({ code, message: 'x' })
      expect((await bank.placeSelfPayOrder(selfPayOrder())).kind).toBe('unknown')
    },
  )

  it.each(['NOT_REFUNDABLE', 'REFUND_EXISTS', 'REFUND_FAILED', 'ORDER_PAID'])(
    '%s does not prove that a refund did not happen [SC-X03]',
    async (code) => {
      const { amountFen, billNo } = selfPayOrder()
      const refund = { outTradeNo: 'C1', bankOrderNo: 'B1', refundNo: 'R1', amountFen, billNo }
      const bank = answering({ code, message: 'x' })
      expect((await bank.refundSelfPay(refund)).kind).toBe('unknown')
    },
  )

  it('that refuses never refuses a question, and only its own "not found" is absent [SC-P12]', async () => {
    expect(await asked('PARAMETER_INVALID')).toEqual(['unknown', 'unknown', 'unknown'])
    expect(await asked('ORDER_NOT_FOUND')).toEqual(['absent', 'absent', 'unknown'])
    expect(await asked('REFUND_NOT_FOUND')).toEqual(['unknown', 'unknown', 'absent'])
  })

  it('under another status than 200 proves nothing, however well signed', async () => {
    for (const status of [201, 401, 404, 500]) {
      const bank = answering({ code: 'ORDER_NOT_FOUND', message: 'x' }, status)
      expect((await bank.selfPayOrder('C1')).kind).toBe('unknown')
    }
  })

  it('signed for another request is not ours [SC-S01] [SC-S10]', async () => {
    const send = saying(link, { code: 'ORDER_NOT_FOUND', message: 'x' })
    let first: ReturnType<Send> | undefined
    const bank = connect({ ...link, send: (request) => (first ??= send(request)) })
    expect((await bank.selfPayOrder('C1')).kind).toBe('absent')
    expect((await bank.selfPayOrder('C1')).kind).toBe('unknown')
  })
})

describe('a callback of the standard bank', () => {
  const bank = connect(link)
  const { us } = bankEnd(parameters)
  const { merchantNo } = parameters.standardBank

  function signed(fields: Fields, kind: RawNotice['kind'] = 'mixed-order'): RawNotice {
    const body = Buffer.from(JSON.stringify(fields))
    const path = new URL(link.callbackUrl[kind]).pathname
    const stamp = { now: NOW, nonce: 'nonce-of-a-notice-1' }
    const headers = { ...signRequest({ method: 'POST', path, body }, us, stamp) }
    return { kind, path, headers, body }
  }

  it('is believed with its signature alone: not one header may change [SC-S01]', () => {
    const raw = signed({ noticeId: 'M1', merchantNo, ...STATE })
    expect(bank.readNotice(raw)).toMatchObject({ verified: true, messageId: 'M1' })
    for (const [name, value] of Object.entries(raw.headers)) {
      const headers = {
        ...raw.headers,
        [name]: value.replace(/^./, (one) => (one === 'a' ? 'b' : 'a')),
      }
      expect(bank.readNotice({ ...raw, headers }).verified).toBe(false)
      const { [name]: _, ...rest } = raw.headers
      expect(bank.readNotice({ ...raw, headers: rest }).verified).toBe(false)
    }
  })

  it.each([
    ['of another merchant', { noticeId: 'M1', merchantNo: '1', ...STATE }],
    ['that names no order', { noticeId: 'M1', merchantNo }],
    ['without a number of its own', { merchantNo, ...STATE }],
    ['with an amount that is none', { noticeId: 'M1', merchantNo, ...STATE, amounts: {} }],
  ])('%s is not believed although the key signed it', (_what, fields) => {
    expect(bank.readNotice(signed(fields))).toMatchObject({ reason: 'content-unreadable' })
  })

  it('with words that no table lists is verified and says nothing: the flow asks', () => {
    const status = { overall: 'PAYING', selfPay: 'constructor', insurance: '' }
    expect(bank.readNotice(signed({ noticeId: 'M1', merchantNo, ...STATE, status }))).toMatchObject(
      {
        state: { legs: { overall: 'unknown', selfPay: 'unknown', insurance: 'unknown' } },
      },
    )
  })

  it('of a closed cash order says that it is not paid', () => {
    const fields = { noticeId: 'S1', merchantNo, outTradeNo: 'C1', status: 'CLOSED' }
    const notice = bank.readNotice(signed(fields, 'self-pay'))
    expect(notice).toMatchObject({ verified: true, outTradeNo: 'C1', paid: false })
  })
})
