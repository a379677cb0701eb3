/**
 * The hospital's side of the four links, written for these tests alone: SM3, SM4 and SM2 by sm-crypto,
 * bodies already canonical, so that neither the sandbox nor the service checks itself.
 */
import { createHmac } from 'node:crypto'
import { sm2, sm3, sm4 } from 'sm-crypto'
import { SM_CRYPTO } from '../../src/sandbox/crypto.ts'
import { Ledger } from '../../src/sandbox/ledger.ts'
import {
  DEFAULT_PROFILES,
  makeParameters,
  type SandboxProfiles,
} from '../../src/sandbox/parameters.ts'
import { createRegistry, type SandboxContext } from '../../src/sandbox/registry.ts'
import type { SandboxReply, SandboxRequest } from '../../src/sandbox/world.ts'

const START = Date.parse('2026-11-21T09:00:00+08:00')

export interface Stage {
  readonly context: SandboxContext
  /** Moves the sandbox's clock. */
  readonly pass: (ms: number) => void
}

export function createStage(options: { profiles?: Partial<SandboxProfiles> } = {}): Stage {
  let now = START
  let seed = 1
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const seen = new Map<string, number>()
  const count = (key: string): number => {
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    return before
  }
  const context: SandboxContext = {
    world: {
      now: () => now,
      sleep: async (ms) => {
        now += ms
      },
      random,
      ledger: new Ledger(),
      calls: [],
      timeScale: 1,
      post: async () => ({ status: 0, headers: {}, body: '' }),
      count,
    },
    registry: createRegistry(),
    parameters: makeParameters(random),
    profiles: { ...DEFAULT_PROFILES, ...options.profiles },
    crypto: SM_CRYPTO,
  }
  return {
    context,
    pass: (ms) => {
      now += ms
    },
  }
}

type Json = Record<string, unknown>

export function told(reply: SandboxReply): Extract<SandboxReply, { kind: 'answer' }> {
  if (reply.kind === 'lost') throw new Error('the answer was lost')
  return reply
}

export function bodyOf(reply: SandboxReply): Json {
  const value: Json = JSON.parse(told(reply).body)
  return value
}

/** A member that must be an object. */
export function part(value: Json, name: string): Json {
  const member = value[name]
  if (member === null || typeof member !== 'object') throw new Error(`no ${name}`)
  return Object.fromEntries(Object.entries(member))
}

const sign = (text: string, privateKey: string): string =>
  Buffer.from(sm2.doSignature(text, privateKey, { hash: true }), 'hex').toString('base64')

const verify = (text: string, signature: string, publicKey: string): boolean =>
  sm2.doVerifySignature(text, Buffer.from(signature, 'base64').toString('hex'), publicKey, {
    hash: true,
  })

// ------------------------------------------------------------------------------------- HIS

let nonces = 0

export function hisRequest(
  { context }: Stage,
  asked: { method: string; path: string; body?: Json; nonce?: string; timestamp?: number },
): SandboxRequest {
  const { his } = context.parameters
  const body = asked.body ? JSON.stringify(asked.body) : ''
  const timestamp = String(asked.timestamp ?? context.world.now())
  nonces += 1
  const nonce = asked.nonce ?? `nonce-for-tests-${nonces}`
  const lines = [asked.method, `/his${asked.path}`, timestamp, nonce, sm3(body)]
  const headers = {
    authorization: `Bearer ${his.token}`,
    'content-type': 'application/json',
    'x-app-id': his.appId,
    'x-timestamp': timestamp,
    'x-nonce': nonce,
    'x-signature': sign(lines.map((line) => `${line}\n`).join(''), his.hospital.privateKeyHex),
  }
  return { method: asked.method, path: asked.path, headers, body: Buffer.from(body) }
}

export function isSignedByHis(
  { context }: Stage,
  request: SandboxRequest,
  reply: SandboxReply,
): boolean {
  const { status, body, headers = {} } = told(reply)
  const { his } = context.parameters
  const lines = [
    String(status),
    request.headers['x-nonce'],
    headers['x-timestamp'],
    headers['x-nonce'],
    sm3(body),
  ]
  const text = lines.map((line) => `${line}\n`).join('')
  return (
    headers['x-app-id'] === his.hisAppId &&
    verify(text, headers['x-signature'] ?? '', his.his.publicKeyHex)
  )
}

export function reveal({ context }: Stage, sealed: unknown): string {
  const match = /^sm4:(.+)$/.exec(String(sealed))
  const bytes = Buffer.from(match?.[1] ?? '', 'base64')
  return sm4.decrypt(bytes.subarray(16).toString('hex'), context.parameters.his.sm4KeyHex, {
    mode: 'cbc',
    iv: bytes.subarray(0, 16).toString('hex'),
  })
}

// ---------------------------------------------------------------------------------- WeChat

/** What the phone does when the patient consents. */
export function consent({ context }: Stage, billNo: string, authCode = `code-${billNo}`): string {
  const made = { authCode, billNo, openid: 'openid-1', used: false, payAuthNo: null }
  context.registry.authCodes.set(authCode, made)
  return authCode
}

export function wechatRequest(
  { context }: Stage,
  asked: { qrcode: string; openid?: string; timestamp?: number; secret?: string },
): SandboxRequest {
  const { partnerId, partnerSecret } = context.parameters.wechat
  const timestamp = String(asked.timestamp ?? context.world.now())
  const hmac = createHmac('sha256', asked.secret ?? partnerSecret)
  const headers = {
    'content-type': 'application/json',
    'god-portal-timestamp': timestamp,
    'god-portal-signature': hmac.update(`${partnerId}${timestamp}`).digest('hex'),
    'god-portal-request-id': '0123456789abcdef0123456789abcdef',
  }
  const body = Buffer.from(
    JSON.stringify({ qrcode: asked.qrcode, openid: asked.openid ?? 'openid-1' }),
  )
  const path = `/api/mipuserquery/userQuery/${partnerId}`
  return { method: 'POST', path, headers, body }
}

// ------------------------------------------------------------------------------- insurance

let serial = 0

const clockText = (at: number): string =>
  new Date(at + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')

export function insuranceRequest(
  { context }: Stage,
  asked: { infno: string; input: Json; signNo?: string; change?: Json },
  headers: Record<string, string> = {},
): SandboxRequest {
  const { insurance } = context.parameters
  const time = clockText(context.world.now())
  serial += 1
  const sequence = String(serial).padStart(4, '0')
  const envelope = {
    infno: asked.infno,
    msgid: `${insurance.orgCodg}${time.replace(/\D/g, '')}${sequence}`,
    mdtrtarea_admvs: insurance.mdtrtareaAdmvs,
    recer_sys_code: insurance.recerSysCode,
    cainfo: '',
    infver: 'V1.0',
    opter_type: '3',
    opter: insurance.operator,
    opter_name: insurance.operatorName,
    inf_time: time,
    fixmedins_code: insurance.orgCodg,
    fixmedins_name: insurance.orgName,
    sign_no: asked.signNo ?? '',
    input: asked.input,
    ...asked.change,
  }
  return {
    method: 'POST',
    path: `/fsi/api/rsfComIfsService/callService/${asked.infno}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(envelope)),
  }
}

export const signInInput = ({ context }: Stage): Json => ({
  signIn: {
    opter_no: context.parameters.insurance.operator,
    mac: '00:00:00:00:00:00',
    ip: '10.0.0.8',
  },
})

export const personInput = (payAuthNo: string): Json => ({
  data: { mdtrt_cert_type: '01', mdtrt_cert_no: payAuthNo },
})

// ---------------------------------------------------------------------------- mid-platform

const toHex = (text: string): string => Buffer.from(text, 'utf8').toString('hex')

function sm4Key({ context }: Stage): string {
  const { appId, appSecret } = context.parameters.midPlatform
  const sealed = sm4.encrypt(appSecret, toHex(appId.slice(0, 16)))
  return toHex(sealed.toUpperCase().slice(0, 16))
}

/** Keys ordinal, leaves strings, nothing empty: `data` as it stands is its canonical form. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function midPlatformRequest(
  stage: Stage,
  name: string,
  data: Json,
): SandboxRequest & { readonly envelope: Record<string, string> } {
  const { appId, appSecret, hospital } = stage.context.parameters.midPlatform
  const plain = JSON.stringify(sorted(data))
  const timestamp = clockText(stage.context.world.now()).replace(/\D/g, '')
  const text = `appId=${appId}&data=${plain}&encType=SM4&signType=SM2&timestamp=${timestamp}&version=2.0.1&key=${appSecret}`
  const envelope = {
    appId,
    encType: 'SM4',
    signType: 'SM2',
    version: '2.0.1',
    timestamp,
    encData: sm4.encrypt(plain, sm4Key(stage)).toUpperCase(),
    signData: sign(text, hospital.privateKeyHex),
  }
  const headers = { 'content-type': 'application/json' }
  const path = `/org/local/api/hos/${name}`
  return { method: 'POST', path, headers, body: Buffer.from(JSON.stringify(envelope)), envelope }
}

/** Decrypts and verifies an answer with the platform's key. */
export function openAnswer(stage: Stage, reply: SandboxReply): Json {
  const { appSecret, platform } = stage.context.parameters.midPlatform
  const answer = bodyOf(reply)
  const data: Json = JSON.parse(sm4.decrypt(String(answer['encData']), sm4Key(stage)))
  const signed: Json = { ...answer, data: JSON.stringify(sorted(data)) }
  delete signed['encData']
  delete signed['signData']
  const pairs = Object.entries(signed).map(([key, value]) => `${key}=${String(value)}&`)
  const text = `${pairs.toSorted().join('')}key=${appSecret}`
  if (!verify(text, String(answer['signData']), platform.publicKeyHex))
    throw new Error('the answer is not signed by the platform')
  return data
}
