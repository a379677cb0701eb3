/** Where settlement files (对账文件) come from: a book of settings for the bank's, one for the insurance's. */
import { z } from 'zod'
import type { SomeSettings } from '../config.ts'
import { ICBC_LIKE, INSURANCE_CSV, PROFILES } from '../reconciliation/files/profiles.ts'
import { atLeastOne, list, secret, text, verifyingKeys } from './kinds.ts'
import { NONE, type Problem, problem, refuse, type Rule } from './words.ts'

/** `upload`: nobody is asked; a person hands every file over. */
export type FileSource =
  | { readonly kind: 'sftp'; host: string; port: number; user: string; folder: string }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'upload' }

const SAFE_SOURCE = 'must be sftp://user@host/folder, file:///folder or upload: never FTP or HTTP'

const source = z.string().transform((value, context): FileSource => {
  const given = value.trim()
  if (given === 'upload') return { kind: 'upload' }
  const url = URL.parse(given)
  const folder = decodeURIComponent(url?.pathname ?? '')
  const isPlain = url !== null && url.search === '' && url.hash === '' && folder.startsWith('/')
  if (isPlain && url.protocol === 'file:' && url.host === '') return { kind: 'folder', folder }
  if (isPlain && url.protocol === 'sftp:' && url.password !== '') {
    context.addIssue('must not hold a password: it has a setting of its own')
    return z.NEVER
  }
  if (isPlain && url.protocol === 'sftp:' && url.hostname !== '' && url.username !== '') {
    const { hostname, port, username } = url
    const host = hostname.replace(/^\[|\]$/g, '')
    return {
      kind: 'sftp',
      host,
      port: Number(port || 22),
      user: decodeURIComponent(username),
      folder,
    }
  }
  context.addIssue(SAFE_SOURCE)
  return z.NEVER
})

const FINGERPRINT = 'must read SHA256:…, as ssh-keygen -l says'

/** Two while the host changes its key. */
const hostKeys = list.pipe(
  z
    .array(z.string().regex(/^SHA256:[0-9A-Za-z+/]{43}$/, FINGERPRINT))
    .refine(({ length }) => length > 0, FINGERPRINT)
    .refine(
      ({ length }) => length < 3,
      'may hold two keys, separated by a comma: the one in use and the next',
    ),
)

/** A name, never a path. */
const names = (placeholder: string) =>
  z
    .string()
    .regex(/^(?:[0-9A-Za-z_]|\{)[0-9A-Za-z._{}*-]*$/, 'must be a name without a path')
    .refine((value) => !value.includes('..'), 'must be a name without a path')
    .refine((value) => value.includes(placeholder), `must contain ${placeholder}`)

const SUFFIX = String.raw`(\.[0-9A-Za-z]{1,16})`

const checksum = z
  .string()
  .regex(
    new RegExp(`^(md5|sha1|sha256|sm3):${SUFFIX}$`),
    'must read "sha256:.sha256"; md5, sha1 or sm3',
  )
  .transform((value) => {
    const [algorithm, suffix = ''] = value.split(':')
    return { algorithm: z.enum(['md5', 'sha1', 'sha256', 'sm3']).parse(algorithm), suffix }
  })

const signature = z
  .string()
  .regex(new RegExp(`^(SM2|RSA2):${SUFFIX}$`), 'must read "SM2:.sig" or "RSA2:.sig"')
  .transform((value) => {
    const [algorithm, suffix = ''] = value.split(':')
    return { algorithm: z.enum(['SM2', 'RSA2']).parse(algorithm), suffix }
  })

const profile = z.string().transform((name, context) => {
  const found = PROFILES.get(name.trim())
  if (found !== undefined) return found
  context.addIssue(`must be one of ${[...PROFILES.keys()].join(', ')}`)
  return z.NEVER
})

/** Days after the end of the day or month that the file is about, and the time of that day. */
export interface Due {
  readonly days: number
  readonly time: string
}

const due = list.transform((parts, context): Due[] => {
  const all = parts.map((part) => /^(\d{1,2}) ([01]\d|2[0-3]):([0-5]\d)$/.exec(part))
  if (all.length > 0 && all.every((one) => one !== null))
    return all.map(([, days, hour, minute]) => ({ days: Number(days), time: `${hour}:${minute}` }))
  context.addIssue('must read "days hh:mm", several separated by commas')
  return z.NEVER
})

const at = (days: number, time: string): Due => ({ days, time })

const tries = atLeastOne.max(10).default(3)
const pauseMs = atLeastOne.default(60_000)
const everyMs = atLeastOne.default(1_800_000)

export const SETTLEMENT_FILE_VARIABLES = {
  SETTLEMENT_FILES_BANK_SOURCE: source.optional(),
  SETTLEMENT_FILES_BANK_HOST_KEYS: hostKeys.optional(),
  SETTLEMENT_FILES_BANK_LOGIN_KEY: secret.optional(),
  SETTLEMENT_FILES_BANK_PASSWORD: secret.optional(),
  SETTLEMENT_FILES_BANK_NAMES: names('{date}').optional(),
  SETTLEMENT_FILES_BANK_PROFILE: profile.default(ICBC_LIKE),
  SETTLEMENT_FILES_BANK_CHECKSUM: checksum.optional(),
  SETTLEMENT_FILES_BANK_SIGNATURE: signature.optional(),
  SETTLEMENT_FILES_BANK_SIGNATURE_KEY: verifyingKeys.optional(),
  SETTLEMENT_FILES_BANK_FOLDER: text.optional(),
  SETTLEMENT_FILES_BANK_DUE: due.default([at(1, '11:00'), at(1, '14:00')]),
  SETTLEMENT_FILES_BANK_ASK_EVERY_MS: everyMs,
  SETTLEMENT_FILES_BANK_TRIES: tries,
  SETTLEMENT_FILES_BANK_RETRY_FIRST_MS: pauseMs,

  SETTLEMENT_FILES_INSURANCE_SOURCE: source.optional(),
  SETTLEMENT_FILES_INSURANCE_HOST_KEYS: hostKeys.optional(),
  SETTLEMENT_FILES_INSURANCE_LOGIN_KEY: secret.optional(),
  SETTLEMENT_FILES_INSURANCE_PASSWORD: secret.optional(),
  SETTLEMENT_FILES_INSURANCE_NAMES: names('{month}').optional(),
  SETTLEMENT_FILES_INSURANCE_PROFILE: profile.default(INSURANCE_CSV),
  SETTLEMENT_FILES_INSURANCE_CHECKSUM: checksum.optional(),
  SETTLEMENT_FILES_INSURANCE_SIGNATURE: signature.optional(),
  SETTLEMENT_FILES_INSURANCE_SIGNATURE_KEY: verifyingKeys.optional(),
  SETTLEMENT_FILES_INSURANCE_FOLDER: text.optional(),
  SETTLEMENT_FILES_INSURANCE_DUE: due.default([at(10, '11:00'), at(20, '11:00')]),
  SETTLEMENT_FILES_INSURANCE_ASK_EVERY_MS: everyMs,
  SETTLEMENT_FILES_INSURANCE_TRIES: tries,
  SETTLEMENT_FILES_INSURANCE_RETRY_FIRST_MS: pauseMs,
} as const

const PREFIXES = {
  bank: 'SETTLEMENT_FILES_BANK',
  insurance: 'SETTLEMENT_FILES_INSURANCE',
} as const

export type FileBook = keyof typeof PREFIXES
export const FILE_BOOKS: readonly FileBook[] = ['bank', 'insurance']

/** The full name of a book's setting. */
export const fileSetting = <const N extends string>(book: FileBook, name: N) =>
  `${PREFIXES[book]}_${name}` as const

/** SC-T02: a source is known and whole, or there is none. */
const sourceIsWhole = (some: SomeSettings, book: FileBook): readonly Problem[] => {
  const given = some[fileSetting(book, 'SOURCE')]
  if (given === undefined) return withoutSource(some, book)
  const missing = (['NAMES', 'FOLDER'] as const).filter(
    (name) => some[fileSetting(book, name)] === undefined,
  )
  return [
    ...missing.map((name) => problem(fileSetting(book, name), 'is required to receive files')),
    ...(given.kind === 'sftp' ? sftpIsSafe(some, book) : NONE),
    ...signatureHasItsKey(some, book),
  ]
}

/** A setting that looks as if files came in, while nobody fetches them. */
function withoutSource(some: SomeSettings, book: FileBook): readonly Problem[] {
  const given = (
    ['HOST_KEYS', 'LOGIN_KEY', 'PASSWORD', 'NAMES', 'CHECKSUM', 'SIGNATURE', 'FOLDER'] as const
  ).filter((name) => some[fileSetting(book, name)] !== undefined)
  const [first] = given
  if (first === undefined) return NONE
  return refuse(fileSetting(book, 'SOURCE'), `is required by ${fileSetting(book, first)}`)
}

function sftpIsSafe(some: SomeSettings, book: FileBook): readonly Problem[] {
  const [key, password] = [fileSetting(book, 'LOGIN_KEY'), fileSetting(book, 'PASSWORD')]
  const logins = [key, password].filter((name) => some[name] !== undefined)
  return [
    ...(some[fileSetting(book, 'HOST_KEYS')] === undefined
      ? refuse(
          fileSetting(book, 'HOST_KEYS'),
          'must pin the key of the SFTP host: SHA256:…, as ssh-keygen -l says',
        )
      : NONE),
    ...(logins.length === 0 ? refuse(key, `or ${password} is required by SFTP`) : NONE),
    ...(logins.length > 1 ? refuse(password, `must be left out: ${key} is the login`) : NONE),
  ]
}

function signatureHasItsKey(some: SomeSettings, book: FileBook): readonly Problem[] {
  const [kind, key] = [fileSetting(book, 'SIGNATURE'), fileSetting(book, 'SIGNATURE_KEY')]
  if (some[kind] !== undefined && some[key] === undefined)
    return refuse(key, `is required by ${kind}`)
  return some[kind] === undefined && some[key] !== undefined
    ? refuse(kind, `is required by ${key}`)
    : NONE
}

/** What comes from one side must never count as the other's. */
const foldersDiffer: Rule = (some) => {
  const [bank, insurance] = FILE_BOOKS.map((book) => some[fileSetting(book, 'FOLDER')])
  return bank !== undefined && bank === insurance
    ? refuse(fileSetting('insurance', 'FOLDER'), 'must differ from SETTLEMENT_FILES_BANK_FOLDER')
    : NONE
}

export const settlementFilesAreSafe: Rule = (some) => [
  ...FILE_BOOKS.flatMap((book) => sourceIsWhole(some, book)),
  ...foldersDiffer(some),
]
