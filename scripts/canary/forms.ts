/** `npm run forms` for persons who are canaries: its own files may hold them, and nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TABLES } from '../forms/annex-a.ts'
import { HOSPITAL, PERSON } from '../forms/items.ts'
import { readTable } from '../parts/read-table.ts'
import { type CanaryPerson, canariesOf, inventCanary } from './people.ts'
import { type Environment, type Place, runOnce } from './programs.ts'
import type { Canary } from './search.ts'

const csv = (rows: readonly (readonly string[])[]): string => rows.map(String).join('\n')

const rowOf = ({ name, idNo, phone }: CanaryPerson): string[] => [
  name,
  '身份证',
  idNo,
  phone,
  '510100-510700',
  '成都市市本级-绵阳市',
  `CS${phone}`,
]

/** The vendor's people are persons too. */
function hospitalOf({ name, idNo, phone }: CanaryPerson): string {
  const values = Object.keys(HOSPITAL).map((item) => {
    if (item === '机构服务厂商负责人身份证号') return [item, idNo]
    if (item === '需求环境') return [item, '测试环境']
    if (/编号|商户号|APPID$/.test(item)) return [item, '1600000001']
    return [item, item.endsWith('电话') ? phone : name]
  })
  return csv(values)
}

/** What a clerk gets wrong; each is refused, with its row and column. */
function mistakes([name = '', , idNo = '', phone = '']: readonly string[]): string[][][] {
  const columns = Object.keys(PERSON)
  return [
    [[name, idNo, phone]],
    [columns, [`=${name}`, name, `${idNo}0`, `0${phone}`, phone, `${name}-`, `${name} ${phone}`]],
    [columns, ['', '身份证', `${idNo.slice(0, 17)}x`, '', '510100', `${name}-${idNo}`, '']],
    [
      ['姓名', '证件号码'],
      [name, idNo],
      [name, idNo],
    ],
    [
      ['姓名', '证件号码'],
      [`"${name}`, idNo],
    ],
  ]
}

/**
 * Fills every form in, once and once again, and makes every mistake.
 * @returns the persons; throws when they are not even on the form.
 */
export async function fillForms(environment: Environment, at: Place): Promise<Canary[]> {
  const clerk = inventCanary()
  const people = [inventCanary(), inventCanary()]
  const folder = join(at.folder, 'forms')
  const out = join(folder, 'filled')
  mkdirSync(folder)
  const put = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const hospital = put('hospital.csv', hospitalOf(clerk))
  const forms = async (persons: string, into: string): Promise<void> => {
    const words = ['--hospital', hospital, '--persons', persons, '--out', into]
    await runOnce('scripts/forms.ts', { words, environment, at })
  }
  const list = put('persons.csv', csv([Object.keys(PERSON), ...people.map(rowOf)]))
  for (const _ of ['written', 'there already']) await forms(list, out)
  const [first = clerk] = people
  await forms(join(folder, `${first.name}.xlsx`), join(folder, 'none'))
  for (const [index, rows] of mistakes(rowOf(first)).entries())
    await forms(put(`wrong-${index}.csv`, csv(rows)), join(folder, 'none'))
  const filled = (await readTable(join(out, TABLES['A.4'].file), 'A.4')).flat()
  if (people.some(({ idNo }) => !filled.includes(idNo))) throw new Error('A.4 lacks its persons')
  return [clerk, ...people].flatMap((person) => canariesOf(person, 'the forms'))
}
