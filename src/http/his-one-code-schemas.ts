import { isIP } from 'node:net'
import { z } from 'zod'
import { HANDLINGS } from '../payment/one-code.ts'
import { BILL_NO, DESK, NAMED, ORDER_ID } from './schemas.ts'

const FEN = z.int().nonnegative().describe('整数分')
const TIME = z.iso.datetime({ offset: true }).describe('RFC 3339，+08:00')

/** VARCHAR2(40) of the document, whose characters are all seen. */
const shortText = z.string().regex(/^(?!\s*$)[^\p{C}]{1,40}$/u, '须为 1-40 个可见字符')

const SHOWN = {
  token: shortText.describe('解码医保码所得的 ecToken'),
  operator: z.strictObject({ id: shortText, name: shortText }),
  device: z.strictObject({
    id: shortText.describe('设备唯一标识，如 MAC 地址'),
    ip: z
      .string()
      .refine((text) => isIP(text) !== 0 && !text.includes('%'), '须为 IPv4 或 IPv6 地址'),
  }),
}

/** No amount: it is HIS's own, and a member for it is refused. */
export const ONE_CODE_WISH = z
  .strictObject({ billNo: BILL_NO, desk: DESK, ...SHOWN })
  .register(NAMED, { id: 'OneCodeWish' })

export const ONE_CODE_QUESTION = z.strictObject(SHOWN).register(NAMED, { id: 'OneCodeQuestion' })

const REASON = z.object({
  code: z.string(),
  text: z.string().describe('给操作员看的原因，已作 HTML 转义'),
  handling: z.enum(HANDLINGS),
  advice: z.string().describe('建议的处理'),
})

export const ONE_CODE_OFFER = z
  .object({
    usable: z.boolean(),
    accountName: z.string().describe('将被扣款的账户名（亲情账户为主账户），请操作员与患者核对'),
    channelName: z.string(),
    reason: REASON.nullable(),
  })
  .register(NAMED, { id: 'OneCodeOffer' })

export const ONE_CODE_PAYMENT = z
  .object({
    id: ORDER_ID,
    version: z.int(),
    billNo: z.string(),
    desk: z.string(),
    status: z.enum(['working', 'charging', 'paid', 'declined', 'needs-review']),
    statusText: z.string(),
    next: z
      .enum(['wait', 'done', 'settle-insurance', 'ordinary-payment', 'review'])
      .describe('窗口下一步：等待、办结、办理医保结算、普通方式收自费、转人工'),
    insurance: z.enum(['settled', 'later', 'none']),
    selfPayFen: FEN,
    channelName: z.string().nullable(),
    accountName: z.string().nullable(),
    outTradeNo: z.string().nullable().describe('扣款单号，对账用'),
    chargeNo: z.string().nullable().describe('收单机构的单号'),
    reason: REASON.nullable(),
    createdAt: TIME,
    paidAt: TIME.nullable(),
  })
  .register(NAMED, { id: 'OneCodePayment' })
export type OneCodePaymentView = z.output<typeof ONE_CODE_PAYMENT>
