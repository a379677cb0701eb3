/** HIS as the service hears it: its token, and every request signed (upstreams/his/README.md 2). */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { sm2PrivateKey, sm2Signer } from '../../src/crypto/sm2.ts'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { signRequest } from '../../src/upstreams/signed-request.ts'

export interface Told {
  readonly status: number
  readonly body: Record<string, unknown>
}

export type HisCall = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Told>

const MEMBERS = z.record(z.string(), z.unknown())

export function hisCalls(
  serviceUrl: string,
  { his }: SandboxParameters,
  now: () => number = Date.now,
): HisCall {
  const key = sm2PrivateKey({ hex: his.his.privateKeyHex })
  const signatory = { appId: his.hisAppId, sign: sm2Signer(key, { encoding: 'raw' }) }
  return async (method, path, body) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const stamp = { now: now(), nonce: randomBytes(16).toString('hex') }
    const answer = await fetch(serviceUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${his.token}`,
        ...signRequest({ method, path, body: text }, signatory, stamp),
        ...(text !== '' && { 'content-type': 'application/json' }),
      },
      ...(text !== '' && { body: text }),
    })
    return { status: answer.status, body: MEMBERS.parse(await answer.json()) }
  }
}
