/** A patient's front end, HIS and bank, as they look from outside. */
import { SignJWT } from 'jose'
import type { App } from '../../src/app.ts'
import { HIS_TOKEN, PATIENT_SECRET, type Served } from './app.ts'

export interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed answer; members are checked by the test. */
  readonly body: Record<string, unknown>
}

export interface Said {
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Buffer
  readonly headers?: Record<string, string>
}

/** The limiter has its own tests: elsewhere it must not be in the way. */
export const UNLIMITED = {
  LIMIT_PER_IP: '9999',
  LIMIT_PER_DEVICE: '9999',
  LIMIT_PER_DEVICE_PAYING: '9999',
}

export type Ask = (method: string, path: string, said?: Said) => Promise<Heard>

export function asker(served: Served, always: Record<string, string> = {}): Ask {
  return async (method, path, { body, raw, headers = {} } = {}) => {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const type = content === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(served.url + path, {
      method,
      headers: { ...type, ...always, ...headers },
      ...(content !== undefined && { body: new Uint8Array(Buffer.from(content)) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : {},
    }
  }
}

export const DEVICE = 'device-0123456789abcdef'

export async function asPatient(
  app: App,
  served: Served,
  claims: Record<string, unknown> = {},
): Promise<Ask> {
  const token = await patientToken(app, claims)
  return asker(served, { authorization: `Bearer ${token}`, 'x-device-id': DEVICE })
}

export const asHis = (served: Served): Ask =>
  asker(served, { authorization: `Bearer ${HIS_TOKEN}` })

export const OPENING = {
  billNo: 'MZ20261120000123',
  channel: 'wechat',
  surface: 'mini-program',
  payMode: 'insurance',
}
export const SELF_PAY = { ...OPENING, payMode: 'self-pay' }

/** Opens an order. @returns its path */
export async function opened(ask: Ask, opening: object = OPENING): Promise<string> {
  const { status, body, text } = await ask('POST', '/api/orders', { body: opening })
  if (status !== 201) throw new Error(text)
  return `/api/orders/${String(body['id'])}`
}

/** A token as the hospital's online platform issues it; valid for an hour of the app's clock. */
export async function patientToken(
  app: App,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(app.clock.now() / 1_000)
  return new SignJWT({ openid: 'openid-1', patientIds: ['P1'], sub: 'user-1', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience('jianlian')
    .setExpirationTime(now + 3_600)
    .sign(Buffer.from(PATIENT_SECRET))
}
