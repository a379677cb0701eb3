/** Settlement files as the houses write them, and what packs and spoils them. */
import { spawnSync } from 'node:child_process'
import { zipSync } from 'fflate'
import type { Profile } from '../../../src/reconciliation/files/profile.ts'
import { readFile } from '../../../src/reconciliation/files/read.ts'
import { type Limits, LIMITS, piecesOf } from '../../../src/reconciliation/files/unpack.ts'
import type { Row } from '../../../src/reconciliation/row.ts'

export const DATE = '2026-11-19'

export async function read(bytes: Uint8Array, profile: Profile, limits: Partial<Limits> = {}) {
  const rows: Row[] = []
  const file = { open: () => piecesOf(bytes), date: DATE }
  for await (const batch of readFile(file, profile, { ...LIMITS, ...limits })) rows.push(...batch)
  return rows
}

/** Node writes no GBK; iconv of the C library does. */
export function gbk(text: string): Buffer {
  const { stdout, status } = spawnSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text })
  if (status !== 0) throw new Error('iconv failed')
  return stdout
}

export const zip = (entries: Readonly<Record<string, Uint8Array>>): Buffer =>
  Buffer.from(zipSync({ ...entries }))

export const ICBC = `商户号|工行订单号|商户订单号|交易时间|交易类型|交易状态|交易金额|退款流水号|备注
M001|IC001|OUT001|20261119090000|支付|成功|2345||门诊缴费
M001|IC002|OUT002|20261119235959|支付|成功|100||
M001|IC001|OUT001|20261119100000|退款|成功|45|RF001|
TOTAL|3|2400
`

const WECHAT_HEADING =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'

export const WECHAT = [
  `\uFEFF${WECHAT_HEADING}`,
  '`2026-11-19 17:07:11,`wx81,`1601,`0,`,`4200000925,`OUT001,`ofy,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.01,`0.00,`0,`0,`0.00,`0.00,`,`,`挂号,内科,`包,`0.00000,`1.00%,`0.01,`0.00,`',
  '`2026-11-19 18:00:00,`wx81,`1601,`0,`,`4200000925,`OUT001,`ofy,`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030,`RF001,`0.01,`0.00,`ORIGINAL,`PROCESSING,`挂号,`包,`0.00000,`1.00%,`0.00,`0.01,`',
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  '`2,`0.01,`0.01,`0.00,`0.00000,`0.01,`0.01',
  '',
].join('\r\n')

export const ALIPAY = `#支付宝业务明细查询
#账号：[20885]
#起始日期：[2026年11月19日 00:00:00]
#-----------------------------------------业务明细列表----------------------------------------
支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注
2026111922001\t,OUT001\t,交易,"挂号,内科",2026-11-19 09:00:00,2026-11-19 09:00:05,,,,,,12.30,12.30,0,0,0,0,0,,0,0,,0,0,
2026111922001\t,OUT001\t,退款,挂号,2026-11-19 10:00:00,2026-11-19 10:00:05,,,,,,-2.30,-2.30,0,0,0,0,0,,0,0,RF001,0,0,
#-----------------------------------------业务明细列表结束------------------------------------
#交易合计：1笔，商家实收共12.30元，商家优惠共0.00元
#退款合计：1笔，商家实收退款共-2.30元，商家优惠退款共0.00元
`

const INSURANCE_HEADING =
  '医保订单号,医药机构订单号,业务类型,结算时间,统筹基金支付,个人账户支付,其他基金支付,退款流水号'
export const INSURANCE_ROWS = [
  INSURANCE_HEADING.split(','),
  ['ORD001', 'MED001', '结算', '2026-10-08 09:00:00', '80.00', '20.00', '', ''],
  ['ORD001', 'MED001', '退费', '2026-10-09 09:00:00', '80.00', '20', '0.00', 'RF001'],
  ['合计', '2', '0.00', '', '', '', '', ''],
]
export const INSURANCE = INSURANCE_ROWS.map((row) => row.join(',')).join('\r\n')

/** The fields that are named, at their places; everything else is blank. */
export function fixedLine(profile: Profile, fields: Readonly<Record<number, string>>): Buffer {
  if (profile.shape.kind !== 'fixed') throw new Error('not of fixed width')
  const cells = profile.shape.widths.map((width, index) => {
    const bytes = gbk(fields[index] ?? '')
    return Buffer.concat([bytes, Buffer.alloc(width - bytes.length, ' ')])
  })
  return Buffer.concat(
    cells.flatMap((cell, index) => (index === 0 ? [cell] : [Buffer.from(' '), cell])),
  )
}
