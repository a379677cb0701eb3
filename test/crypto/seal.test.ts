import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  keyEncryptionKeyFromFile,
  keyEncryptionKeyFromText,
  readSecret,
  wrapSecret,
} from '../../src/crypto/keystore.ts'
import { sealer } from '../../src/crypto/seal.ts'
import { Secret } from '../../src/errors.ts'

const KEK_HEX = '00112233445566778899aabbccddeeff'
const kek = new Secret(Buffer.from(KEK_HEX, 'hex'))
const box = sealer(kek)
const seeded = () => sealer(kek, (size) => Buffer.alloc(size, 7)).seal('x', 'c')

describe('sealed values', () => {
  it('[SC-S08] any text comes back in its own context and in no other', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string(),
        fc.string(),
        (plain, here, there) => {
          const sealed = box.seal(plain, here)
          expect(box.open(sealed, here)).toBe(plain)
          if (there !== here) expect(() => box.open(sealed, there)).toThrow('moved')
        },
      ),
    )
  })

  it('[SC-S08] the sealed text holds neither the plain text nor its hex or base64', () => {
    const plain = 'CANARY-51010019900101'
    const bytes = Buffer.from(box.seal(plain, 'c').slice(3), 'base64')
    expect(bytes.includes(plain)).toBe(false)
    expect(box.seal(plain, 'c')).not.toContain(Buffer.from(plain).toString('base64').slice(0, 12))
  })

  it('[SC-S08] a mark finds the same text again and is nothing without key and context', () => {
    const mark = box.mark('openid-1', 'c')
    expect(mark).toMatch(/^[0-9a-f]{64}$/)
    expect(sealer(kek).mark('openid-1', 'c')).toBe(mark)
    const other = sealer(new Secret(Buffer.alloc(16, 1)))
    const others = [
      box.mark('openid-2', 'c'),
      box.mark('openid-1', 'd'),
      other.mark('openid-1', 'c'),
    ]
    expect(others).not.toContain(mark)
  })

  it('[SC-S07] one changed character anywhere does not open', () => {
    const sealed = box.seal('payAuthNo', 'orders.payAuthNo:1')
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1)
      expect(() => box.open(changed, 'orders.payAuthNo:1')).toThrow('sealed')
    }
    for (const text of [
      '',
      's1:',
      's1:AAAA',
      `${sealed} `,
      sealed.slice(0, -4),
      `s2${sealed.slice(2)}`,
    ])
      expect(() => box.open(text, 'orders.payAuthNo:1')).toThrow('sealed')
  })

  it('another key does not open it, and a key of less than 16 bytes is refused', () => {
    const other = sealer(new Secret(Buffer.alloc(16, 1)))
    expect(() => other.open(box.seal('x', 'c'), 'c')).toThrow('sealed by another key')
    expect(() => sealer(new Secret(Buffer.alloc(15)))).toThrow('16 bytes')
  })

  it('the same text seals differently each time, and alike from the same seed', () => {
    expect(box.seal('x', 'c')).not.toBe(box.seal('x', 'c'))
    expect(seeded()).toBe(seeded())
    expect(box.open(seeded(), 'c')).toBe('x')
  })
})

describe('the keystore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keystore-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const path = join(folder, 'kek')

  it('[SC-S08] a key file that group or others may touch is refused by the name of its setting', () => {
    writeFileSync(path, `${KEK_HEX}\n`)
    for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644]) {
      chmodSync(path, mode)
      expect(() => keyEncryptionKeyFromFile(path, 'KEK_FILE')).toThrow(
        /^KEK_FILE: the key file is open to group or others; chmod 600 it$/,
      )
    }
    for (const mode of [0o600, 0o400]) {
      chmodSync(path, mode)
      expect(keyEncryptionKeyFromFile(path, 'KEK_FILE').reveal()).toEqual(kek.reveal())
    }
    expect(() => keyEncryptionKeyFromFile(join(folder, 'none'), 'KEK_FILE')).toThrow('KEK_FILE')
  })

  it('takes 32 hex digits or the base64 of 16 bytes, and shows no other text that it refuses', () => {
    for (const text of [KEK_HEX, KEK_HEX.toUpperCase(), ` ${kek.reveal().toString('base64')}\n`])
      expect(keyEncryptionKeyFromText(new Secret(text), 'KEK').reveal()).toEqual(kek.reveal())
    for (const text of ['', 'short', `${KEK_HEX}00`, Buffer.alloc(17).toString('base64')])
      expect(() => keyEncryptionKeyFromText(new Secret(text), 'KEK')).toThrow(
        /^KEK: the key is neither 32 hex digits nor the base64 of 16 bytes$/,
      )
  })

  it('[SC-S08] a wrapped secret is read back, a plain one is taken as it is', () => {
    const wrapped = wrapSecret(new Secret('private key'), box)
    expect(wrapped).toMatch(/^wrapped:s1:/)
    expect(readSecret(wrapped, box).reveal()).toBe('private key')
    expect(readSecret('private key', box).reveal()).toBe('private key')
    expect(() => readSecret(`${wrapped}A`, box)).toThrow('sealed')
    expect(() => readSecret(`wrapped:${box.seal('x', 'orders')}`, box)).toThrow('moved')
  })

  it('[SC-S08] no way of printing shows a secret', () => {
    const text = fc.stringMatching(/^[a-z0-9]{8,40}$/)
    fc.assert(
      fc.property(text, (value) => {
        const secret = readSecret(value, box)
        const shown = [
          String(secret),
          secret.toString(),
          JSON.stringify({ secret }),
          inspect({ secret }, { depth: 9, showHidden: true }),
          inspect(new Error('x', { cause: secret })).replaceAll(/\n\s+at .*/g, ''),
          Object.values(secret).join(),
        ]
        for (const output of shown) expect(output).not.toContain(value)
      }),
    )
  })
})
