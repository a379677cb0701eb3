import { createSecretKey, type KeyObject } from 'node:crypto'

const known = new WeakMap<Buffer, KeyObject>()

/** Node 24 takes 10 µs to find out that a Buffer is no KeyObject: a key is wrapped once. */
export function keyObject(key: Buffer): KeyObject {
  const wrapped = known.get(key) ?? createSecretKey(key)
  known.set(key, wrapped)
  return wrapped
}
