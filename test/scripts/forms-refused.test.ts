import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import writeSheet from 'write-excel-file/node'
import { checkDigit, identityNumber } from '../../scripts/forms/checks.ts'
import { readHospital, readPersons } from '../../scripts/forms/read-items.ts'
import { readTable } from '../../scripts/parts/read-table.ts'
import { Refused } from '../../scripts/parts/refused.ts'
import { COLUMNS, desk, fillAll, HOSPITAL, hospitalCsv, identity, PEOPLE } from './forms-files.ts'

const [FIRST = []] = PEOPLE
const LAST = 'CS00'

/** One person whose value in one column is another one. */
function personWith(column: string, value: string): string[] {
  const columns = [...COLUMNS, '认证号']
  const row = [...FIRST, LAST].map((cell, at) => (columns[at] === column ? value : cell))
  return [...readPersons([columns, row], []).problems]
}

const sheetOf = async (cells: (string | number)[]) =>
  writeSheet([['姓名', '证件号码', '手机号码'], cells]).toBuffer()

const hospitalWith = (item: string, value: string): readonly string[] =>
  readHospital(Object.entries({ ...HOSPITAL, [item]: value }), []).problems

describe('a value that an office program would take for more than text', () => {
  const FORMULAS = ['=1+1', '+861', '-2+3', '@SUM(A1)', '＝1', '＋1', '－1', '＠A1', '=cmd|x!A1']

  it.each(FORMULAS)('[SC-F06] %s is refused in every column', (value) => {
    for (const column of [...COLUMNS, '认证号'])
      expect(personWith(column, value)).toContain(`人员名单第 2 行“${column}”不能以 = + - @ 开头`)
    for (const item of Object.keys(HOSPITAL))
      expect(hospitalWith(item, value)).toEqual([`医院资料“${item}”不能以 = + - @ 开头`])
  })

  it.each([
    '李\u0001名',
    '李\u202e名',
    '李\ufffe名',
    '李\ud842',
    '李\u200b名',
    '_x003D_1',
    '李\n名',
  ])('[SC-F06] %j is refused: no form shows it', (value) => {
    expect(personWith('姓名', value)).toEqual(['人员名单第 2 行“姓名”含有不可见或不允许的字符'])
  })

  it('[SC-F06] a tab or a line break before a formula does not hide it', async () => {
    const at = desk()
    for (const blank of ['\t', '\r', ' ']) {
      const rows = await readTable(at.put('x.csv', `姓名\n"${blank}=1+1"\n`), '人员名单')
      expect(readPersons(rows, []).problems).toEqual(['人员名单第 2 行“姓名”不能以 = + - @ 开头'])
    }
  })
})

describe('an identity number', () => {
  it('[SC-F03] of the standard itself passes, with any other check digit it does not', () => {
    const first17 = '51070319880816000'
    const passed = [...'0123456789X'].filter((last) => identityNumber(first17 + last) === null)
    expect(passed).toEqual(['1'])
  })

  it('[SC-F03] is refused when any one digit was mistyped', () => {
    const digit = fc.integer({ min: 0, max: 9 })
    const at = fc.integer({ min: 14, max: 16 })
    fc.assert(
      fc.property(digit, digit, digit, at, digit, (a, b, c, where, typed) => {
        const right = identity(`19880816${a}${b}${c}`)
        const wrong = right.slice(0, where) + typed + right.slice(where + 1)
        expect(identityNumber(right)).toBeNull()
        if (wrong !== right) expect(identityNumber(wrong)).toBe('校验位不符，请核对')
      }),
    )
  })

  it.each([
    ['19880230', '其中的出生日期不存在'],
    ['19881301', '其中的出生日期不存在'],
    ['18000101', '其中的出生日期不存在'],
  ])('[SC-F03] born on %s is refused', (birth, sentence) => {
    expect(identityNumber(identity(`${birth}001`))).toBe(sentence)
  })

  it.each([
    ['510703880816000', '十五位'],
    ['51070319880816000x', '小写'],
    ['５10703198808160001', '全角'],
  ])('[SC-F03] %s (%s) is refused', (value) => {
    expect(identityNumber(value)).toBe('不是 18 位身份证号（末位 X 大写）')
  })

  it('[SC-F01] is asked of the vendor too, and of documents that have a check digit alone', () => {
    const wrong = '510703198808160002'
    expect(checkDigit(wrong)).toBe('1')
    expect(hospitalWith('机构服务厂商负责人身份证号', wrong)).toEqual([
      '医院资料“机构服务厂商负责人身份证号”校验位不符，请核对',
    ])
    expect(personWith('证件号码', wrong)).toEqual(['人员名单第 2 行“证件号码”校验位不符，请核对'])
    const passport = ['护照', 'E12345678']
    const rows = [
      ['姓名', '证件类型', '证件号码'],
      ['李拟名', ...passport],
    ]
    expect(readPersons(rows, []).problems).toEqual([])
  })

  it('[SC-F03] in a list without a column for its kind is one of an identity card', () => {
    const rows = [['证件号码'], ['E12345678']]
    expect(readPersons(rows, []).problems).toHaveLength(1)
  })
})

describe('the other columns', () => {
  it.each([
    ['手机号码', '1380013800', '不是 11 位手机号码'],
    ['手机号码', '12345678901', '不是 11 位手机号码'],
    ['证件类型', '借书证', '只能是：身份证、'],
    ['参保地代码', '5101', '应为 6 位代码，多地用 - 分隔'],
    ['参保地代码', '510100-', '应为 6 位代码，多地用 - 分隔'],
    ['参保地名称', '成都市-', '多地用 - 分隔，每一地都要有名称'],
    ['认证号', 'CS 1', '只能是字母和数字（至多 32 位）'],
    ['姓名', '长'.repeat(51), '过长（至多 50 字）'],
  ])('[SC-F03, SC-F04] %s refuses %s', (column, value, sentence) => {
    expect(personWith(column, value).join('\n')).toContain(`人员名单第 2 行“${column}”${sentence}`)
  })

  it('[SC-F03] as many codes as names, or neither is believed', () => {
    const uneven = '人员名单第 2 行“参保地代码”与“参保地名称”个数不同'
    expect(personWith('参保地代码', '510100-510700')).toEqual([uneven])
    expect(personWith('参保地名称', '成都市-绵阳市')).toEqual([uneven])
  })

  it('[SC-F03] a rare character counts as one', () => {
    expect(personWith('姓名', '𠮷'.repeat(50))).toEqual([])
    expect(personWith('姓名', '𠮷'.repeat(51))).toHaveLength(1)
  })

  it('[SC-F05] the same number twice is one person typed twice', () => {
    expect(readPersons([COLUMNS, FIRST, [], FIRST], []).problems).toEqual([
      '人员名单第 4 行“证件号码”与第 2 行相同',
    ])
  })

  it('[SC-F06] one that no form shows is refused by its place, as is one without a name', () => {
    const rows = [
      ['姓名', '工资', ''],
      ['李拟名', '1', '2'],
    ]
    const known = '只能有：姓名、证件类型、证件号码、手机号码、参保地代码、参保地名称、认证号'
    expect(readPersons(rows, ['证件号码']).problems).toEqual([
      `人员名单第 2 列的表头不认识或重复；${known}`,
      `人员名单第 3 列的表头不认识或重复；${known}`,
      '人员名单缺少“证件号码”一列',
    ])
    expect(
      readPersons(
        [
          ['姓名', '姓名'],
          ['甲', '乙'],
        ],
        [],
      ).problems,
    ).toHaveLength(1)
  })

  it.each([
    ['商户号', '1606 835830', '只能是字母和数字（至多 32 位）'],
    ['需求环境', '生产', '只能是：测试环境、正式环境'],
    ['联系人电话', '12-34', '不是电话号码（手机号码，或区号-号码）'],
    ['商户名', '长'.repeat(101), '过长（至多 100 字）'],
  ])('[SC-F02] %s refuses %s', (item, value, sentence) => {
    expect(hospitalWith(item, value)).toEqual([`医院资料“${item}”${sentence}`])
  })
})

describe('everything that is wrong', () => {
  it('[SC-F06] is told at once, by row and column, with no value, and no file is written', () => {
    const at = desk()
    const canary = ['哼哼', '护照！', '510199198808160019', '199000000019', '成都', '市市本级-']
    const persons = [COLUMNS, canary, [...FIRST.slice(0, 3), '', '', '']]
    const hospital = hospitalCsv({ 商户号: '', 机构负责人: '=canary', 联系人电话: 'canary' })
    const content = persons.map((row) => row.join(',')).join('\n')
    const { status, out, err } = fillAll(at, hospital, content)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err.trim().split('\n')).toEqual([
      '医院资料“机构负责人”不能以 = + - @ 开头',
      '医院资料“联系人电话”不是电话号码（手机号码，或区号-号码）',
      '医院资料“商户号”没有填写',
      expect.stringContaining('人员名单第 2 行“证件类型”只能是：'),
      '人员名单第 2 行“手机号码”不是 11 位手机号码',
      '人员名单第 2 行“参保地代码”应为 6 位代码，多地用 - 分隔',
      '人员名单第 2 行“参保地名称”多地用 - 分隔，每一地都要有名称',
      '人员名单第 2 行“证件号码”校验位不符，请核对',
      '人员名单第 3 行“手机号码”没有填写',
      '人员名单第 3 行“参保地代码”没有填写',
      '人员名单第 3 行“参保地名称”没有填写',
    ])
    for (const value of [...canary, ...FIRST, 'canary'].filter((one) => one !== '身份证'))
      expect(err).not.toContain(value)
    expect(existsSync(join(at.folder, 'out'))).toBe(false)
  })
})

describe('a file', () => {
  const CHANGED = '被 Excel 存成了数字或日期，内容已变：请把单元格设为“文本”再重新输入'

  it('[SC-F03] in which Excel made a number of an identity number is refused, of a phone not', async () => {
    const at = desk()
    const rounded = await sheetOf(['李拟名', Number(identity('19900307001')), 19900000001])
    const rows = await readTable(at.put('p.xlsx', rounded), '人员名单')
    expect(rows).toEqual([
      ['姓名', '证件号码', '手机号码'],
      ['李拟名', null, '19900000001'],
    ])
    expect(readPersons(rows, []).problems).toEqual([`人员名单第 2 行“证件号码”${CHANGED}`])
    const csv = await readTable(at.put('p.csv', '姓名,证件号码\n李,5.10199E+17\n'), '人员名单')
    expect(readPersons(csv, []).problems).toEqual([`人员名单第 2 行“证件号码”${CHANGED}`])
  })

  it.each([
    ['UTF-8', Buffer.from('姓名,手机号码\n李拟名,19900000001\n')],
    ['UTF-8 with a mark', Buffer.from('\ufeff姓名,手机号码\n李拟名,19900000001\n')],
    [
      'GB 18030',
      Buffer.from('d0d5c3fb2ccad6bbfabac5c2eb0ac0eec4e2c3fb2c31393930303030303030310a', 'hex'),
    ],
  ])('in %s is read', async (_, bytes) => {
    expect(await readTable(desk().put('p.csv', bytes), '人员名单')).toEqual([
      ['姓名', '手机号码'],
      ['李拟名', '19900000001'],
    ])
  })

  it.each([
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), '旧式或加了密码的 Excel 文件'],
    ['half an archive', Buffer.from('PK\u0003\u0004 canary'), '不是完好的 .xlsx 文件'],
    ['a quotation that never ends', Buffer.from('姓名\n"canary\n'), '的引号或逗号不成对'],
  ])('[SC-F06] that is %s is refused without a word of it', async (_, bytes, sentence) => {
    const reading = readTable(desk().put('p', bytes), '人员名单')
    const error: unknown = await reading.catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Refused)
    expect(String(error)).toContain(sentence)
    expect(String(error)).not.toContain('canary')
  })
})
