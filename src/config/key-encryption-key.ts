/** The key-encryption key, and the values that it wraps. */
import {
  keyEncryptionKeyFromFile,
  keyEncryptionKeyFromText,
  readSecret,
} from '../crypto/keystore.ts'
import { sealer } from '../crypto/seal.ts'
import { Secret } from '../errors.ts'
import { isPublished, PUBLISHED } from './published.ts'
import { type Problem, problem } from './words.ts'

/** Variables that are set, as text. */
export type Given = Record<string, string>

export interface KeyRead {
  readonly key: Secret<Buffer> | null
  readonly problems: readonly Problem[]
}

/** With both variables set nobody could tell which key sealed the store: neither is guessed. */
export function keyFrom(given: Readonly<Record<string, string | undefined>>): KeyRead {
  const { KEY_FILE: file, KEY_ENCRYPTION_KEY: text, ENVIRONMENT: environment } = given
  if (file !== undefined && text !== undefined)
    return refused(problem('KEY_FILE', 'and KEY_ENCRYPTION_KEY are both set: keep one of them'))
  if (file === undefined && text === undefined)
    return refused(problem('KEY_FILE', 'or KEY_ENCRYPTION_KEY is required'))
  const name = file === undefined ? 'KEY_ENCRYPTION_KEY' : 'KEY_FILE'
  try {
    const key =
      file === undefined
        ? keyEncryptionKeyFromText(new Secret(text ?? ''), name)
        : keyEncryptionKeyFromFile(file, name)
    return environment === 'production' && isPublished(key.reveal().toString('hex'))
      ? refused(problem(name, PUBLISHED))
      : { key, problems: [] }
  } catch (error) {
    return refused({ name, line: error instanceof Error ? error.message : String(error) })
  }
}

const refused = (why: Problem): KeyRead => ({ key: null, problems: [why] })

/** Without a key nothing is opened: that it is missing has been said, and is what to mend. */
export function opened(
  given: Given,
  key: Secret<Buffer> | null,
): { clear: Given; problems: Problem[] } {
  if (key === null) return { clear: given, problems: [] }
  const box = sealer(key)
  const clear: Given = {}
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(given)) {
    try {
      clear[name] = readSecret(value.trim(), box).reveal()
    } catch {
      clear[name] = value
      problems.push(problem(name, 'was changed, or wrapped by another key-encryption key'))
    }
  }
  return { clear, problems }
}
