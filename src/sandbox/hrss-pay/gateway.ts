/** Signatures, SM4 data and the two envelopes of the pretend platform (upstreams/hrss-pay/README.md 2). */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { digits, header, json, parseObject, type Told } from '../answers.ts'
import { fromDer, toDer } from '../crypto.ts'
import type { SandboxContext } from '../registry.ts'
import type { SandboxRequest } from '../world.ts'
import type { GatewayCode } from './scenario.ts'
import { BIZ_CONTENT, FORM } from './schemas.ts'

const USER_ID = '1234567812345678'

export interface Believed {
  readonly aaz001: string
  readonly content: Record<string, unknown>
}

export interface Gateway {
  /** What was asked, or the code that says why it is not believed. */
  readonly open: (request: SandboxRequest) => Believed | { readonly code: string[] }
  readonly refuse: (code: Pick<GatewayCode, 'code' | 'msg' | 'subCode' | 'subMsg'>) => Told
  readonly answer: (aaz001: string, told: Business) => Told
  readonly encrypt: (text: string) => string
  readonly decrypt: (data: string) => string | null
  readonly sign: (fields: Readonly<Record<string, string>>) => string
}

export interface Business {
  readonly content: Readonly<Record<string, unknown>> | null
  /** Why the business says no; then there is no content. */
  readonly no?: string
  /** How the answer is spoilt. */
  readonly spoilt?: 'key' | 'serial'
}

const SERVER_KEY = Buffer.from('ffffffffffffffffffffffffffffffff', 'hex')

export function createGateway(context: SandboxContext): Gateway {
  const { world, parameters, crypto } = context
  const { hrssPay } = parameters
  const key = Buffer.from(hrssPay.sm4KeyHex, 'hex')
  const seen = new Set<string>()
  const verify = (fields: Readonly<Record<string, string>>, sign: string): boolean => {
    const bytes = Buffer.from(sign, 'base64')
    const raw = bytes.length === 64 ? bytes : fromDer(bytes)
    const check = { publicKeyHex: hrssPay.hospital.publicKeyHex, userId: USER_ID }
    return raw !== null && crypto.sm2Verify(source(fields), raw, check)
  }
  return {
    open: (request) => opened(request, { hrssPay, verify, key, seen }),
    refuse: ({ code, msg, subCode, subMsg }) =>
      json(200, { code, msg, sub_code: subCode, sub_msg: subMsg }),
    answer: (aaz001, { content, no, spoilt }) =>
      json(200, {
        code: '1',
        msg: '成功',
        sub_code: '',
        sub_msg: '',
        biz_data: {
          code: no === undefined ? '1' : '0',
          message: no ?? '',
          appid: hrssPay.appId,
          aaz001: spoilt === 'serial' ? `${aaz001.slice(0, -1)}x` : aaz001,
          aaz002: digits(world, 20),
          ...(content !== null && {
            data: encrypt(spoilt === 'key' ? SERVER_KEY : key, JSON.stringify(content)),
          }),
        },
      }),
    encrypt: (text) => encrypt(key, text),
    decrypt: (data) => decrypt(key, data),
    sign: (fields) =>
      toDer(crypto.sm2Sign(source(fields), hrssPay.platform.privateKeyHex, USER_ID)).toString(
        'base64',
      ),
  }
}

interface Door {
  readonly hrssPay: SandboxContext['parameters']['hrssPay']
  readonly verify: (fields: Readonly<Record<string, string>>, sign: string) => boolean
  readonly key: Buffer
  readonly seen: Set<string>
}

function opened(
  request: SandboxRequest,
  { hrssPay, verify, key, seen }: Door,
): Believed | { code: string[] } {
  const type = header(request, 'content-type')
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return { code: ['S02', 'content-type'] }
  const given = Object.fromEntries(new URLSearchParams(request.body.toString('utf8')))
  const form = FORM.safeParse(given)
  if (!form.success) return { code: ['S01', form.error.issues[0]?.path.join('.') ?? ''] }
  const { sign, ...fields } = form.data
  if (fields.access_key !== hrssPay.accessKey) return { code: ['S08', ''] }
  const { sign: _sign, ...asSent } = given
  if (!verify(asSent, sign)) return { code: ['S10', ''] }
  const biz = BIZ_CONTENT.safeParse(parseObject(fields.biz_content))
  if (!biz.success || biz.data.appid !== hrssPay.appId) return { code: ['S02', 'biz_content'] }
  if (seen.has(biz.data.aaz001)) return { code: ['S02', 'aaz001'] }
  seen.add(biz.data.aaz001)
  const content = parseObject(decrypt(key, biz.data.data) ?? '')
  return content === null ? { code: ['S02', 'data'] } : { aaz001: biz.data.aaz001, content }
}

/** Non-empty fields in ASCII order, as they are. */
const source = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(
    Object.keys(fields)
      .filter((name) => fields[name] !== '')
      .toSorted()
      .map((name) => `${name}=${fields[name] ?? ''}`)
      .join('&'),
  )

function encrypt(key: Buffer, text: string): string {
  const cipher = createCipheriv('sm4-ecb', key, null)
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64')
}

function decrypt(key: Buffer, data: string): string | null {
  try {
    const decipher = createDecipheriv('sm4-ecb', key, null)
    return decipher.update(data, 'base64', 'utf8') + decipher.final('utf8')
  } catch {
    return null
  }
}
