import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Profile } from '../../../src/reconciliation/files/profile.ts'
import {
  ALIPAY_BILL,
  ICBC_LIKE,
  INSURANCE_CSV,
  INSURANCE_XLSX,
  PROFILES,
  UNIONPAY_ZM,
  UNIONPAY_ZME,
  WECHAT_BILL,
} from '../../../src/reconciliation/files/profiles.ts'
import writeExcelFile from 'write-excel-file/node'
import { readFile } from '../../../src/reconciliation/files/read.ts'
import { piecesOf } from '../../../src/reconciliation/files/unpack.ts'
import {
  ALIPAY,
  DATE,
  fixedLine,
  gbk,
  ICBC,
  INSURANCE,
  INSURANCE_ROWS,
  read,
  WECHAT,
  zip,
} from './contents.ts'

const at = (time: string): number => Date.parse(`${DATE}T${time}+08:00`)
const order = { bankOrderNo: 'IC001', merchantOrderNo: 'OUT001', refundNo: null }

const ZM_PAID = {
  4: '1119090000',
  6: '000000001234',
  9: '712611190900001234567',
  11: 'OUT001',
  19: '01',
  30: '二级商户',
}
const ZM_BACK = {
  ...ZM_PAID,
  9: '712611191000007654321',
  11: 'RF001',
  19: '04',
  26: ZM_PAID[9],
  40: 'OUT001',
}

describe('a profile reads', () => {
  it('a bank’s delimited file in GBK, with its refund', async () => {
    expect(await read(gbk(ICBC), ICBC_LIKE)).toEqual([
      {
        kind: 'payment',
        status: 'done',
        ...order,
        amountFen: 2_345,
        businessDate: DATE,
        at: at('09:00:00'),
        place: 2,
      },
      {
        kind: 'payment',
        status: 'done',
        bankOrderNo: 'IC002',
        merchantOrderNo: 'OUT002',
        refundNo: null,
        amountFen: 100,
        businessDate: DATE,
        at: at('23:59:59'),
        place: 3,
      },
      {
        kind: 'refund',
        status: 'done',
        ...order,
        refundNo: 'RF001',
        amountFen: 45,
        businessDate: DATE,
        at: at('10:00:00'),
        place: 4,
      },
    ])
  })

  it('WeChat’s bill: byte order mark, backticks, a comma in free text, refunds under way', async () => {
    expect(await read(Buffer.from(WECHAT), WECHAT_BILL)).toMatchObject([
      {
        kind: 'payment',
        bankOrderNo: '4200000925',
        merchantOrderNo: 'OUT001',
        refundNo: null,
        amountFen: 1,
      },
      {
        kind: 'refund',
        status: 'done',
        bankOrderNo: '4200000925',
        refundNo: 'RF001',
        amountFen: 1,
      },
    ])
  })

  it('Alipay’s zip: names in GBK, comments, tabs, quotes, negative refunds', async () => {
    const packed = zip({ '20885_业务明细.csv': gbk(ALIPAY), '20885_业务明细(汇总).csv': gbk('#') })
    expect(await read(packed, ALIPAY_BILL)).toMatchObject([
      {
        kind: 'payment',
        bankOrderNo: '2026111922001',
        merchantOrderNo: 'OUT001',
        amountFen: 1_230,
      },
      { kind: 'refund', refundNo: 'RF001', amountFen: 230 },
    ])
  })

  it('UnionPay’s fixed widths, counted in bytes of GBK', async () => {
    const lines = [ZM_PAID, ZM_BACK].map((fields) => fixedLine(UNIONPAY_ZM, fields))
    const file = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\r\n')]))
    expect(await read(file, UNIONPAY_ZM)).toMatchObject([
      {
        kind: 'payment',
        bankOrderNo: ZM_PAID[9],
        merchantOrderNo: 'OUT001',
        amountFen: 1_234,
        at: at('09:00:00'),
      },
      { kind: 'refund', bankOrderNo: ZM_PAID[9], merchantOrderNo: 'OUT001', refundNo: 'RF001' },
    ])
    const sent = deflateSync(file).toString('base64')
    const asSent: Profile = { ...UNIONPAY_ZM, container: { kind: 'base64-deflate' } }
    expect(await read(Buffer.from(sent), asSent)).toHaveLength(2)
  })

  it('UnionPay’s adjustments, which name no order', async () => {
    const line = fixedLine(UNIONPAY_ZME, {
      4: '1119090000',
      6: '000000000100',
      15: 'D000000000100',
    })
    expect(await read(line, UNIONPAY_ZME)).toMatchObject([
      { kind: 'refund', bankOrderNo: null, merchantOrderNo: null, amountFen: 100 },
    ])
  })

  it('[SC-C01] the insurance’s month, as CSV and as XLSX alike', async () => {
    const rows = await read(gbk(INSURANCE), INSURANCE_CSV)
    expect(rows).toMatchObject([
      {
        kind: 'payment',
        bankOrderNo: 'ORD001',
        merchantOrderNo: 'MED001',
        amountFen: 10_000,
        businessDate: '2026-10-08',
      },
      { kind: 'refund', refundNo: 'RF001', amountFen: 10_000 },
    ])
    const sheet = INSURANCE_ROWS.map((row) => row.map((value) => ({ value, type: String })))
    const file = await writeExcelFile(sheet).toBuffer()
    expect(await read(file, INSURANCE_XLSX)).toEqual(rows)
  })

  it('a gzipped file, and one whose last line has no end', async () => {
    const packed = gzipSync(gbk(ICBC.trimEnd()))
    expect(await read(packed, { ...ICBC_LIKE, container: { kind: 'gzip' } })).toHaveLength(3)
  })

  it('new columns and columns that changed their places', async () => {
    const turned = ICBC.split('\n').map((line) =>
      /^(TOTAL|$)/.test(line) ? line : line.split('|').toReversed().concat('新').join('|'),
    )
    expect(await read(gbk(turned.join('\n')), ICBC_LIKE)).toEqual(await read(gbk(ICBC), ICBC_LIKE))
  })

  it('a status that nobody listed as unknown, never as done', async () => {
    const [, row] = await read(gbk(ICBC.replace('成功|100', '处理中|100')), ICBC_LIKE)
    expect(row?.status).toBe('unknown')
  })

  it('December in a file of January as last year’s', async () => {
    const line = fixedLine(UNIONPAY_ZM, { ...ZM_PAID, 4: '1231235959' })
    const file = { open: () => piecesOf(line), date: '2027-01-01' }
    for await (const rows of readFile(file, UNIONPAY_ZM))
      expect(rows).toMatchObject([{ businessDate: '2026-12-31' }])
  })

  it('under its own name alone', () => {
    expect([...PROFILES].every(([name, profile]) => profile.name === name)).toBe(true)
  })
})
