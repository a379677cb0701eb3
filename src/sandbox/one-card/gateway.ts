/** The platform's door: who may call what, signatures both ways, SM4 (upstreams/one-card/README.md 2, 3). */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { hex } from '../answers.ts'
import type { SandboxRequest, World } from '../world.ts'
import type { OneCardParameters } from './parameters.ts'

const WINDOW_MS = 5 * 60_000
const BLOCK = 16
const PERSONAL = ['name', 'idNo', 'cardNo', 'phone', 'socialSecurityNo']

export type Refusal = readonly [code: string, message: string]

export interface Gateway {
  /** The service that was called, or the first thing that is wrong with the call. */
  readonly enter: (request: SandboxRequest) => string | Refusal
  readonly open: (body: Buffer) => Record<string, unknown> | null
  readonly seal: (data: unknown) => unknown
  /** Headers and body of a call of the platform's own. */
  readonly call: (
    service: string,
    content: unknown,
    forged?: boolean,
  ) => { headers: Record<string, string>; body: string }
}

interface Door {
  readonly world: World
  readonly parameters: OneCardParameters
  readonly seen: Set<string>
}

export function createGateway(world: World, parameters: OneCardParameters): Gateway {
  const door: Door = { world, parameters, seen: new Set() }
  const cipher = createCipher(door)
  return {
    ...cipher,
    enter: (request) => enter(door, request),
    call: (service, content, forged = false) => {
      const sealed = cipher.seal(content)
      const whole = parameters.profile.sm4Scope === 'data'
      const body = JSON.stringify(whole ? { data: sealed } : sealed)
      const headers = ownHeaders(door, parameters.services[service] ?? '', body)
      return { headers, body: forged ? `${body} ` : body }
    },
  }
}

const sign = (pairs: Readonly<Record<string, string>>, key: string): string =>
  createHmac('sha1', key)
    .update(
      Object.keys(pairs)
        .toSorted()
        .map((name) => `${name}=${pairs[name]}`)
        .join('&'),
    )
    .digest('base64')

const PROTOCOL = 'http'

/** What is signed, by name: the document's three headers and those that its errors demand. */
function signedPairs(
  { parameters: { profile } }: Door,
  from: { header: (name: string) => string; body: Buffer | string },
): Record<string, string> {
  const { header, body } = from
  const names =
    profile.signature === 'csb'
      ? ['_api_access_key', '_api_name', '_api_timestamp', '_api_version']
      : [
          'powerdtp-account',
          'powerdtp-ak',
          'powerdtp-app',
          'powerdtp-interface-service',
          'powerdtp-node-endpoint',
          'powerdtp-protocol',
          'powerdtp-timestamp',
        ]
  return {
    ...Object.fromEntries(names.map((name) => [name, header(name)])),
    ...(profile.bodyHash && { bodyHash: createHash('sha256').update(body).digest('hex') }),
  }
}

function enter(door: Door, { headers, body }: SandboxRequest): string | Refusal {
  const { parameters, world, seen } = door
  const csb = parameters.profile.signature === 'csb'
  const header = (name: string): string => headers[name] ?? ''
  const ak = header(csb ? '_api_access_key' : 'powerdtp-ak')
  const signature = header(csb ? '_api_signature' : 'powerdtp-sign')
  const timestamp = header(csb ? '_api_timestamp' : 'powerdtp-timestamp')
  const number = header('powerdtp-interface-service')
  if (!csb && header('powerdtp-account') === '') return ['95270711', '获取不到平台账户!']
  if (ak === '') return ['95270712', '获取不到平台AK!']
  if (signature === '') return ['95270714', '获取不到签名!']
  if (timestamp === '') return ['95270715', '获取不到时间戳!']
  if (header('powerdtp-app') === '') return ['95270718', '获取不到系统编码!']
  if (header('powerdtp-node-endpoint') === '') return ['95270719', '获取不到节点端点!']
  if (!csb && header('powerdtp-protocol') === '') return ['95270720', '获取不到调用协议!']
  if (header('powerdtp-app') !== parameters.app) return ['95270721', '系统编码错误!']
  if (header('powerdtp-node-endpoint') !== parameters.node) return ['95270722', '节点编码错误!']
  if (!csb && header('powerdtp-protocol') !== PROTOCOL) return ['95270723', '调用协议错误!']
  if (ak !== parameters.accessKey) return ['95270713', '平台账户或AK错误!']
  if (!csb && header('powerdtp-account') !== parameters.account)
    return ['95270713', '平台账户或AK错误!']
  const service = Object.entries(parameters.services).find(([, known]) => known === number)?.[0]
  if (service === undefined || (csb && header('_api_name') !== number))
    return ['95270727', '接口编码错误!']
  if (!/^\d{13}$/.test(timestamp)) return ['95270717', '时间戳错误!']
  if (Math.abs(world.now() - Number(timestamp)) > WINDOW_MS) return ['95279401', '签名时间戳超时!']
  if (sign(signedPairs(door, { header, body }), parameters.secretKey) !== signature)
    return ['95270716', '数字签名错误!']
  if (seen.has(`${timestamp}${signature}`)) return ['95279401', '重复的请求!']
  seen.add(`${timestamp}${signature}`)
  return service
}

function ownHeaders(door: Door, number: string, body: string): Record<string, string> {
  const { parameters, world } = door
  const timestamp = String(world.now())
  const key = parameters.theirAccessKey
  const table1 = {
    'powerdtp-app': parameters.app,
    'powerdtp-node-endpoint': parameters.node,
    'powerdtp-interface-service': number,
  }
  const csb = parameters.profile.signature === 'csb'
  const others: Record<string, string> = csb
    ? {
        _api_access_key: key,
        _api_name: number,
        _api_timestamp: timestamp,
        _api_version: '1.0.0',
      }
    : {
        'powerdtp-account': parameters.account,
        'powerdtp-ak': key,
        'powerdtp-timestamp': timestamp,
        'powerdtp-protocol': PROTOCOL,
      }
  const headers: Record<string, string> = { ...table1, ...others }
  const pairs = signedPairs(door, { header: (name) => headers[name] ?? '', body })
  const signature = sign(pairs, parameters.theirSecretKey)
  return {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
    [csb ? '_api_signature' : 'powerdtp-sign']: signature,
  }
}

function createCipher({ world, parameters }: Door): Pick<Gateway, 'open' | 'seal'> {
  const key = Buffer.from(parameters.sm4KeyHex, 'hex')
  const { sm4Mode, sm4Scope } = parameters.profile
  const conceal = (text: string): string => {
    const iv = sm4Mode === 'cbc' ? Buffer.from(hex(world, 2 * BLOCK), 'hex') : Buffer.alloc(0)
    const cipher = createCipheriv(`sm4-${sm4Mode}`, key, sm4Mode === 'cbc' ? iv : null)
    return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64')
  }
  const reveal = (text: string): string => {
    const bytes = Buffer.from(text, 'base64')
    const at = sm4Mode === 'cbc' ? BLOCK : 0
    const iv = sm4Mode === 'cbc' ? bytes.subarray(0, at) : null
    const decipher = createDecipheriv(`sm4-${sm4Mode}`, key, iv)
    const clear = Buffer.concat([decipher.update(bytes.subarray(at)), decipher.final()])
    return new TextDecoder('utf-8', { fatal: true }).decode(clear)
  }
  return {
    seal: (data) => (sm4Scope === 'data' ? conceal(JSON.stringify(data)) : personal(data, conceal)),
    open: (body) => {
      try {
        const sent: unknown = JSON.parse(body.toString('utf8'))
        if (sm4Scope === 'field') return members(personal(sent, reveal))
        return members(JSON.parse(reveal(String(members(sent)?.['data']))))
      } catch {
        return null
      }
    },
  }
}

const members = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : null

function personal(value: unknown, change: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => personal(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      PERSONAL.includes(name) && typeof member === 'string'
        ? change(member)
        : personal(member, change),
    ]),
  )
}
