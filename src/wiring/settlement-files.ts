/** Where each book's settlement files come from, and how they are read. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { FILE_BOOKS, type FileBook, fileSetting } from '../config/settlement-files.ts'
import { ConfigError, type Settings } from '../config.ts'
import { anyKey, type Verifier } from '../crypto/any-key.ts'
import { rsaVerifier } from '../crypto/rsa.ts'
import { type Sm2Engine, type Sm2PublicKey, sm2Verifier } from '../crypto/sm2.ts'
import { Secret } from '../errors.ts'
import { DamagedFile, type Profile } from '../reconciliation/files/profile.ts'
import { checkFile } from '../reconciliation/files/read.ts'
import { settlementFiles } from '../upstreams/settlement-files/adapter.ts'
import { folderSource } from '../upstreams/settlement-files/folder.ts'
import type { IntakeSettings } from '../upstreams/settlement-files/intake.ts'
import { type SftpSettings, sftpSource } from '../upstreams/settlement-files/sftp.ts'
import { withKept } from '../upstreams/settlement-files/kept.ts'
import { loginKeyFacts } from '../upstreams/settlement-files/ssh.ts'
import { NO_SOURCE, takeUpload, withUploads } from '../upstreams/settlement-files/uploads.ts'
import type {
  Punctuality,
  Received,
  SettlementFiles,
  UploadedFile,
} from '../upstreams/settlement-files.ts'
import { given, publicKeys, type Wire } from './wire.ts'

/** A book of the other side: its files, and how to read them. */
export interface SettlementBook {
  readonly source: SettlementFiles
  readonly profile: Profile
  readonly punctuality: Punctuality
  /** What a person hands over is judged alike, and counts from the next `fetch` of its date on. */
  readonly takeUpload: (file: UploadedFile, by: string) => Promise<Received>
}

/** A book is missing where the hospital receives no such files. */
export function connectSettlementFiles(wire: Wire): ReadonlyMap<FileBook, SettlementBook> {
  const books = new Map<FileBook, SettlementBook>()
  for (const book of FILE_BOOKS) {
    const connected = connectBook(wire, book)
    if (connected !== null) books.set(book, connected)
  }
  return books
}

/** As much as a reading believes (`reconciliation/files/unpack.ts`). */
const MOST_BYTES = 2 ** 28

function connectBook(wire: Wire, book: FileBook): SettlementBook | null {
  const { settings, clock, log } = wire
  const source = settings[fileSetting(book, 'SOURCE')]
  if (source === undefined) return null
  const intake = intakeOf(wire, book)
  const files =
    source.kind === 'upload'
      ? NO_SOURCE
      : withKept(
          settlementFiles({
            ...intake,
            source:
              source.kind === 'folder'
                ? folderSource(source.folder)
                : sftpSource(sftpSettings(settings, book)),
            tries: settings[fileSetting(book, 'TRIES')],
            pauseMs: settings[fileSetting(book, 'RETRY_FIRST_MS')],
            sleep: clock.sleep,
            damaged: (found) =>
              log.warn(
                { event: 'settlement-file.damaged', book, ...found },
                'a file was put aside',
              ),
          }),
          intake,
        )
  const uploads = { ...intake, folder: join(intake.folder, 'handed-over') }
  return {
    source: withUploads(alarmed(wire, book, files), uploads.folder),
    profile: settings[fileSetting(book, 'PROFILE')],
    punctuality: punctualityOf(settings, book),
    takeUpload: (file, by) => takeUpload(uploads, file, { by, at: clock.now() }),
  }
}

/** A refusal is told even where a file that was handed over stands in. */
const alarmed = ({ log }: Wire, book: FileBook, files: SettlementFiles): SettlementFiles => ({
  list: (date) => files.list(date),
  fetch: async (date) => {
    const answer = await files.fetch(date)
    if (answer.kind === 'refused') {
      const { code, message: reason } = answer
      const about = { event: 'settlement-file.refused', book, date, code, reason }
      log.error(about, 'no waiting will bring this file')
    }
    return answer
  },
})

function intakeOf(wire: Wire, book: FileBook): IntakeSettings {
  const { settings, random } = wire
  return {
    folder: given(settings, fileSetting(book, 'FOLDER')),
    names: given(settings, fileSetting(book, 'NAMES')),
    checksum: settings[fileSetting(book, 'CHECKSUM')] ?? null,
    signature: signatureOf(wire, book),
    judge: judgeBy(settings[fileSetting(book, 'PROFILE')]),
    mostBytes: MOST_BYTES,
    random,
  }
}

function punctualityOf(settings: Settings, book: FileBook): Punctuality {
  const due = settings[fileSetting(book, 'DUE')]
  return {
    askEveryMs: settings[fileSetting(book, 'ASK_EVERY_MS')],
    alarmsAt: (date) =>
      due
        .map(({ days, time }) => instantOf(endOf(book, date), days, time))
        .toSorted((one, other) => one - other),
  }
}

/** The last day of the month or the day itself: what the file is about is over then. */
function endOf(book: FileBook, date: string): string {
  if (book === 'bank') return date
  const [year = 0, month = 0] = date.split('-').map(Number)
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10)
}

const DAY_MS = 86_400_000

const instantOf = (date: string, days: number, time: string): number =>
  Date.parse(`${date}T${time}:00+08:00`) + days * DAY_MS

const judgeBy =
  (profile: Profile): IntakeSettings['judge'] =>
  async ({ path, date }) => {
    try {
      await checkFile({ open: () => createReadStream(path), date }, profile)
      return null
    } catch (error) {
      if (error instanceof DamagedFile) return error.message
      throw error
    }
  }

function signatureOf(wire: Wire, book: FileBook): IntakeSettings['signature'] {
  const signature = wire.settings[fileSetting(book, 'SIGNATURE')]
  if (signature === undefined) return null
  const { algorithm, suffix } = signature
  const name = fileSetting(book, 'SIGNATURE_KEY')
  const verify = readOr(`${name} is no ${algorithm} public key that can be used`, () =>
    anyKey(
      algorithm === 'SM2'
        ? publicKeys(given(wire.settings, name)).map((key) => eitherForm(key, wire.engine))
        : given(wire.settings, name).map((key) => rsaVerifier(key, 'SHA256')),
    ),
  )
  return { suffix, verify: (content, companion) => verify(content, bytesIn(companion)) }
}

const RAW_BYTES = 64

/** r‖s has 64 bytes, DER always more. */
function eitherForm(key: Sm2PublicKey, engine: Sm2Engine): Verifier {
  const raw = sm2Verifier(key, { encoding: 'raw', engine })
  const der = sm2Verifier(key, { encoding: 'der', engine })
  return (content, signature) => (signature.length === RAW_BYTES ? raw : der)(content, signature)
}

/** A signature comes as it is, or as a line of base64. */
function bytesIn(companion: Buffer): Buffer {
  const text = companion.toString('latin1').trim()
  return /^[0-9A-Za-z+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : companion
}

function readOr<T>(sentence: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new ConfigError(sentence, { cause: error })
  }
}

/** @throws ConfigError when the login key cannot be read. */
function sftpSettings(settings: Settings, book: FileBook): SftpSettings {
  const source = settings[fileSetting(book, 'SOURCE')]
  if (source?.kind !== 'sftp') throw new Error(`${book}: no SFTP source`)
  const { host, port, user, folder } = source
  return {
    host,
    port,
    user,
    folder,
    login: loginOf(settings, book),
    hostKeys: given(settings, fileSetting(book, 'HOST_KEYS')),
    timeoutMs: settings.CALL_TIMEOUT_MS,
  }
}

function loginOf(settings: Settings, book: FileBook): SftpSettings['login'] {
  const name = fileSetting(book, 'LOGIN_KEY')
  const key = settings[name]
  if (key === undefined)
    return { kind: 'password', password: given(settings, fileSetting(book, 'PASSWORD')) }
  const privateKey = loginKeyText(key)
  if (loginKeyFacts(privateKey) === null)
    throw new ConfigError(`${name} is no private key without a passphrase, PEM or OpenSSH`)
  return { kind: 'key', privateKey }
}

/** A key is many lines; a setting may have it in base64 on one. */
export function loginKeyText(key: Secret): Secret {
  const text = key.reveal()
  return text.startsWith('-----') ? key : new Secret(Buffer.from(text, 'base64').toString('latin1'))
}
