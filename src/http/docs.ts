import { z } from 'zod'
import type { App } from '../app.ts'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { type BankCallback, bankCallbacks, SETTLEMENT_NOTICE } from './callbacks.ts'
import type { Endpoint } from './endpoint.ts'
import { HIS_ENDPOINTS } from './his.ts'
import { HRSS_PAY_CALLS } from './hrss-pay-calls.ts'
import { CHARGE_NOTICE } from './his-one-code.ts'
import { HIS_ONE_CARD } from './his-one-card.ts'
import { ONE_CARD_ENDPOINTS } from './one-card-calls.ts'
import { PATIENT_ENDPOINTS } from './orders.ts'
import { NAMED, NOTHING } from './schemas.ts'

type Described = Omit<Endpoint<never>, 'handle'>
type Json = Record<string, unknown>
type BankProfile = App['bank']['profile']

/** Refusals that any call of this kind may meet. */
const EVERYWHERE: readonly ErrorCode[] = [
  'invalid-request',
  'unauthenticated',
  'body-too-large',
  'unsupported-media-type',
  'too-many-requests',
  'internal-error',
]
const OF_POSTS: readonly ErrorCode[] = ['idempotency-key-reused', 'request-in-progress']

const OF_CALLBACKS: readonly ErrorCode[] = [
  'forbidden',
  'body-too-large',
  'unsupported-media-type',
  'internal-error',
]

/** OpenAPI 3.1, drawn from the very schemas that check the requests. */
export function openApi(bank: BankProfile, oneCard = false): Json {
  const { schemas } = z.toJSONSchema(NAMED, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
  })
  const components = Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)]),
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'jianlian',
      version: '1',
      description: '四川省医保移动支付间联模式医院侧支付服务',
    },
    paths: pathsOf([
      ...PATIENT_ENDPOINTS.map((endpoint) => operation(endpoint, 'patient')),
      ...HIS_ENDPOINTS.map((endpoint) => operation(endpoint, 'his')),
      ...(oneCard ? oneCardOperations() : []),
      ...bankCallbacks(bank).map((call) => callback(call, bank)),
      platformCall(SETTLEMENT_NOTICE, '（中台信封；只作提示，结果以银行为准）'),
      ...HRSS_PAY_CALLS.map((call) => platformCall(call, '（SM2 签名，SM4 数据，其自身的应答）')),
      chargeNotice(),
    ]),
    components: {
      schemas: components,
      securitySchemes: {
        patient: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        his: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}

interface Operation {
  readonly path: string
  readonly method: string
  readonly value: Json
}

function pathsOf(operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {}
  for (const { path, method, value } of operations)
    paths[path] = { ...paths[path], [method]: value }
  return paths
}

function operation(endpoint: Described, caller: 'patient' | 'his'): Operation {
  const { method, path, summary } = endpoint
  const answers = Object.entries(endpoint.answers).map(([status, schema]) => [
    status,
    { description: '成功', content: { 'application/json': { schema: reference(schema) } } },
  ])
  const codes = [...endpoint.errors, ...EVERYWHERE, ...(method === 'post' ? OF_POSTS : [])]
  const value: Json = {
    summary,
    security: [{ [caller]: [] }],
    parameters: parametersOf(endpoint, caller),
    responses: traced({ ...Object.fromEntries(answers), ...refusals(codes) }),
    ...(endpoint.body !== NOTHING && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: reference(endpoint.body) } },
      },
    }),
  }
  return { path, method, value }
}

function callback({ path, summary }: BankCallback, bank: BankProfile): Operation {
  const value = {
    summary: `${summary}（银行协议自身的签名与应答）`,
    requestBody: {
      required: true,
      content: { [bank.noticeMediaType]: { schema: { type: 'object' } } },
    },
    responses: traced({ 200: { description: '签名的应答' }, ...refusals(OF_CALLBACKS) }),
  }
  return { path, method: 'post', value }
}

function platformCall(call: { path: string; summary: string }, how: string): Operation {
  const value = {
    summary: `${call.summary}${how}`,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    responses: traced({ 200: { description: '对方规定的应答' }, ...refusals(OF_CALLBACKS) }),
  }
  return { path: call.path, method: 'post', value }
}

function chargeNotice(): Operation {
  const value = {
    summary: `${CHARGE_NOTICE.summary}（签名请求；只作提示，结果以查询为准）`,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    responses: traced({
      200: { description: '签名的应答' },
      ...refusals([...OF_CALLBACKS, 'entry-closed']),
    }),
  }
  return { path: CHARGE_NOTICE.path, method: 'post', value }
}

function oneCardOperations(): Operation[] {
  const calls = ONE_CARD_ENDPOINTS.map(({ path, summary, body }) => ({
    path,
    method: 'post',
    value: {
      summary: `${summary}（一卡通平台调用；以其自身的签名、错误码与应答）`,
      requestBody: {
        required: true,
        content: { 'application/json': { schema: reference(body) } },
      },
      responses: traced({ 200: { description: 'IsSuccess、Message、ErrorCode、Data' } }),
    },
  }))
  return [...HIS_ONE_CARD.map((endpoint) => operation(endpoint, 'his')), ...calls]
}

function refusals(codes: readonly ErrorCode[]): Record<string, Json> {
  const byStatus: Record<string, string[]> = {}
  for (const code of codes) (byStatus[String(ERRORS[code][0])] ??= []).push(code)
  const schema = { $ref: '#/components/schemas/Problem' }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, of]) => [
      status,
      { description: of.join(', '), content: { 'application/problem+json': { schema } } },
    ]),
  )
}

/** What every answer carries; one that asks to wait says how long. */
function traced(responses: Record<string, Json>): Json {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      {
        ...response,
        headers: {
          'X-Trace-Id': { schema: { type: 'string' }, description: '排查问题时请提供' },
          ...(status === '429' && {
            'Retry-After': { schema: { type: 'integer' }, description: '秒' },
          }),
        },
      },
    ]),
  )
}

function reference(schema: z.ZodType): Json {
  const named = NAMED.get(schema)
  return named ? { $ref: `#/components/schemas/${named.id}` } : withoutIds(z.toJSONSchema(schema))
}

function parametersOf(endpoint: Described, caller: 'patient' | 'his'): Json[] {
  const inPath = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const query = z.toJSONSchema(endpoint.query, { io: 'input' })
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    schema,
  }))
  return [
    ...inPath,
    ...inQuery,
    ...HEADERS_OF[caller],
    ...(endpoint.method === 'post' ? [header('Idempotency-Key', '^[ -~]{1,255}$')] : []),
  ]
}

const header = (name: string, pattern: string): Json => ({
  name,
  in: 'header',
  required: false,
  schema: { type: 'string', pattern },
})

/** The signed-request form, both ways (docs/rulings.md 4): absent with `HIS_PROTECTION=bearer`. */
const HEADERS_OF: Readonly<Record<'patient' | 'his', readonly Json[]>> = {
  patient: [header('X-Device-Id', '^[A-Za-z0-9_-]{16,64}$')],
  his: [
    header('X-App-Id', '^.+$'),
    header('X-Timestamp', '^\\d{13}$'),
    header('X-Nonce', '^[A-Za-z0-9_-]{16,64}$'),
    header('X-Signature', '^[A-Za-z0-9+/=]+$'),
  ],
}

function withoutIds(schema: object): Json {
  const { $schema: _dialect, $id: _id, ...rest }: Json = { ...schema }
  return rest
}

// ---------------------------------------------------------------- the readable page

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replace(/[&<>"]/g, (found) => ESCAPES[found] ?? '')

/** One static page without scripts, fonts or pictures from anywhere. */
export function docsPage(bank: BankProfile): string {
  const callbacks = [...bankCallbacks(bank), SETTLEMENT_NOTICE, CHARGE_NOTICE, ...HRSS_PAY_CALLS]
  const calls = [...PATIENT_ENDPOINTS, ...HIS_ENDPOINTS, ...callbacks].map((call) => {
    const method = 'method' in call ? call.method.toUpperCase() : 'POST'
    return `<tr><td>${method}</td><td><code>${escape(call.path)}</code></td><td>${escape(call.summary)}</td></tr>`
  })
  const codes = Object.entries(ERRORS).map(
    ([code, [status, sentence]]) =>
      `<tr id="${code}"><td>${status}</td><td><code>${code}</code></td><td>${escape(sentence)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>jianlian 接口说明</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3rem .6rem;text-align:left}
pre{overflow:auto;background:#f4f4f4;padding:1rem}:target{background:#ffd}</style></head>
<body><h1>jianlian 接口说明</h1>
<p>完整的机器可读说明：<a href="/openapi.json">/openapi.json</a>（OpenAPI 3.1）。金额为整数分，时间为 RFC 3339 +08:00。</p>
<h2>接口</h2><table><tr><th>方法</th><th>路径</th><th>用途</th></tr>${calls.join('\n')}</table>
<h2>错误代码</h2><table><tr><th>状态</th><th>代码</th><th>说明</th></tr>${codes.join('\n')}</table>
<h2>数据结构</h2><pre>${escape(JSON.stringify(openApi(bank)['components'], null, 2))}</pre>
</body></html>`
}
