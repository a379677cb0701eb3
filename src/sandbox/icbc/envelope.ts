/** The gateway's envelope: form post in, signed JSON out (upstreams/icbc/README.md 1.1 to 1.5). */
import type { SandboxContext } from '../registry.ts'
import { shanghai } from '../shanghai.ts'
import type { SandboxReply, SandboxRequest } from '../world.ts'
import type { GatewaySigning } from './signing.ts'

/** A believed request: signature, time, number and cipher were checked. */
export interface GatewayCall {
  /** Below the prefix, `/api/.../V1`. */
  readonly api: string
  readonly msgId: string
  readonly encrypted: boolean
  /** biz_content in clear: JSON text parsed, of any shape. */
  readonly content: unknown
}

/** `code` as on the wire: a number where the gateway itself refuses, text where leading zeros matter. */
export interface Refusal {
  readonly refusal: true
  readonly code: number | string
  readonly message: string
}

export function refuse(code: number | string, message: string): Refusal {
  return { refusal: true, code, message }
}

export function isRefusal(value: object): value is Refusal {
  return 'refusal' in value
}

/** The limit is not published (400011 "不在限定差值以内"); ten minutes is the sandbox's choice. */
const CLOCK_SKEW_MS = 600_000

/** The common parameters; `sign` has outgrown its 300 (upstreams/icbc/README.md 1.2). */
const COMMON: Record<string, number> = {
  app_id: 20,
  msg_id: 40,
  format: 5,
  charset: 10,
  encrypt_type: 5,
  sign_type: 10,
  sign: 1024,
  timestamp: 19,
  ca: 2048,
  biz_content: 1_000_000,
  app_auth_token: 100,
}

/** `<path>?k=v&…`: no `sign`, nothing empty, ASCII order (upstreams/icbc/README.md 1.3). */
export function signedText(path: string, form: Record<string, string>): string {
  const pairs = Object.keys(form)
    .filter((name) => name !== 'sign' && name !== '' && form[name] !== '')
    .sort()
    .map((name) => `${name}=${form[name] ?? ''}`)
  return `${path}?${pairs.join('&')}`
}

/** @returns null for a repeated name, which no honest client sends. */
function parseForm(body: Buffer): Record<string, string> | null {
  const parameters = new URLSearchParams(body.toString('utf8'))
  const form = Object.fromEntries(parameters)
  return Object.keys(form).length === [...parameters].length ? form : null
}

/** Checks one request in the gateway's order: shape, application, signature, clock, number, cipher. */
export function createGateway(context: SandboxContext, signing: GatewaySigning, prefix: string) {
  const seen = new Set<string>()
  return (request: SandboxRequest): GatewayCall | Refusal => {
    const form = readForm(request)
    if (isRefusal(form)) return form
    if (form.get('app_id') !== context.parameters.icbc.appId)
      return refuse(400011, '参数非法：app id 不存在')
    if ((form.get('sign_type') ?? 'RSA') !== signing.appSignType)
      return refuse(400017, `签名验证失败：登记的签名类型为 ${signing.appSignType}`)
    const text = signedText(prefix + request.path, Object.fromEntries(form))
    if (!signing.verifyApp(text, form.get('sign') ?? '')) return refuse(400017, '签名验证失败')
    const at = shanghai.parseSpaced(form.get('timestamp') ?? '')
    if (at === null) return refuse(400011, '参数非法：时间戳非法')
    if (Math.abs(context.world.now() - at) > CLOCK_SKEW_MS)
      return refuse(400011, '参数非法：系统时间不在限定差值以内')
    const msgId = form.get('msg_id') ?? ''
    if (seen.has(msgId)) return refuse(400011, '参数非法：msg_id 重复')
    seen.add(msgId)
    const content = readContent(form, context, signing)
    if ('refusal' in content) return content
    return {
      api: request.path,
      msgId,
      encrypted: form.has('encrypt_type'),
      content: content.value,
    }
  }
}

function readForm(request: SandboxRequest): Map<string, string> | Refusal {
  const type = request.headers['content-type'] ?? ''
  if (request.method !== 'POST' || !/^application\/x-www-form-urlencoded\b/i.test(type))
    return refuse(500020, '非法调用：须以 POST 表单提交')
  if (request.path.includes('?')) return refuse(500020, '非法调用：参数须在报文体中')
  const form = parseForm(request.body)
  if (form === null) return refuse(400011, '参数非法：参数名重复')
  for (const [name, value] of Object.entries(form)) {
    const limit = COMMON[name]
    if (limit === undefined) return refuse(400011, `参数非法：${name} 未知`)
    if (value.length > limit) return refuse(400011, `参数非法：${name} 过长`)
  }
  for (const name of ['app_id', 'msg_id', 'sign', 'timestamp', 'biz_content'])
    if (!form[name]) return refuse(400011, `参数非法：${name} 为空`)
  if ((form['format'] ?? 'json') !== 'json') return refuse(400011, '参数非法：format')
  if (!/^utf-8$/i.test(form['charset'] ?? 'UTF-8')) return refuse(400011, '参数非法：charset')
  return new Map(Object.entries(form))
}

function readContent(
  form: Map<string, string>,
  context: SandboxContext,
  signing: GatewaySigning,
): { value: unknown } | Refusal {
  const raw = form.get('biz_content') ?? ''
  const type = form.get('encrypt_type')
  if (type !== undefined && type !== context.profiles.icbc.encryptType)
    return refuse(400011, `参数非法：encrypt_type 登记为 ${context.profiles.icbc.encryptType}`)
  const text = type === undefined ? raw : signing.decrypt(raw)
  if (text === null) return refuse(400011, '参数非法：biz_content 解密失败')
  try {
    return { value: JSON.parse(text) }
  } catch {
    return refuse(400011, '参数非法：biz_content 不是 JSON')
  }
}

/** The answer: response_biz_content first, then sign over its raw text, quotes included when encrypted. */
export function answer(
  signing: GatewaySigning,
  fields: Record<string, unknown>,
  options: { encrypted: boolean; badSignature?: boolean; delayMs?: number },
): SandboxReply {
  const clear = JSON.stringify(fields)
  const raw = options.encrypted ? `"${signing.encrypt(clear)}"` : clear
  const sign = signing.signAnswer(options.badSignature ? `${raw} ` : raw)
  return {
    kind: 'answer',
    status: 200,
    contentType: 'application/json;charset=UTF-8',
    body: `{"response_biz_content":${raw},"sign":"${sign}"}`,
    delayMs: options.delayMs ?? 0,
  }
}
