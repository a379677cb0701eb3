/** Callbacks (upstreams/icbc/README.md 1.6), and a strict reading of what the hospital answers. */
import type { CashOrder } from '../bank/book.ts'
import type { Delivered, MixedNotice, Notice } from '../bank/notices.ts'
import type { SandboxContext } from '../registry.ts'
import { shanghai } from '../shanghai.ts'
import { describeMixed } from './describe.ts'
import { signedText } from './envelope.ts'
import type { GatewaySigning } from './signing.ts'

const CASH_API = '/api/cardbusiness/aggregatepay/b2c/online/consumepurchase/V1'
const MIXED_API = '/api/mybank/medical/mixorder/submitorder/V1'

/** Mixed results travel encrypted like the family's requests; a forger cannot encrypt. */
const isEncrypted = ({ kind, forged }: Notice): boolean => kind === 'mixed-order' && !forged

export async function notify(
  context: SandboxContext,
  signing: GatewaySigning,
  notice: Notice,
): Promise<Delivered> {
  const answer = await context.world.post(notice.url, {
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: formOf(context, signing, notice),
  })
  const { status, body } = answer
  return { status, body, problem: wrongAck(signing, answer, isEncrypted(notice)) }
}

const mixedFields = ({ mixed, legs, paidAt }: MixedNotice) => describeMixed(mixed, { legs, paidAt })

/** The aggregated-pay callback: all amounts are strings in fen, pay_time has no zone. */
function cashFields(context: SandboxContext, cash: CashOrder): Record<string, unknown> {
  const amount = String(cash.amountFen)
  return {
    card_no: '',
    mer_id: context.parameters.icbc.merId,
    total_amt: amount,
    point_amt: '0',
    ecoupon_amt: '0',
    mer_disc_amt: '0',
    coupon_amt: '0',
    bank_disc_amt: '0',
    payment_amt: amount,
    out_trade_no: cash.outTradeNo,
    order_id: cash.orderId,
    pay_time: cash.paidAt === null ? '' : shanghai.compact(cash.paidAt),
    total_disc_amt: '0',
    attach: cash.attach,
    third_trade_no: cash.thirdTradeNo,
    open_id: cash.userId,
    pay_type: '9',
    access_type: '9',
  }
}

function formOf(context: SandboxContext, signing: GatewaySigning, notice: Notice): string {
  const mixed = notice.kind === 'mixed-order'
  const clear = JSON.stringify({
    ...(mixed ? { return_code: 0 } : { return_code: '0' }),
    return_msg: 'success',
    msg_id: notice.messageId,
    ...(mixed ? mixedFields(notice) : cashFields(context, notice.cash)),
  })
  const encrypted = isEncrypted(notice)
  const form: Record<string, string> = {
    from: 'icbc-api',
    api: mixed ? MIXED_API : CASH_API,
    app_id: context.parameters.icbc.appId,
    charset: 'utf-8',
    format: 'json',
    ...(encrypted ? { encrypt_type: context.profiles.icbc.encryptType } : {}),
    timestamp: shanghai.spaced(context.world.now()),
    sign_type: signing.callbackSignType,
    biz_content: encrypted ? signing.encrypt(clear) : clear,
  }
  const path = new URL(notice.url).pathname
  const text = signedText(notice.forged ? `${path}/forged` : path, form)
  return new URLSearchParams({ ...form, sign: signing.signCallback(text) }).toString()
}

const ACK =
  /^\{("response_biz_content":(\{.*\}|"[A-Za-z0-9+/=]+"),"sign_type":"([A-Z0-9]+)"),"sign":"([A-Za-z0-9+/=]+)"\}$/
const ACK_CONTENT =
  /^\{"return_code":(-?\d+),"return_msg":"[^"\s]*","msg_id":"[^"\s]{1,40}"(?:,"returnCode":"0")?\}$/

/** Exact members and order, no blanks, signed (upstreams/icbc/README.md 1.6); '' when right. */
function wrongAck(
  signing: GatewaySigning,
  answer: { status: number; body: string },
  encrypted: boolean,
): string {
  if (answer.status !== 200) return `status ${answer.status}`
  const match = ACK.exec(answer.body)
  if (match === null) return 'not the documented form'
  const [, signed = '', raw = '', signType, sign = ''] = match
  if (signType !== signing.appSignType) return `sign_type ${signType}`
  if (!signing.verifyApp(signed, sign)) return 'bad signature'
  if (raw.startsWith('"') !== encrypted)
    return encrypted ? 'not encrypted' : 'encrypted without need'
  const clear = encrypted ? signing.decrypt(raw.slice(1, -1)) : raw
  const content = ACK_CONTENT.exec(clear ?? '')
  if (content === null) return 'response_biz_content is not the documented form'
  return content[1] === '0' ? '' : `return_code ${content[1]}`
}
