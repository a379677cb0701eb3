/** A small hospital written only for these tests: signs, encrypts, listens, acknowledges. */
import { createCipheriv, createDecipheriv, createSign, createVerify } from 'node:crypto'
import { createServer } from 'node:http'
import { sm2PrivateKey, sm2PublicKey, sm2Signer, sm2Verifier } from '../../src/crypto/sm2.ts'
import type { SandboxParameters, SandboxProfiles } from '../../src/sandbox/parameters.ts'
import type { Sandbox } from '../../src/sandbox/server.ts'

export type Fields = Record<string, unknown>

export const B2C = '/api/cardbusiness/aggregatepay/b2c/online'
export const MIX = '/api/mybank/medical/mixorder'

export interface Answered {
  readonly status: number
  readonly verified: boolean
  readonly fields: Fields
}

interface CallOptions {
  readonly encrypted?: boolean
  /** Overrides common parameters before signing. */
  readonly form?: Record<string, string>
  /** Overrides after signing: what a thief on the wire could change. */
  readonly tampered?: Record<string, string>
}

export function createClient(
  sandbox: Sandbox,
  { parameters, profiles }: { parameters: SandboxParameters; profiles: SandboxProfiles },
) {
  const { icbc } = parameters
  const profile = profiles.icbc
  const keys = signing(parameters, profiles)
  const cipher = cipherOf(parameters, profiles)
  let sequence = 0

  const call = async (
    path: string,
    content: Fields,
    options: CallOptions = {},
  ): Promise<Answered> => {
    const api = `/icbc${path}`
    const encrypted = options.encrypted ?? path.startsWith(MIX)
    sequence += 1
    const text = JSON.stringify(content)
    const form: Record<string, string> = {
      app_id: icbc.appId,
      msg_id: `msg${Date.now()}${sequence}`,
      format: 'json',
      charset: 'UTF-8',
      sign_type: profile.signType,
      timestamp: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' '),
      biz_content: encrypted ? cipher.encrypt(text) : text,
      ...(encrypted ? { encrypt_type: profile.encryptType } : {}),
      ...options.form,
    }
    const sign = keys.sign(`${api}?${sorted(form)}`)
    const response = await fetch(sandbox.url + api, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      body: new URLSearchParams({ ...form, sign, ...options.tampered }).toString(),
    })
    return readAnswer(response.status, await response.text(), { keys, cipher })
  }

  return {
    call,
    keys,
    cipher,
    icbc,
    post: (path: string, body: unknown) => post(sandbox, path, body),
  }
}

export type Client = ReturnType<typeof createClient>

function sorted(form: Record<string, string>): string {
  return Object.keys(form)
    .filter((name) => name !== 'sign' && form[name] !== '')
    .sort()
    .map((name) => `${name}=${form[name] ?? ''}`)
    .join('&')
}

function readAnswer(
  status: number,
  body: string,
  { keys, cipher }: Pick<Client, 'keys' | 'cipher'>,
): Answered {
  const head = '{"response_biz_content":'
  const end = body.lastIndexOf(',"sign":"')
  if (!body.startsWith(head) || end < 0) return { status, verified: false, fields: {} }
  const raw = body.slice(head.length, end)
  const verified = keys.verify(raw, body.slice(end + 9, -2))
  const fields = JSON.parse(raw.startsWith('"') ? cipher.decrypt(raw.slice(1, -1)) : raw)
  return { status, verified, fields }
}

function signing({ icbc }: SandboxParameters, { icbc: profile }: SandboxProfiles) {
  if (profile.signType === 'SM2') {
    const options = { userId: profile.sm2UserId, encoding: profile.sm2Encoding }
    const sign = sm2Signer(sm2PrivateKey({ hex: icbc.app.sm2.privateKeyHex }), options)
    const verify = sm2Verifier(sm2PublicKey({ hex: icbc.gateway.sm2.publicKeyHex }), options)
    return {
      sign: (text: string) => sign(text).toString('base64'),
      verify: (text: string, signature: string) => verify(text, Buffer.from(signature, 'base64')),
    }
  }
  const own = icbc.app.rsa?.privateKeyPem ?? ''
  const theirs = icbc.gateway.rsa?.publicKeyPem ?? ''
  return {
    sign: (text: string) => createSign('RSA-SHA256').update(text).sign(own, 'base64'),
    verify: (text: string, signature: string) =>
      createVerify(profile.gatewaySignAlg === 'SHA256' ? 'RSA-SHA256' : 'RSA-SHA1')
        .update(text)
        .verify(theirs, signature, 'base64'),
  }
}

function cipherOf({ icbc }: SandboxParameters, { icbc: profile }: SandboxProfiles) {
  const sm4 = profile.encryptType === 'SM4'
  const name = sm4 ? 'sm4-cbc' : 'aes-128-cbc'
  const key = sm4 ? Buffer.from(icbc.sm4KeyHex, 'hex') : Buffer.from(icbc.aesKeyBase64, 'base64')
  const zero = Buffer.alloc(16)
  return {
    encrypt: (text: string): string => {
      const cipher = createCipheriv(name, key, zero)
      return cipher.update(text, 'utf8', 'base64') + cipher.final('base64')
    },
    decrypt: (base64: string): string => {
      const decipher = createDecipheriv(name, key, zero)
      return decipher.update(base64, 'base64', 'utf8') + decipher.final('utf8')
    },
  }
}

async function post(
  sandbox: Sandbox,
  path: string,
  body: unknown,
): Promise<{ status: number; body: Fields }> {
  const response = await fetch(sandbox.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answered: Fields = JSON.parse(await response.text())
  return { status: response.status, body: answered }
}

export interface Heard {
  readonly path: string
  readonly verified: boolean
  readonly fields: Fields
}

/** Listens for callbacks, verifies them and acknowledges; `answer` may spoil the acknowledgement. */
export async function listenForCallbacks(
  client: Client,
  answer: (right: string, heard: Heard) => string = (right) => right,
) {
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
      const path = request.url ?? ''
      const verified = client.keys.verify(`${path}?${sorted(form)}`, form['sign'] ?? '')
      const sealed = form['encrypt_type'] !== undefined
      const text = form['biz_content'] ?? ''
      const fields: Fields = JSON.parse(sealed ? client.cipher.decrypt(text) : text)
      const one = { path, verified, fields }
      heard.push(one)
      const content = `{"return_code":0,"return_msg":"success","msg_id":"${String(fields['msg_id'])}"}`
      const value = sealed ? `"${client.cipher.encrypt(content)}"` : content
      const signed = `"response_biz_content":${value},"sign_type":"${signType}"`
      const body = `{${signed},"sign":"${client.keys.sign(signed)}"}`
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      response.end(answer(body, one))
    })
  })
  let signType = 'SM2'
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve()
    })
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    heard,
    url: `http://127.0.0.1:${port}`,
    registeredAs: (type: string) => {
      signType = type
    },
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
