import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { App } from '../../app.ts'
import { AppError, Secret } from '../../errors.ts'
import { nonce } from '../../payment/numbers.ts'
import * as operators from '../../store/operators.ts'

/** Somebody who showed their own key. */
export interface Operator {
  readonly name: string
  readonly recognised: true
}

/** About 50 ms and 32 MiB a guess (RFC 7914 parameters N = 2^15, r = 8, p = 1). */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const HASH_BYTES = 32

const hashed: (key: string, salt: Buffer, bytes: number, cost: typeof COST) => Promise<Buffer> =
  promisify(scrypt)

/** @returns the personal key, to be shown once: only its salted hash stays (SC-S08). */
export async function addOperator(app: App, name: string): Promise<Secret> {
  if (!/^[\p{L}\p{N}._-]{1,64}$/u.test(name))
    throw new AppError('invalid-request', '操作员名只能含文字、数字和 . _ -，至多 64 字。')
  const key = nonce(app.random)
  const salt = Buffer.from(nonce(app.random))
  const hash = await hashed(key, salt, HASH_BYTES, COST)
  const keyHash = `scrypt:${salt.toString('base64')}:${hash.toString('base64')}`
  if (!(await operators.insert(app.db, { name, keyHash, now: app.clock.now() })))
    throw new AppError('invalid-request', '已有同名操作员。')
  return new Secret(key)
}

/** @throws AppError `unauthenticated`, the same for an unknown name and a wrong key. */
export async function recogniseOperator(app: App, name: string, key: Secret): Promise<Operator> {
  const stored = (await operators.keyHashOf(app.db, name)) ?? ''
  const [, salt = '', hash = ''] = stored.split(':')
  const expected = Buffer.from(hash, 'base64')
  const given = await hashed(key.reveal(), Buffer.from(salt, 'base64'), HASH_BYTES, COST)
  if (expected.length !== HASH_BYTES || !timingSafeEqual(given, expected))
    throw new AppError('unauthenticated', '操作员或密钥不正确。')
  return { name, recognised: true }
}
