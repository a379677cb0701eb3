import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readSheet } from 'read-excel-file/node'
import { describe, expect, it } from 'vitest'
import { partsOf, readLetter, readTexts } from '../support/office-file.ts'
import { COLUMNS, csv, desk, fillAll, HOSPITAL, hospitalCsv, PEOPLE } from './forms-files.ts'

const FILES = {
  'A.1': 'A.1 线上身份信息获取接口申请表.docx',
  'A.2': 'A.2 商户基本信息申请表.xlsx',
  'A.3': 'A.3 医保移动支付测试用例申请表.xlsx',
  'A.4': 'A.4 医保移动支付测试用例白名单申请表.xlsx',
  'A.5': 'A.5 第三方支付渠道测试人员权限申请表.xlsx',
}

const INTERFACE = 'queryPsninfobyZFB(人员基本信息获取移动支付)'
const PURPOSE = '授权后获取参保信息作为 6201 费用明细上传'

function written(name: keyof typeof FILES, changed: Parameters<typeof hospitalCsv>[0] = {}) {
  const at = desk()
  expect(fillAll(at, hospitalCsv(changed))).toMatchObject({ status: 0, err: '' })
  return readFileSync(join(at.folder, 'out', FILES[name]))
}

/** The cells beside 申请开通接口 and 用途. */
const fixed = (letter: Buffer) =>
  readLetter(letter)
    .rows.slice(3, 5)
    .map((row) => row.at(-1))

describe('A.1', () => {
  it('[SC-F01, SC-O02] is the letter of the standard, cell by cell, its opinions left blank', () => {
    const { paragraphs, rows } = readLetter(written('A.1'))
    const blank = '盖章　　　年　　月　　日'
    expect(rows).toEqual([
      ['申请机构名称', HOSPITAL.申请机构名称, '定点机构编号', 'H51010000001'],
      ['机构服务厂商', '虚构软件 <&"\'> 有限公司', '机构负责人', '赵虚构'],
      [
        '机构服务厂商负责人',
        '钱样例',
        '机构服务厂商负责人身份证号',
        HOSPITAL.机构服务厂商负责人身份证号,
      ],
      ['机构服务厂商联系电话', '028-86000000', '申请开通接口', INTERFACE],
      ['用途', PURPOSE],
      [`县（区）医保局初审意见：\n${blank}`],
      [`市医保复审意见：\n${blank}`],
    ])
    expect(paragraphs).toEqual([
      '市（州）第三方渠道移动支付线上身份信息获取接口申请表',
      '申请单位：（盖章）',
      `注：“申请开通接口”一栏固定填写“${INTERFACE}”，用途一栏固定填写“${PURPOSE}”`,
    ])
  })

  it('[SC-F01] has its two fixed strings to the byte, and nothing that is given changes them', () => {
    expect(fixed(written('A.1', { 申请机构名称: PURPOSE, 机构负责人: '${用途}' }))).toEqual([
      INTERFACE,
      PURPOSE,
    ])
    expect(Buffer.from(INTERFACE).toString('hex')).toMatch(/^7175657279.*e694afe4bb9829$/)
    const at = desk()
    const { status, err } = fillAll(at, hospitalCsv({ 申请开通接口: '别的', 用途: '别的' }))
    expect({ status, err }).toEqual({
      status: 2,
      err: '医院资料第 21 行的项目不认识\n医院资料第 22 行的项目不认识\n',
    })
  })
})

describe('A.2', () => {
  it('[SC-F02, SC-O07] has its thirteen columns in order and the merchants below them', () => {
    const [title, headings, ...rows] = readTexts(written('A.2'))
    expect(title?.join('')).toBe('医保移动支付申请-商户基本信息表')
    expect(headings).toEqual([
      '序号',
      '省份',
      '商户号',
      '商户名',
      '商户APPID',
      '商户APPID主体',
      '服务商商户号',
      '服务商商户名',
      '服务商APPID',
      '需求环境',
      '接入模式',
      '联系人名字',
      '联系人电话',
    ])
    const { 省份, 商户号, 商户名, 商户APPID, 商户APPID主体 } = HOSPITAL
    const own = ['1', 省份, 商户号, 商户名, 商户APPID, 商户APPID主体]
    const bank = ['1480000492', '沙盒银行', 'wx1cc0000000b13440']
    expect(rows).toEqual([[...own, ...bank, '测试环境', '服务商模式', '孙演示', '19900000000']])
  })
})

describe('A.3 to A.5', () => {
  const [first = [], second = []] = PEOPLE

  it('[SC-F03, SC-O04] A.3 lists the persons with every place where they are insured', () => {
    expect(readTexts(written('A.3'))).toEqual([
      ['医保移动支付测试用例申请表', '', '', '', ''],
      [
        '姓名',
        '证件号码',
        '证件类型',
        '参保地代码 (多地参保请用-分隔)',
        '参保地名称 (多地参保请用-分隔)',
      ],
      [first[0], first[2], '身份证', '510100', '成都市市本级'],
      [second[0], 'E00000000', '护照', '510100-510700', '成都市市本级-绵阳市'],
    ])
  })

  it('[SC-F04, SC-O08] A.4 makes the number CS and phone where none is given', () => {
    const at = desk()
    const people = PEOPLE.map((person, index) => [...person, index === 0 ? '' : 'CS0042'])
    fillAll(at, hospitalCsv(), csv([[...COLUMNS, '认证号'], ...people]))
    expect(readTexts(readFileSync(join(at.folder, 'out', FILES['A.4'])))).toEqual([
      ['医保移动支付测试用例白名单申请表', '', '', ''],
      ['姓名', '证件号码', '手机号码', '认证号'],
      [first[0], first[2], '19900000001', 'CS19900000001'],
      [second[0], 'E00000000', '19900000002', 'CS0042'],
    ])
  })

  it('[SC-F05, SC-O08] A.5 names the hospital beside each person', () => {
    expect(readTexts(written('A.5'))).toEqual([
      ['第三方支付渠道测试人员权限申请表', '', ''],
      ['姓名', '人员信息', '调试医院'],
      [first[0], first[2], '沙盒市第一人民医院'],
      [second[0], 'E00000000', '沙盒市第一人民医院'],
    ])
  })

  it('[SC-F03] keep identity numbers as text, also to another spreadsheet program', async () => {
    const bytes = written('A.3')
    const cells = (await readSheet(bytes)).flat().filter((cell) => cell !== null)
    expect(new Set(cells.map((cell) => typeof cell))).toEqual(new Set(['string']))
    expect(cells).toContain(first[2])
    expect(partsOf(bytes).get('xl/styles.xml')).toContain('formatCode="@"')
  })
})

/** Time and day of the first file in an archive, as MS-DOS counts: 0:00 on 1 January 1980. */
const FIRST_TIME = 10
const FIRST_DAY = 0x0021_0000

describe('the files', () => {
  it('[SC-F06] are for their owner alone, whole, and the same for the same input', () => {
    const [one, two] = [desk(), desk()]
    for (const at of [one, two]) expect(fillAll(at).status).toBe(0)
    for (const name of Object.values(FILES)) {
      const file = join(one.folder, 'out', name)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(two.folder, 'out', name)).equals(readFileSync(file))).toBe(true)
      expect(readFileSync(file).readUInt32LE(FIRST_TIME)).toBe(FIRST_DAY)
      expect([...partsOf(readFileSync(file)).values()].join()).not.toMatch(/20\d\d-\d\d-\d\dT/)
    }
    expect(readdirSync(join(one.folder, 'out')).toSorted()).toEqual(Object.values(FILES))
    expect(readdirSync(one.folder).toSorted()).toEqual(['h.csv', 'out', 'p.csv'])
  })

  it('[SC-F06] that are there stay as they are without --force, and none is written', () => {
    const at = desk()
    const words = ['--hospital', at.put('h.csv', hospitalCsv()), '--out', at.folder]
    const old = at.put(FILES['A.2'], 'signed yesterday')
    const refused = at.run(['A.1', 'A.2', ...words])
    expect(refused).toMatchObject({ status: 2, out: '' })
    expect(refused.err).toContain(`${FILES['A.2']}。没有改动；要覆盖请加 --force`)
    expect(readFileSync(old, 'utf8')).toBe('signed yesterday')
    expect(readdirSync(at.folder).toSorted()).toEqual([FILES['A.2'], 'h.csv'])
    expect(at.run(['A.2', ...words, '--force']).status).toBe(0)
    expect(readTexts(readFileSync(old)).length).toBe(3)
    expect(statSync(old).mode & 0o777).toBe(0o600)
  })

  it('are listed for machines with --json, and nothing else is printed', () => {
    const at = desk()
    const words = [
      'A.2',
      '--hospital',
      at.put('h.csv', hospitalCsv()),
      '--out',
      'deep/er',
      '--json',
    ]
    const { status, out, err } = at.run(words)
    expect({ status, err }).toEqual({ status: 0, err: '' })
    const file = join(at.folder, 'deep/er', FILES['A.2'])
    expect(JSON.parse(out)).toEqual({ files: [{ form: 'A.2', file }], same: [] })
  })
})

describe('the empty lists', () => {
  it('are read back when they are filled in, and name everything when they are not', () => {
    const at = desk()
    expect(at.run(['template', '--out', at.folder]).status).toBe(0)
    const given = ['--hospital', '医院资料.xlsx', '--persons', '人员名单.xlsx', '--out', 'out']
    const { status, err } = at.run(given)
    const usual = ['省份', '需求环境', '接入模式']
    const asked = Object.keys(HOSPITAL).filter((item) => !usual.includes(item))
    expect(status).toBe(2)
    expect(err.trim().split('\n')).toEqual([
      ...asked.map((item) => `医院资料“${item}”没有填写`),
      '人员名单里没有人',
    ])
    const lists = readTexts(readFileSync(join(at.folder, '人员名单.xlsx')))
    expect(lists[0]).toEqual([...COLUMNS, '认证号'])
  })
})

describe('what is not given', () => {
  it('is said in a sentence: the folder, the hospital, the persons, a form there is none of', () => {
    const on = desk()
    const hospital = on.put('h.csv', hospitalCsv())
    const said = (...words: string[]) => {
      const { status, out, err } = on.run(words)
      expect({ status, out }).toEqual({ status: 2, out: '' })
      return err.split('\n')[0]
    }
    expect(said('--hospital', hospital)).toBe('缺少 --out 目录：申请表写到哪里')
    expect(said('--out', 'out')).toBe('缺少 --hospital 文件：医院资料')
    const folder = ['--out', 'out', '--hospital', hospital]
    expect(said(...folder)).toBe('缺少 --persons 文件：A.3、A.4、A.5 需要人员名单')
    expect(said('A.6', ...folder)).toBe('表号 没有 A.6；可选：A.1、A.2、A.3、A.4、A.5')
    expect(said('A.1', '--out', hospital, '--hospital', hospital)).toBe(
      '无法写入 --out 目录（EEXIST）',
    )
    expect(said('A.1', '--out', 'out', '--hospital', '李拟名.csv')).toBe(
      '医院资料读不到：没有这个文件，或没有权限',
    )
    expect(readdirSync(on.folder)).toEqual(['h.csv'])
  })

  it('is not asked for where the form does not show it', () => {
    const on = desk()
    const { 申请机构名称 } = HOSPITAL
    const hospital = on.put('only.csv', csv([['申请机构名称', 申请机构名称]]))
    const persons = on.put(
      'few.csv',
      csv([['姓名', '证件号码'], ...PEOPLE.slice(0, 1).map((one) => [one[0] ?? '', one[2] ?? ''])]),
    )
    const words = ['A.5', '--hospital', hospital, '--persons', persons, '--out', 'out']
    expect(on.run(words)).toMatchObject({ status: 0, err: '' })
    expect(readdirSync(join(on.folder, 'out'))).toEqual([FILES['A.5']])
  })
})
