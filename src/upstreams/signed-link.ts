/** Two who speak in the signed-request form (upstreams/his/README.md 2): whose keys, and how a call goes out. */
import { anyKey } from '../crypto/any-key.ts'
import {
  type Sm2Engine,
  type Sm2PrivateKey,
  type Sm2PublicKey,
  sm2Signer,
  sm2Verifier,
} from '../crypto/sm2.ts'
import type { Secret } from '../errors.ts'
import { nonce as newNonce, type Random } from '../payment/numbers.ts'
import type { Send } from './http-client.ts'
import { type Counterpart, type Signatory, signRequest, verifyAnswer } from './signed-request.ts'

export interface SignedLink {
  readonly us: Signatory
  readonly them: Counterpart
  /** Of `sm4:` fields, 16 bytes. */
  readonly fieldKey: Secret<Buffer>
}

export interface LinkKeys {
  /** Ours, as they know us. */
  readonly appId: string
  readonly theirAppId: string
  readonly privateKey: Sm2PrivateKey
  /** Two while they change it. */
  readonly theirKeys: readonly Sm2PublicKey[]
  readonly fieldKey: Secret<Buffer>
  readonly engine?: Sm2Engine
}

export function signedLink(keys: LinkKeys): SignedLink {
  const { engine } = keys
  const options = { encoding: 'raw', ...(engine === undefined ? {} : { engine }) } as const
  return {
    us: { appId: keys.appId, sign: sm2Signer(keys.privateKey, options) },
    them: {
      appId: keys.theirAppId,
      verify: anyKey(keys.theirKeys.map((key) => sm2Verifier(key, options))),
    },
    fieldKey: keys.fieldKey,
  }
}

/**
 * Signs what goes out, and verifies what comes back over the bytes before anything is read from
 * them (SC-S02): an answer that cannot be believed is `unknown`, whatever it says.
 */
export function signedSend(
  link: SignedLink,
  from: { readonly send: Send; readonly now: () => number; readonly random: Random },
): Send {
  return async (request) => {
    const { pathname, search } = new URL(request.url)
    const requestNonce = newNonce(from.random)
    const headers = signRequest(
      { method: request.method, path: pathname + search, body: request.body },
      link.us,
      { now: from.now(), nonce: requestNonce },
    )
    const reply = await from.send({ ...request, headers: { ...request.headers, ...headers } })
    if (reply.kind !== 'answer') return reply
    const verdict = verifyAnswer({ ...reply, requestNonce }, { ...link.them, now: from.now() })
    if (verdict.trusted) return reply
    return { kind: 'unknown', cause: `http-${reply.status}-answer-${verdict.reason}` }
  }
}
