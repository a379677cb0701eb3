/**
 * Alipay's open platform gateway: what it refuses before a method runs, and how it signs
 * (upstreams/alipay/README.md 1).
 */
import { NodeRSA } from 'node-rsa'
import { timeOf } from './answers.ts'
import type { AlipayParameters, RsaKeyPair } from './parameters.ts'
import type { SandboxContext } from './registry.ts'
import type { SandboxReply, SandboxRequest } from './world.ts'

const WINDOW_MS = 15 * 60_000
const COMMON = [
  'app_id',
  'method',
  'format',
  'charset',
  'sign_type',
  'sign',
  'timestamp',
  'version',
]

/** Members of the answer, or the gateway's refusal; `lost` says that it must not arrive. */
export type Handled = Record<string, unknown> | 'lost'

export interface Method {
  /** Parameters beside the common ones; everything else is refused. */
  readonly parameters: readonly string[]
  readonly handle: (parameters: ReadonlyMap<string, string>) => Handled
}

export const refusal = (code: string, subCode: string, subMessage: string) => ({
  code,
  msg: code === '40004' ? 'Business Failed' : 'Invalid Arguments',
  sub_code: subCode,
  sub_msg: subMessage,
})

/** @throws Error when the test pack was made without Alipay. */
export function alipayOf({ parameters }: SandboxContext): AlipayParameters {
  const { alipay } = parameters
  if (!alipay) throw new Error('Alipay is not opened: makeParameters(random, {alipay: true})')
  return alipay
}

export function createGateway(context: SandboxContext, methods: Readonly<Record<string, Method>>) {
  return (request: SandboxRequest): SandboxReply => {
    const form = new Map(new URLSearchParams(request.body.toString('utf8')))
    const name = form.get('method') ?? ''
    const method = methods[name]
    const fault = method
      ? distrust(context, request, method)
      : refuse('isv.invalid-method', 'method')
    if (fault || !method) return answer(context, 'error_response', fault ?? {})
    const handled = method.handle(form)
    if (handled === 'lost') return { kind: 'lost' }
    return answer(context, `${name.replaceAll('.', '_')}_response`, handled)
  }
}

const refuse = (subCode: string, what: string) => refusal('40002', subCode, `${what} 不正确`)

function distrust(
  context: SandboxContext,
  request: SandboxRequest,
  method: Method,
): Record<string, unknown> | null {
  const type = request.headers['content-type'] ?? ''
  if (request.method !== 'POST' || !type.startsWith('application/x-www-form-urlencoded'))
    return refuse('isv.invalid-request', '请求方式')
  const pairs = [...new URLSearchParams(request.body.toString('utf8'))]
  const form = new Map(pairs)
  if (form.size !== pairs.length) return refuse('isv.invalid-parameter', '参数名')
  const known = new Set([...COMMON, ...method.parameters])
  const odd = [...form.keys()].find((name) => !known.has(name))
  if (odd !== undefined) return refuse('isv.invalid-parameter', odd)
  const missing = [...known].find((name) => !form.get(name))
  if (missing !== undefined) return refusal('40001', `isv.missing-${missing}`, `缺少 ${missing}`)
  const alipay = alipayOf(context)
  if (form.get('app_id') !== alipay.appId) return refuse('isv.invalid-app-id', 'app_id')
  const fixed = { format: 'JSON', charset: 'utf-8', sign_type: 'RSA2', version: '1.0' }
  const wrong = Object.entries(fixed).find(([name, value]) => form.get(name) !== value)
  if (wrong) return refuse(`isv.invalid-${wrong[0]}`, wrong[0])
  const age = Math.abs(context.world.now() - timeOf(form.get('timestamp') ?? ''))
  if (!(age <= WINDOW_MS)) return refuse('isv.invalid-timestamp', 'timestamp')
  return isSignedBy(alipay.hospital, form) ? null : refuse('isv.invalid-signature', 'sign')
}

function isSignedBy(pair: RsaKeyPair, form: ReadonlyMap<string, string>): boolean {
  const text = [...form]
    .filter(([name]) => name !== 'sign')
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&')
  const key = new NodeRSA(pair.publicKeyPem, 'pkcs8-public-pem')
  key.setOptions({ signingScheme: 'pkcs1-sha256' })
  return key.verify(Buffer.from(text), Buffer.from(form.get('sign') ?? '', 'base64'))
}

function answer(
  context: SandboxContext,
  member: string,
  content: Record<string, unknown>,
): SandboxReply {
  const raw = JSON.stringify(content)
  const key = new NodeRSA(alipayOf(context).alipay.privateKeyPem, 'pkcs8-private-pem')
  key.setOptions({ signingScheme: 'pkcs1-sha256' })
  const sign = key.sign(Buffer.from(raw), 'base64')
  return {
    kind: 'answer',
    status: 200,
    contentType: 'text/html;charset=utf-8',
    body: `{"${member}":${raw},"sign":"${sign}"}`,
  }
}
