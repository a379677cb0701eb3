/** A hospital and persons who do not exist, as files that `npm run forms` reads, and what it does. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { checkDigit } from '../../scripts/forms/checks.ts'
import { ROOT } from '../support/source-files.ts'

/** 510199 was never assigned. */
export const identity = (birthAndSerial: string): string =>
  `510199${birthAndSerial}${checkDigit(`510199${birthAndSerial}`)}`

export const HOSPITAL = {
  申请机构名称: '沙盒市第一人民医院',
  定点机构编号: 'H51010000001',
  机构服务厂商: '虚构软件 <&"\'> 有限公司',
  机构负责人: '赵虚构',
  机构服务厂商负责人: '钱样例',
  机构服务厂商负责人身份证号: identity('19900307001'),
  机构服务厂商联系电话: '028-86000000',
  省份: '四川',
  商户号: '1606835830',
  商户名: '沙盒市第一人民医院',
  商户APPID: 'wxd76121036802b636',
  商户APPID主体: '沙盒市第一人民医院（主体）',
  服务商商户号: '1480000492',
  服务商商户名: '沙盒银行',
  服务商APPID: 'wx1cc0000000b13440',
  需求环境: '测试环境',
  接入模式: '服务商模式',
  联系人名字: '孙演示',
  联系人电话: '19900000000',
}

export const COLUMNS = ['姓名', '证件类型', '证件号码', '手机号码', '参保地代码', '参保地名称']

export const PEOPLE = [
  ['李拟名', '身份证', identity('19880816001'), '19900000001', '510100', '成都市市本级'],
  ['𠮷试一', '护照', 'E00000000', '19900000002', '510100-510700', '成都市市本级-绵阳市'],
]

export const csv = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n')

export const hospitalCsv = (changed: Record<string, string> = {}): string =>
  csv([['项目', '内容'], ...Object.entries({ ...HOSPITAL, ...changed })])

export const personsCsv = (people: readonly (readonly string[])[] = PEOPLE): string =>
  csv([COLUMNS, ...people])

export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export interface Desk {
  readonly folder: string
  readonly put: (name: string, content: string | Uint8Array) => string
  readonly run: (words: readonly string[], environment?: Record<string, string>) => Ran
}

/** A folder that is gone after the test. */
export function desk(): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'forms-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return {
    folder,
    put: (name, content) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    },
    run: (words, environment = {}) => {
      const env = { ...environment, TMPDIR: folder }
      const program = [join(ROOT, 'scripts/forms.ts'), ...words]
      const options = { env, cwd: folder, encoding: 'utf8' } as const
      const { status, stdout, stderr } = spawnSync(process.execPath, program, options)
      return { status, out: stdout, err: stderr }
    },
  }
}

/** Every form, from these two files. */
export function fillAll(at: Desk, hospital = hospitalCsv(), persons = personsCsv()) {
  const files = [at.put('h.csv', hospital), at.put('p.csv', persons)]
  const words = ['--hospital', files[0] ?? '', '--persons', files[1] ?? '', '--out', 'out']
  return at.run(words)
}
