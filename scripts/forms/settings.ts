/** The numbers that the forms and the service's settings share (docs/standard.md 2). */
import type { VARIABLES } from '../../src/config/variables.ts'
import { WRAPPED } from '../../src/crypto/keystore.ts'
import type { HospitalItem, Values } from './items.ts'

/** An application for one merchant and a service that pays to another is told before it is sent. */
export const SETTINGS_OF = {
  定点机构编号: ['INSURANCE_ORG_CODE', 'ICBC_MED_INST_NO'],
  商户号: ['ICBC_SUB_MCHID'],
  商户APPID: ['WECHAT_APP_ID'],
} as const satisfies Partial<Record<HospitalItem, readonly (keyof typeof VARIABLES)[]>>

const ENVIRONMENTS: Readonly<Record<string, string>> = {
  测试环境: 'test',
  正式环境: 'production',
}

type Environment = Readonly<Record<string, string | undefined>>

export interface Comparison {
  readonly same: readonly string[]
  readonly different: readonly string[]
}

/** @returns nothing at all unless these are the settings of the environment that is applied for. */
export function compare(hospital: Values<HospitalItem>, settings: Environment): Comparison {
  const wanted = ENVIRONMENTS[hospital.get('需求环境') ?? '']
  const pairs = Object.entries(SETTINGS_OF).flatMap(([item, names]) =>
    names.map((name) => ({ item, name })),
  )
  const same: string[] = []
  const different: string[] = []
  const given = new Map<string, string>(hospital)
  for (const { item, name } of pairs) {
    const [onForm, inSettings] = [given.get(item), settings[name]]
    if (wanted === undefined || wanted !== settings['ENVIRONMENT']) continue
    if (!onForm || !inSettings || inSettings.startsWith(WRAPPED)) continue
    if (onForm === inSettings.trim()) same.push(`${item}（${name}）`)
    else different.push(`医院资料“${item}”与服务的配置 ${name} 不一致`)
  }
  return { same, different }
}
