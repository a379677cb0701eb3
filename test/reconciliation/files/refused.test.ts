import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DamagedFile, type Profile } from '../../../src/reconciliation/files/profile.ts'
import {
  ALIPAY_BILL,
  ICBC_LIKE,
  INSURANCE_XLSX,
  PROFILES,
  UNIONPAY_ZM,
  WECHAT_BILL,
} from '../../../src/reconciliation/files/profiles.ts'
import { checkFile, readFile } from '../../../src/reconciliation/files/read.ts'
import { piecesOf } from '../../../src/reconciliation/files/unpack.ts'
import { ALIPAY, DATE, fixedLine, gbk, ICBC, read, WECHAT, zip } from './contents.ts'

describe('[SC-S07, SC-C03] nothing counts of a file', () => {
  it.each<[string, string, string]>([
    [
      'with a wrong count',
      ICBC.replace('TOTAL|3', 'TOTAL|4'),
      '第 5 行：笔数不符，合计 4 笔，明细 3 笔',
    ],
    [
      'with a wrong sum',
      ICBC.replace('|2400', '|2401'),
      '第 5 行：金额不符，合计 2401，明细 2400 分',
    ],
    [
      'whose sum is no figure',
      ICBC.replace('|2400', '|<b>'),
      '第 5 行：金额不符，合计 （无法识别），明细 2400 分',
    ],
    ['that lost its end', ICBC.slice(0, ICBC.indexOf('TOTAL')), '没有合计行，文件可能被截断'],
    ['that lost the end of its end', ICBC.slice(0, ICBC.indexOf('|2400')), '第 5 行：合计行不完整'],
    [
      'that ends within a row',
      ICBC.slice(0, ICBC.indexOf('成功|100')),
      '第 3 行：列数不足，文件可能被截断',
    ],
    ['that is empty', '', '没有表头，文件不完整'],
    [
      'without a column that is needed',
      ICBC.replace('工行订单号', '订单号'),
      '第 1 行：表头没有唯一的“工行订单号”',
    ],
    [
      'with a needed column twice',
      ICBC.replace('备注', '交易金额'),
      '第 1 行：表头没有唯一的“交易金额”',
    ],
    ['with an amount in yuan', ICBC.replace('|2345|', '|23.45|'), '第 2 行：金额无法识别'],
    ['with a negative amount', ICBC.replace('|2345|', '|--45|'), '第 2 行：金额无法识别'],
    ['with no amount', ICBC.replace('|2345|', '||'), '第 2 行：金额无法识别'],
    [
      'with a kind that was not agreed',
      ICBC.replace('|退款|', '|调账|'),
      '第 4 行：交易类型不在约定之内',
    ],
    [
      'with a kind that is a word of JavaScript',
      ICBC.replace('|退款|', '|constructor|'),
      '第 4 行：交易类型不在约定之内',
    ],
    [
      'with a day that is none',
      ICBC.replace('20261119235959', '20260230235959'),
      '第 3 行：时间无法识别',
    ],
    [
      'with a number that is none',
      ICBC.replace('OUT002', 'OUT 002'),
      '第 3 行：单号含有不允许的字符',
    ],
    ['with a line without end', `${ICBC}${'x'.repeat(2 ** 16 + 1)}`, '第 6 行：一行过长'],
  ])('%s', async (_, content, message) => {
    await expect(read(gbk(content), ICBC_LIKE)).rejects.toThrow(message)
  })

  it('in another encoding than agreed', async () => {
    await expect(read(gbk(WECHAT), WECHAT_BILL)).rejects.toThrow('编码与约定不符')
  })

  it('whose lines are too short for their fixed widths', async () => {
    const line = fixedLine(UNIONPAY_ZM, { 19: '01' })
    await expect(read(line.subarray(0, 300), UNIONPAY_ZM)).rejects.toThrow(
      '第 1 行：行长与约定不符',
    )
  })

  it('with WeChat’s sums or Alipay’s counts wrong', async () => {
    for (const [from, to] of [
      ['`2,`0.01', '`3,`0.01'],
      ['`0.00000,`0.01,`0.01', '`0.00000,`0.02,`0.01'],
    ] as const)
      await expect(read(Buffer.from(WECHAT.replace(from, to)), WECHAT_BILL)).rejects.toThrow('不符')
    const spoilt = gbk(ALIPAY.replace('交易合计：1笔', '交易合计：2笔'))
    await expect(read(zip({ 'a.csv': spoilt }), ALIPAY_BILL)).rejects.toThrow('笔数不符')
    const cut = gbk(ALIPAY.slice(0, ALIPAY.indexOf('#----------', 300)))
    await expect(read(zip({ 'a.csv': cut }), ALIPAY_BILL)).rejects.toThrow('没有合计行')
  })

  it('with its last row at the latest, whatever was given before', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, index) => `M|B${index}|O${index}|20261119090000|支付|成功|1||`,
    )
    const [heading] = ICBC.split('\n')
    const file = (count: number) => gbk([heading, ...rows, `TOTAL|${count}|20000`].join('\n'))
    expect(await read(file(20_000), ICBC_LIKE)).toHaveLength(20_000)
    const bytes = file(1)
    const told = { open: () => piecesOf(bytes), date: DATE }
    const reading = async () => {
      for await (const batch of readFile(told, ICBC_LIKE)) expect(batch).not.toEqual([])
    }
    await expect(reading()).rejects.toThrow('笔数不符')
    await expect(checkFile(told, ICBC_LIKE)).rejects.toThrow('笔数不符')
  })
})

describe('[SC-S07] a hostile envelope is stopped:', () => {
  const gzipped: Profile = { ...ICBC_LIKE, container: { kind: 'gzip' } }
  const zipped: Profile = { ...ICBC_LIKE, container: { kind: 'zip', ending: '.txt', but: null } }

  it('a bomb, at the allowed size', async () => {
    const bomb = Buffer.alloc(2 ** 24, '\n')
    const limits = { bytes: 2 ** 20 }
    await expect(read(gzipSync(bomb), gzipped, limits)).rejects.toThrow('文件过大')
    await expect(read(zip({ 'a.txt': bomb }), zipped, limits)).rejects.toThrow('文件过大')
    await expect(read(bomb, ICBC_LIKE, { packedBytes: 2 ** 20 })).rejects.toThrow('文件过大')
  })

  it('a bomb that lies about its size', async () => {
    const archive = zip({ 'a.txt': Buffer.alloc(2 ** 24, '\n') })
    const directory = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]))
    archive.writeUInt32LE(10, directory + 24)
    await expect(read(archive, zipped)).rejects.toThrow('校验值不符')
    await expect(read(archive, INSURANCE_XLSX)).rejects.toThrow('校验值不符')
  })

  it('an archive or stream that is cut off or changed', async () => {
    const packed = gzipSync(gbk(ICBC))
    await expect(read(packed.subarray(0, packed.length - 9), gzipped)).rejects.toThrow('被截断')
    await expect(read(Buffer.from('no gzip'), gzipped)).rejects.toThrow('损坏')
    const archive = zip({ 'a.txt': gbk(ICBC) })
    expect(await read(archive, zipped)).toHaveLength(3)
    await expect(read(archive.subarray(0, archive.length - 5), zipped)).rejects.toThrow('zip')
    archive.writeUInt8(archive.readUInt8(60) ^ 1, 60)
    await expect(read(archive, zipped)).rejects.toThrow(DamagedFile)
  })

  it('an archive with two details, or with none', async () => {
    const two = zip({ 'a.txt': gbk(ICBC), 'b.txt': gbk(ICBC) })
    await expect(read(two, zipped)).rejects.toThrow('没有唯一的明细文件')
    await expect(read(zip({ 'a.exe': gbk(ICBC) }), zipped)).rejects.toThrow('没有唯一的明细文件')
  })

  it('a name that climbs out of its folder is no path here', async () => {
    expect(await read(zip({ '../../etc/cron.d/a.txt': gbk(ICBC) }), zipped)).toHaveLength(3)
  })

  it('a sheet that is none', async () => {
    await expect(read(Buffer.from('PK'), INSURANCE_XLSX)).rejects.toThrow('zip')
    await expect(read(zip({ 'a.xml': Buffer.from('<a/>') }), INSURANCE_XLSX)).rejects.toThrow(
      'xlsx',
    )
  })
})

describe('[SC-S07] any bytes at all', () => {
  const spoilt = fc
    .tuple(
      fc.constantFrom(
        gbk(ICBC),
        Buffer.from(WECHAT),
        gzipSync(gbk(ICBC)),
        zip({ 'a.csv': gbk(ALIPAY) }),
      ),
      fc.nat(),
      fc.nat(255),
      fc.nat(),
    )
    .map(([whole, at, byte, end]) => {
      const changed = Buffer.from(whole)
      changed[at % changed.length] = byte
      return changed.subarray(0, end % 3 === 0 ? end % changed.length : changed.length)
    })

  it.each([...PROFILES])(
    'as %s are rows or a damaged file, and nothing else',
    async (_, profile) => {
      const kinds = [profile.container, { kind: 'gzip' }, { kind: 'base64-deflate' }] as const
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(spoilt, fc.uint8Array()),
          fc.constantFrom(...kinds),
          async (bytes, container) => {
            const end = await read(bytes, { ...profile, container }).catch(
              (error: unknown) => error,
            )
            expect(Array.isArray(end) || end instanceof DamagedFile).toBe(true)
          },
        ),
      )
    },
  )
})
