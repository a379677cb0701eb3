/** Own money beside the orders, as HIS and finance read it. */
import { z } from 'zod'
import { ownMoneyOf } from '../flows/reconciliation/own-money.ts'
import { offsetTime } from '../payment/numbers.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import type { Hospital } from './his.ts'
import { NAMED, NOTHING } from './schemas.ts'

const OF_DAY = z.strictObject({ date: z.iso.date() })

const OWN_MONEY = z
  .object({
    items: z.array(
      z.object({
        system: z.enum(['one-code', 'hrss-pay', 'one-card']),
        kind: z.enum(['payment', 'refund', 'reversal']),
        status: z.enum(['done', 'none', 'unknown']).describe('unknown：是否到账或金额尚不能确认'),
        billNo: z
          .string()
          .nullable()
          .describe('空：患者自行输入金额（静态码方式一），没有本院账单'),
        merchantOrderNo: z.string().nullable(),
        bankOrderNo: z.string().nullable(),
        refundNo: z.string().nullable().describe('退款在对方的商户退款单号'),
        amountFen: z.int().nonnegative().describe('整数分'),
        businessDate: z.string(),
        at: z.iso.datetime({ offset: true }),
      }),
    ),
  })
  .register(NAMED, { id: 'OwnMoney' })

const ofDay = endpoint<Hospital, typeof NOTHING, typeof OF_DAY>({
  method: 'get',
  path: '/his/own-money',
  summary: '某日订单以外的自费款项：一码付、社保卡（人社支付平台）、一卡通的收款与退款，供对账',
  body: NOTHING,
  query: OF_DAY,
  answers: { 200: OWN_MONEY },
  errors: [],
  run: async (app, { query }) => ({
    status: 200,
    value: {
      items: (await ownMoneyOf(app, query.date)).map((row) => ({
        system: row.system,
        kind: row.kind,
        status: row.status,
        billNo: row.billNo,
        merchantOrderNo: row.merchantOrderNo,
        bankOrderNo: row.bankOrderNo,
        refundNo: row.refundNo,
        amountFen: row.amountFen,
        businessDate: row.businessDate,
        at: offsetTime(row.at),
      })),
    },
  }),
})

export const OWN_MONEY_ENDPOINTS: readonly Endpoint<Hospital>[] = [ofDay]
