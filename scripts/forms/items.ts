/** What a clerk fills in, by its name on the forms of Annex A (docs/standard.md 2). */
import {
  type Check,
  code,
  divisions,
  documentNumber,
  identityNumber,
  mobile,
  oneOf,
  places,
  telephone,
  text,
} from './checks.ts'

/** The hospital's own, once. */
export const HOSPITAL = {
  申请机构名称: text(100),
  定点机构编号: code(30),
  机构服务厂商: text(100),
  机构负责人: text(50),
  机构服务厂商负责人: text(50),
  机构服务厂商负责人身份证号: identityNumber,
  机构服务厂商联系电话: telephone,
  省份: text(20),
  商户号: code(32),
  商户名: text(100),
  商户APPID: code(32),
  商户APPID主体: text(100),
  服务商商户号: code(32),
  服务商商户名: text(100),
  服务商APPID: code(32),
  需求环境: oneOf(['测试环境', '正式环境']),
  接入模式: text(20),
  联系人名字: text(50),
  联系人电话: telephone,
} satisfies Record<string, Check>

export const IDENTITY_CARD = '身份证'
const DOCUMENTS = [
  IDENTITY_CARD,
  '港澳台居民居住证',
  '港澳居民来往内地通行证',
  '台湾居民来往大陆通行证',
  '外国人永久居留身份证',
  '护照',
  '军官证',
]

/** Of each person who tests. */
export const PERSON = {
  姓名: text(50),
  证件类型: oneOf(DOCUMENTS),
  证件号码: documentNumber,
  手机号码: mobile,
  参保地代码: divisions,
  参保地名称: places,
  认证号: code(32),
} satisfies Record<string, Check>

export type HospitalItem = keyof typeof HOSPITAL
export type PersonItem = keyof typeof PERSON
export type Values<Item extends string> = ReadonlyMap<Item, string>

export const isHospitalItem = (name: string): name is HospitalItem => Object.hasOwn(HOSPITAL, name)
export const isPersonItem = (name: string): name is PersonItem => Object.hasOwn(PERSON, name)
