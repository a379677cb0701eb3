/** Callbacks (upstreams/icbc/README.md 1.6), and a strict reading of what the hospital answers. */
import { shanghai } from '../shanghai.ts'
import type { AckRecord, Bank, CashOrder, MixedOrder } from './book.ts'
import { digits, misbehaviour } from './book.ts'
import { describe, mixedStatus } from './describe.ts'
import { signedText } from './envelope.ts'

const CASH_API = '/api/cardbusiness/aggregatepay/b2c/online/consumepurchase/V1'
const MIXED_API = '/api/mybank/medical/mixorder/submitorder/V1'

/** "10mins 内…每次发三次": three sends a round, three rounds, all within ten minutes. */
const ROUNDS = 3
const SENDS = 3
const BETWEEN_SENDS_MS = 5_000
const BETWEEN_ROUNDS_MS = 150_000

interface CallbackNotice {
  readonly kind: AckRecord['kind']
  readonly billNo: string
  readonly number: string
  readonly url: string
  readonly messageId: string
  readonly fields: Record<string, unknown>
}

/** What is due after a payment; the channel behind the bank tells of a mixed success only. */
export async function deliver(
  bank: Bank,
  due: { cash: CashOrder | null; mixed: MixedOrder | null },
): Promise<void> {
  const kind = misbehaviour(due.mixed?.billNo ?? due.cash?.billNo ?? '')
  const cash = due.cash === null ? null : cashNotice(bank, due.cash)
  const mixed = due.mixed === null || kind === 'F03' ? null : mixedNotice(bank, due.mixed)
  if (kind === 'F27') {
    for (const notice of [mixed, mixed, cash, cash])
      if (notice) await sendUntilAccepted(bank, notice)
    return
  }
  const later = cash === null ? null : sendUntilAccepted(bank, cash)
  if (kind === 'F04' && mixed !== null)
    await Promise.all(Array.from({ length: 10 }, () => send(bank, mixed)))
  else if (mixed !== null) await sendUntilAccepted(bank, mixed)
  await later
}

/** Sends the mixed success once more, as the bank's staff can: null when there is none to tell. */
export async function resend(bank: Bank, mixed: MixedOrder): Promise<AckRecord | null> {
  const notice = mixedNotice(bank, mixed)
  return notice === null ? null : await send(bank, notice)
}

/** F15: a stranger knows the two numbers but neither key; nobody has paid. */
export async function sendForged(bank: Bank, mixed: MixedOrder): Promise<void> {
  const paid = {
    ...describe(bank, mixed),
    mix_pay_status: 'MIX_PAY_SUCCESS',
    self_pay_status: mixed.cash === null ? 'NO_SELF_PAY' : 'SELF_PAY_SUCCESS',
    med_ins_pay_status: mixed.upload === null ? 'NO_MED_INS_PAY' : 'MED_INS_PAY_SUCCESS',
    paid_time: shanghai.rfc3339(bank.context.world.now()),
  }
  await send(bank, { ...notice(bank, mixed, paid), messageId: `F${digits(bank, 20)}` }, true)
}

function notice(bank: Bank, mixed: MixedOrder, fields: Record<string, unknown>): CallbackNotice {
  return {
    kind: 'mixed-order',
    billNo: mixed.billNo,
    number: mixed.mixTradeNo,
    url: mixed.request.callback_url,
    messageId: `M${digits(bank, 20)}`,
    fields,
  }
}

function mixedNotice(bank: Bank, mixed: MixedOrder): CallbackNotice | null {
  return mixedStatus(bank, mixed).mix_pay_status === 'MIX_PAY_SUCCESS'
    ? notice(bank, mixed, describe(bank, mixed))
    : null
}

/** The aggregated-pay callback: all amounts are strings in fen, pay_time has no zone. */
function cashNotice(bank: Bank, cash: CashOrder): CallbackNotice | null {
  if (cash.merUrl === null || cash.paidAt === null) return null
  const amount = String(cash.amountFen)
  return {
    kind: 'self-pay',
    billNo: cash.billNo,
    number: cash.orderId,
    url: cash.merUrl,
    messageId: `C${digits(bank, 20)}`,
    fields: {
      card_no: '',
      mer_id: bank.context.parameters.icbc.merId,
      total_amt: amount,
      point_amt: '0',
      ecoupon_amt: '0',
      mer_disc_amt: '0',
      coupon_amt: '0',
      bank_disc_amt: '0',
      payment_amt: amount,
      out_trade_no: cash.outTradeNo,
      order_id: cash.orderId,
      pay_time: shanghai.compact(cash.paidAt),
      total_disc_amt: '0',
      attach: cash.attach,
      third_trade_no: cash.thirdTradeNo,
      open_id: cash.openId,
      pay_type: '9',
      access_type: '9',
    },
  }
}

async function sendUntilAccepted(bank: Bank, notice: CallbackNotice): Promise<void> {
  const { world } = bank.context
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let sent = 0; sent < SENDS; sent += 1) {
      const ack = await send(bank, notice)
      if (ack.accepted) return
      if (sent < SENDS - 1) await world.sleep(BETWEEN_SENDS_MS * world.timeScale)
    }
    if (round < ROUNDS - 1) await world.sleep(BETWEEN_ROUNDS_MS * world.timeScale)
  }
}

async function send(bank: Bank, notice: CallbackNotice, forged = false): Promise<AckRecord> {
  const { world } = bank.context
  const body = callbackBody(bank, notice, forged)
  const answer = await world.post(
    notice.url,
    'application/x-www-form-urlencoded;charset=utf-8',
    body,
  )
  const problem = wrongAck(bank, answer, notice.kind === 'mixed-order' && !forged)
  const ack: AckRecord = {
    at: world.now(),
    billNo: notice.billNo,
    kind: notice.kind,
    number: notice.number,
    messageId: notice.messageId,
    url: notice.url,
    forged,
    status: answer.status,
    body: answer.body,
    accepted: problem === '',
    problem,
  }
  bank.acks.push(ack)
  return ack
}

/** Mixed results travel encrypted like the family's requests; a forger cannot, and signs something else. */
function callbackBody(bank: Bank, notice: CallbackNotice, forged: boolean): string {
  const { context, signing } = bank
  const mixed = notice.kind === 'mixed-order'
  const returned = mixed ? { return_code: 0 } : { return_code: '0' }
  const clear = JSON.stringify({
    ...returned,
    return_msg: 'success',
    msg_id: notice.messageId,
    ...notice.fields,
  })
  const encrypted = mixed && !forged
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
  const text = signedText(forged ? `${path}/forged` : path, form)
  return new URLSearchParams({ ...form, sign: signing.signCallback(text) }).toString()
}

const ACK =
  /^\{("response_biz_content":(\{.*\}|"[A-Za-z0-9+/=]+"),"sign_type":"([A-Z0-9]+)"),"sign":"([A-Za-z0-9+/=]+)"\}$/
const ACK_CONTENT =
  /^\{"return_code":(-?\d+),"return_msg":"[^"\s]*","msg_id":"[^"\s]{1,40}"(?:,"returnCode":"0")?\}$/

/** Exact members and order, no blanks, signed (upstreams/icbc/README.md 1.6); '' when right. */
function wrongAck(
  bank: Bank,
  answer: { status: number; body: string },
  encrypted: boolean,
): string {
  if (answer.status !== 200) return `status ${answer.status}`
  const match = ACK.exec(answer.body)
  if (match === null) return 'not the documented form'
  const [, signed = '', raw = '', signType, sign = ''] = match
  if (signType !== bank.signing.appSignType) return `sign_type ${signType}`
  if (!bank.signing.verifyApp(signed, sign)) return 'bad signature'
  if (raw.startsWith('"') !== encrypted)
    return encrypted ? 'not encrypted' : 'encrypted without need'
  const clear = encrypted ? bank.signing.decrypt(raw.slice(1, -1)) : raw
  const content = ACK_CONTENT.exec(clear ?? '')
  if (content === null) return 'response_biz_content is not the documented form'
  return content[1] === '0' ? '' : `return_code ${content[1]}`
}
