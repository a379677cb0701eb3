/**
 * How a file comes in, from wherever: under a temporary name, judged, and only then renamed to its
 * own. Half a file never has the name of a whole one, also after a crash (README.md 2).
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { pick, type Random } from '../../payment/numbers.ts'
import type { Received, ReceivedFile } from '../settlement-files.ts'

export interface IntakeSettings {
  /** Ours alone: temporary names, quarantine and the files themselves stand in it. */
  readonly folder: string
  /** `{date}` is yyyyMMdd, `{month}` yyyyMM, `*` some letters, digits, `.`, `_` or `-`. */
  readonly names: string
  readonly checksum: { readonly suffix: string; readonly algorithm: Algorithm } | null
  /** `verify` gets the file as it came and what its companion (`suffix`) holds. */
  readonly signature: {
    readonly suffix: string
    readonly verify: (content: Buffer, signature: Buffer) => boolean
  } | null
  /** What is wrong with the content, in words; null when it holds. */
  readonly judge: (file: { path: string; date: string }) => Promise<string | null>
  readonly mostBytes: number
  readonly random: Random
}

export type Algorithm = 'md5' | 'sha1' | 'sha256' | 'sm3'

/** A file on offer, with its companions by suffix. */
export interface OfferedFile {
  readonly date: string
  readonly name: string
  /** As the other side says; null where it says nothing. */
  readonly bytes: number | null
  readonly open: () => Promise<Readable> | Readable
  readonly companion: (suffix: string) => Promise<Buffer>
}

const PLAIN_NAME = /^[0-9A-Za-z_][0-9A-Za-z._-]{0,127}$/

/** A name is never a path: no separators, no leading dot, ASCII alone. */
export const isPlainName = (name: string): boolean => PLAIN_NAME.test(name) && !name.includes('..')

export function isNameOf(template: string, date: string, name: string): boolean {
  const pattern = template
    .split(/(\{date\}|\{month\}|\*)/)
    .map((part) => {
      if (part === '{date}') return date.replaceAll('-', '')
      if (part === '{month}') return date.slice(0, 7).replace('-', '')
      return part === '*' ? '[0-9A-Za-z._-]*' : RegExp.escape(part)
    })
    .join('')
  return isPlainName(name) && new RegExp(`^${pattern}$`).test(name)
}

/** @throws whatever the source throws: the connection's failure is not the file's. */
export async function receive(settings: IntakeSettings, offered: OfferedFile): Promise<Received> {
  if (!isNameOf(settings.names, offered.date, offered.name))
    return { kind: 'damaged', reason: '文件名不符合约定' }
  const { folder, random } = settings
  await mkdir(join(folder, 'incoming'), { recursive: true })
  const part = join(folder, 'incoming', `${pick(random, '0123456789abcdef', 16)}.part`)
  try {
    const written = await write(part, offered, settings.mostBytes)
    if (written === null) return { kind: 'damaged', reason: '文件过大，已停止接收' }
    const reason = await whatIsWrong(settings, { part, offered, ...written })
    if (reason === null)
      return { kind: 'received', file: await keep(folder, part, { offered, ...written }) }
    const aside = join(folder, 'quarantine', offered.date)
    await mkdir(aside, { recursive: true })
    await rename(part, join(aside, `${written.sha256.slice(0, 16)}-${offered.name}`))
    return { kind: 'damaged', reason }
  } finally {
    await rm(part, { force: true })
  }
}

interface Written {
  readonly sha256: string
  readonly bytes: number
}

async function write(part: string, offered: OfferedFile, most: number): Promise<Written | null> {
  const hash = createHash('sha256')
  let bytes = 0
  const source = await offered.open()
  async function* counted(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      bytes += piece.length
      if (bytes > most) return
      hash.update(piece)
      yield piece
    }
  }
  await pipeline(
    source,
    counted,
    createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }),
  )
  return bytes > most ? null : { sha256: hash.digest('hex'), bytes }
}

async function whatIsWrong(
  { checksum, signature, judge }: IntakeSettings,
  { part, offered, bytes }: { part: string; offered: OfferedFile } & Written,
): Promise<string | null> {
  if (offered.bytes !== null && offered.bytes !== bytes) return '文件大小与对方不符，可能被截断'
  if (checksum !== null) {
    const [expected = ''] = (await offered.companion(checksum.suffix))
      .toString('latin1')
      .trim()
      .split(/\s+/)
    const content = await readFile(part)
    const actual = createHash(checksum.algorithm).update(content).digest('hex')
    if (expected.toLowerCase() !== actual) return '文件与其校验值不符'
  }
  if (signature !== null) {
    const given = await offered.companion(signature.suffix)
    if (!signature.verify(await readFile(part), given)) return '文件签名验证未通过'
  }
  return judge({ path: part, date: offered.date })
}

/** The content is part of the name: a file that is issued again never overwrites the one before. */
async function keep(
  folder: string,
  part: string,
  { offered: { date, name }, sha256, bytes }: { offered: OfferedFile } & Written,
): Promise<ReceivedFile> {
  const place = join(folder, 'received', date)
  await mkdir(place, { recursive: true })
  const path = join(place, `${sha256.slice(0, 16)}-${name}`)
  const repeated = await exists(path)
  if (!repeated) {
    await rename(part, path)
    await settled(place)
  }
  return { date, name, path, sha256, bytes, repeated }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** A rename survives a loss of power only when its folder is written too. */
async function settled(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
