import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyOptions } from 'jose'
import { z } from 'zod'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'

/** Who the hospital's online platform says is calling. */
export interface Caller {
  /** `sub`: the platform's own user, one person in every channel. */
  readonly subject: string
  /** `openid`: the channel's user id. */
  readonly userId: string
  readonly patientIds: readonly string[]
}

/** @throws AppError `unauthenticated`, `upstream-unavailable` when the platform's keys cannot be had */
export type ReadToken = (authorization: string | undefined) => Promise<Caller>

const CLAIMS = z.object({
  sub: z.string().min(1).max(255),
  openid: z.string().min(1).max(128),
  patientIds: z.array(z.string().min(1).max(64)).max(100),
})

/** Pinned on our side: the token may not choose, so neither `none` nor HS256 over a public key works. */
const ASYMMETRIC = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'EdDSA']
const SYMMETRIC = ['HS256']
const KEYS_WITHIN_MS = 3_000

/** With both configured the platform's published keys win; the shared secret is then not accepted. */
export function patientTokens(app: App): ReadToken {
  const verify = verifier(app)
  return async (authorization) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw new AppError('unauthenticated')
    const claims = CLAIMS.safeParse(await claimsOf(token, verify))
    if (!claims.success) throw new AppError('unauthenticated')
    const { sub, openid, patientIds } = claims.data
    return { subject: sub, userId: openid, patientIds }
  }
}

type Verify = (token: string) => Promise<{ payload: unknown }>

function verifier(app: App): Verify {
  const { PATIENT_JWKS_URL, PATIENT_JWT_SECRET, PATIENT_JWT_AUDIENCE } = app.settings
  const options = (algorithms: string[]): JWTVerifyOptions => ({
    algorithms,
    audience: PATIENT_JWT_AUDIENCE,
    currentDate: new Date(app.clock.now()),
    requiredClaims: ['exp', 'sub'],
  })
  if (PATIENT_JWKS_URL !== undefined) {
    const keys = createRemoteJWKSet(new URL(PATIENT_JWKS_URL), { timeoutDuration: KEYS_WITHIN_MS })
    return (token) => jwtVerify(token, keys, options(ASYMMETRIC))
  }
  if (PATIENT_JWT_SECRET === undefined) throw new Error('no key for the patients tokens')
  const secret = Buffer.from(PATIENT_JWT_SECRET.reveal())
  return (token) => jwtVerify(token, secret, options(SYMMETRIC))
}

async function claimsOf(token: string, verify: Verify): Promise<unknown> {
  try {
    return (await verify(token)).payload
  } catch (cause) {
    if (isAboutTheToken(cause)) throw new AppError('unauthenticated', undefined, { cause })
    throw new AppError('upstream-unavailable', '登录服务暂时不可用，请稍后再试。', { cause })
  }
}

/** Everything else is about fetching the platform's keys, and that is no fault of the patient. */
function isAboutTheToken(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError)) return false
  const { code } = cause
  return code !== 'ERR_JWKS_TIMEOUT' && code !== 'ERR_JWKS_INVALID' && code !== 'ERR_JOSE_GENERIC'
}
