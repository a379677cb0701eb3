import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readHospital } from '../../scripts/forms/read-items.ts'
import { compare, SETTINGS_OF } from '../../scripts/forms/settings.ts'
import { refusal } from '../support/refusal.ts'
import { ROOT } from '../support/source-files.ts'
import { desk, HOSPITAL, hospitalCsv } from './forms-files.ts'

const hospital = readHospital(Object.entries(HOSPITAL), []).value
const SETTINGS = {
  ENVIRONMENT: 'test',
  INSURANCE_ORG_CODE: 'H51010000001',
  ICBC_MED_INST_NO: 'H51010000001',
  ICBC_SUB_MCHID: '1606835830',
  WECHAT_APP_ID: 'wxd76121036802b636',
}

describe('the numbers of the forms and of the settings', () => {
  it('[SC-O05, SC-O07] are the same merchant, or the application is refused by name', () => {
    expect(compare(hospital, SETTINGS)).toEqual({
      same: [
        '定点机构编号（INSURANCE_ORG_CODE）',
        '定点机构编号（ICBC_MED_INST_NO）',
        '商户号（ICBC_SUB_MCHID）',
        '商户APPID（WECHAT_APP_ID）',
      ],
      different: [],
    })
    const at = desk()
    const words = ['A.2', '--hospital', at.put('h.csv', hospitalCsv()), '--out', 'out']
    const { status, err } = at.run(words, { ...SETTINGS, ICBC_SUB_MCHID: '1600000000' })
    expect({ status, err }).toEqual({
      status: 2,
      err: '医院资料“商户号”与服务的配置 ICBC_SUB_MCHID 不一致\n',
    })
    expect(at.run(words, SETTINGS).out).toContain('与服务的配置一致：')
  })

  it('[SC-O05] of another environment, or wrapped, are not compared and not called the same', () => {
    const nothing = { same: [], different: [] }
    const other = { ...SETTINGS, ICBC_SUB_MCHID: '1600000000' }
    expect(compare(hospital, { ...other, ENVIRONMENT: 'production' })).toEqual(nothing)
    expect(compare(hospital, { ...other, ENVIRONMENT: 'sandbox' })).toEqual(nothing)
    expect(compare(hospital, {})).toEqual(nothing)
    const wrapped = { ENVIRONMENT: 'test', ICBC_SUB_MCHID: 'wrapped:s1:AAAA' }
    expect(compare(hospital, wrapped)).toEqual(nothing)
  })

  it.each(Object.entries(SETTINGS_OF))(
    '[SC-O05] %s of the form stands in .env.example and docs/standard.md beside its setting',
    (item, names) => {
      const example = readFileSync(join(ROOT, '.env.example'), 'utf8')
      const standard = readFileSync(join(ROOT, 'docs/standard.md'), 'utf8')
      for (const name of names) {
        expect(example).toMatch(new RegExp(`^# .*${item}.*\\n${name}=`, 'm'))
        expect(standard).toMatch(new RegExp(`\\| ${item} +\\|.*\`${name}\``))
      }
    },
  )
})

describe('the parameters that the bank assigns', () => {
  it.each(['ICBC_SUB_MCHID', 'ICBC_MER_ID', 'ICBC_MER_PRTCL_NO', 'ICBC_HOSPITAL_ID'])(
    '[SC-O05] without %s, a merchant number, the service does not start and names it',
    (name) => {
      expect(refusal({ [name]: '' })).toContain(`${name} is required`)
    },
  )

  it.each([
    'ICBC_URL',
    'ICBC_APP_ID',
    'ICBC_PRIVATE_KEY',
    'ICBC_GATEWAY_PUBLIC_KEY',
    'ICBC_CIPHER_KEY',
    'ICBC_CITY_ID',
    'ICBC_MED_INST_NAME',
    'ICBC_MED_INST_NO',
  ])('[SC-O06] without %s the service does not start and names it', (name) => {
    expect(refusal({ [name]: '' })).toContain(`${name} is required`)
  })
})
