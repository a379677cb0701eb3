/** The interface description (社会保障卡一卡通服务接口说明表, table 1) of what we provide, from the schemas that check it. */
import { Document, Packer, Paragraph, Table, TableCell, TableRow, TextRun, WidthType } from 'docx'
import { z } from 'zod'
import type { Settings } from '../../src/config.ts'
import { ONE_CARD_ENDPOINTS, type OneCardEndpoint } from '../../src/http/one-card-calls.ts'
import { CODES } from '../../src/upstreams/one-card/return-codes.ts'
import { NO_AUTHOR, undated } from '../forms/reproducible.ts'

/** 参数名称, 说明, 示例, 类型, 是否必传 */
export type ParameterRow = readonly [string, string, string, string, string]

export interface InterfaceTable {
  readonly title: string
  /** 接口地址, 返回格式, 请求方式, 接口协议, 接口备注 */
  readonly facts: readonly (readonly [string, string])[]
  readonly headers: readonly ParameterRow[]
  readonly body: readonly ParameterRow[]
  readonly answer: readonly ParameterRow[]
  readonly data: readonly ParameterRow[]
  readonly errors: readonly (readonly [string, string])[]
}

/** What a provider of three services may refuse with. */
const OURS =
  /^(9527071[1-9]|9527072[0-37]|95270001|95279503)$|^95279401 (签名时间戳超时|重复的请求)|^95279403 Illegal|^95279404 (请求没有|您所)/

const must = 'String'

export function interfaceTables(settings: Settings): InterfaceTable[] {
  return ONE_CARD_ENDPOINTS.map((endpoint) => {
    const { path, summary, service } = endpoint
    const address = `${settings.PUBLIC_URL}${path}`
    return {
      title: summary,
      facts: [
        ['接口地址', address],
        ['返回格式', 'JSON'],
        ['请求方式', 'post'],
        ['接口协议', new URL(address).protocol.replace(':', '')],
        ['接口备注', summary],
      ],
      headers: headersOf(settings, service),
      body: parametersOf(endpoint.body),
      answer: ANSWER,
      data: parametersOf(endpoint.data),
      errors: CODES.filter(
        ({ code, message }) => OURS.test(code) || OURS.test(`${code} ${message}`),
      ).map(({ code, message }) => [code, message]),
    }
  })
}

function headersOf(settings: Settings, service: OneCardEndpoint['service']): ParameterRow[] {
  const number = settings.ONE_CARD_SERVICES[service] ?? '未登记'
  const table1: ParameterRow[] = [
    ['powerdtp-app', '系统编码', settings.ONE_CARD_APP ?? '', must, '必传'],
    ['powerdtp-node-endpoint', '系统下属节点端点', settings.ONE_CARD_NODE ?? '', must, '必传'],
    ['powerdtp-interface-service', '下属接口服务', number, must, '必传'],
  ]
  if (settings.ONE_CARD_SIGNATURE === 'csb')
    return [
      ...table1,
      ['_api_access_key', '平台AK', '', must, '必传'],
      ['_api_name', '接口服务', number, must, '必传'],
      ['_api_timestamp', '时间戳，毫秒', '1623225113340', must, '必传'],
      ['_api_version', '版本', '1.0.0', must, '必传'],
      ['_api_signature', '签名，HmacSHA1', '', must, '必传'],
    ]
  const [account = '', key = '', signature = '', timestamp = '', protocol = ''] =
    settings.ONE_CARD_HEADERS
  return [
    ...table1,
    [account, '平台账户', '', must, '必传'],
    [key, '平台AK', '', must, '必传'],
    [signature, '签名，HmacSHA1', '', must, '必传'],
    [timestamp, '时间戳，毫秒', '1623225113340', must, '必传'],
    [protocol, '调用协议', settings.ONE_CARD_PROTOCOL, must, '必传'],
  ]
}

const ANSWER: readonly ParameterRow[] = [
  ['IsSuccess', '结果状态码', 'false', must, '必传'],
  ['Message', '响应描述', '重复的请求!', must, ''],
  ['ErrorCode', '错误码', '95279401', must, ''],
  ['Data', '返回的数据', '', must, ''],
]

interface Member {
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly items?: Shape
}
interface Shape {
  readonly properties?: Readonly<Record<string, Member>>
  readonly required?: readonly string[]
}

/** Drawn from the schema itself, so that the description cannot say something else. */
function parametersOf(schema: z.ZodType): ParameterRow[] {
  const shape: Shape = JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io: 'input' })))
  return rowsOf(shape, '')
}

function rowsOf({ properties = {}, required = [] }: Shape, prefix: string): ParameterRow[] {
  return Object.entries(properties).flatMap(([name, member]): ParameterRow[] => [
    [
      prefix + name,
      member.description ?? '',
      member.enum?.join('、') ?? '',
      member.type ?? 'String',
      required.includes(name) ? '必传' : '',
    ],
    ...(member.items === undefined ? [] : rowsOf(member.items, `${prefix}${name}[].`)),
  ])
}

// ---------------------------------------------------------------- the document

const cell = (text: string, columnSpan = 1): TableCell =>
  new TableCell({
    columnSpan,
    children: [new Paragraph({ children: [new TextRun({ text, font: '宋体', size: 21 })] })],
  })

const line = (...cells: readonly string[]): TableRow =>
  new TableRow({
    children: cells.map((text, at) => cell(text, at === cells.length - 1 ? 6 - cells.length : 1)),
  })

const section = (title: string, rows: readonly ParameterRow[]): TableRow[] => [
  line(title),
  line('参数名称', '说明', '示例', '类型', '是否必传'),
  ...rows.map((row) => line(...row)),
]

function tableOf(of: InterfaceTable): Table {
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    rows: [
      line('社会保障卡一卡通服务接口说明表'),
      ...of.facts.map(([name, value]) => line(name, value)),
      ...section('请求头示例（Header）', of.headers),
      ...section('请求体示例（Body）', of.body),
      ...section('返回参数示例', of.answer),
      ...section('Data 的内容', of.data),
      line('错误码示例'),
      line('错误码', '错误码说明'),
      ...of.errors.map(([code, message]) => line(code, message)),
    ],
  })
}

/** @returns a .docx file, one table an interface; the same bytes for the same settings. */
export async function interfaceDocument(settings: Settings): Promise<Uint8Array> {
  const children = interfaceTables(settings).flatMap((of) => [
    new Paragraph({
      children: [new TextRun({ text: of.title, font: '宋体', bold: true, size: 28 })],
    }),
    tableOf(of),
    new Paragraph({}),
  ])
  return undated(
    await Packer.toBuffer(new Document({ sections: [{ children }] }), undefined, [NO_AUTHOR]),
  )
}
