/** The forms of Annex A as the standard prints them: titles, columns, their order, fixed words. */
import { type HospitalItem, isHospitalItem, type PersonItem } from './items.ts'

type Item = HospitalItem | PersonItem
/** What a column shows: an item, the row's number, or the two fixed words of A.1. */
export type Column = readonly [heading: string, item: Item | '序号']

export interface Table {
  readonly title: string
  readonly file: string
  /** One row for the hospital, or one a person. */
  readonly rowOf: 'hospital' | 'person'
  readonly columns: readonly Column[]
}

/** A.1 is a letter with seals, the others are lists. */
export const APPLICATION = {
  title: '市（州）第三方渠道移动支付线上身份信息获取接口申请表',
  file: 'A.1 线上身份信息获取接口申请表.docx',
  seal: '申请单位：（盖章）',
  items: [
    '申请机构名称',
    '定点机构编号',
    '机构服务厂商',
    '机构负责人',
    '机构服务厂商负责人',
    '机构服务厂商负责人身份证号',
    '机构服务厂商联系电话',
  ],
  /** The note below A.1 fixes both, to the byte. */
  fixed: {
    申请开通接口: 'queryPsninfobyZFB(人员基本信息获取移动支付)',
    用途: '授权后获取参保信息作为 6201 费用明细上传',
  },
  opinions: ['县（区）医保局初审意见：', '市医保复审意见：'],
  signature: '盖章　　　年　　月　　日',
} as const satisfies { readonly items: readonly HospitalItem[]; readonly [part: string]: unknown }

export const TABLES = {
  'A.2': {
    title: '医保移动支付申请-商户基本信息表',
    file: 'A.2 商户基本信息申请表.xlsx',
    rowOf: 'hospital',
    columns: [
      ['序号', '序号'],
      ['省份', '省份'],
      ['商户号', '商户号'],
      ['商户名', '商户名'],
      ['商户APPID', '商户APPID'],
      ['商户APPID主体', '商户APPID主体'],
      ['服务商商户号', '服务商商户号'],
      ['服务商商户名', '服务商商户名'],
      ['服务商APPID', '服务商APPID'],
      ['需求环境', '需求环境'],
      ['接入模式', '接入模式'],
      ['联系人名字', '联系人名字'],
      ['联系人电话', '联系人电话'],
    ],
  },
  'A.3': {
    title: '医保移动支付测试用例申请表',
    file: 'A.3 医保移动支付测试用例申请表.xlsx',
    rowOf: 'person',
    columns: [
      ['姓名', '姓名'],
      ['证件号码', '证件号码'],
      ['证件类型', '证件类型'],
      ['参保地代码 (多地参保请用-分隔)', '参保地代码'],
      ['参保地名称 (多地参保请用-分隔)', '参保地名称'],
    ],
  },
  'A.4': {
    title: '医保移动支付测试用例白名单申请表',
    file: 'A.4 医保移动支付测试用例白名单申请表.xlsx',
    rowOf: 'person',
    columns: [
      ['姓名', '姓名'],
      ['证件号码', '证件号码'],
      ['手机号码', '手机号码'],
      ['认证号', '认证号'],
    ],
  },
  'A.5': {
    title: '第三方支付渠道测试人员权限申请表',
    file: 'A.5 第三方支付渠道测试人员权限申请表.xlsx',
    rowOf: 'person',
    columns: [
      ['姓名', '姓名'],
      ['人员信息', '证件号码'],
      ['调试医院', '申请机构名称'],
    ],
  },
} as const satisfies Record<string, Table>

export type TableName = keyof typeof TABLES
export type FormName = 'A.1' | TableName

export const TABLE_NAMES = ['A.2', 'A.3', 'A.4', 'A.5'] as const satisfies TableName[]
export const FORM_NAMES = ['A.1', ...TABLE_NAMES] as const satisfies FormName[]

/** The row's number counts itself, and A.4's is made from the phone: a list without them is complete. */
const isAsked = (item: Item | '序号'): item is Item => item !== '序号' && item !== '认证号'

const columnsOf = (name: TableName): readonly Column[] => TABLES[name].columns

const itemsOf = (name: FormName): readonly Item[] =>
  name === 'A.1'
    ? APPLICATION.items
    : columnsOf(name)
        .map(([, item]) => item)
        .filter(isAsked)

export interface Needs {
  readonly hospital: readonly HospitalItem[]
  readonly person: readonly PersonItem[]
}

/** What must be filled in for these forms, each item once. */
export function needsOf(names: readonly FormName[]): Needs {
  const items = [...new Set(names.flatMap(itemsOf))]
  return {
    hospital: items.filter((item) => isHospitalItem(item)),
    person: items.filter((item) => !isHospitalItem(item)),
  }
}
