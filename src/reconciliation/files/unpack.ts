/** What is in the envelope, a piece at a time, and never more of it than is allowed. */
import { Readable } from 'node:stream'
import { crc32, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { type Container, DamagedFile } from './profile.ts'

export type Bytes = AsyncIterable<Uint8Array>

export interface Limits {
  /** Of what comes in. */
  readonly packedBytes: number
  /** Of what comes out: a bomb (压缩炸弹) is stopped here. */
  readonly bytes: number
  readonly lineLength: number
}

export const LIMITS: Limits = { packedBytes: 2 ** 28, bytes: 2 ** 30, lineLength: 2 ** 16 }

export function unpack(packed: Bytes, container: Container, limits: Limits): Bytes {
  const given = atMost(packed, limits.packedBytes)
  return atMost(opened(given, container, limits), limits.bytes)
}

function opened(given: Bytes, container: Container, limits: Limits): Bytes {
  switch (container.kind) {
    case 'none':
      return given
    case 'gzip':
      return through(given, createGunzip())
    case 'base64-deflate':
      return through(decoded(given), createInflate())
    case 'zip':
      return entryOf(given, container, limits)
  }
}

async function* atMost(bytes: Bytes, most: number): Bytes {
  let sum = 0
  for await (const piece of bytes) {
    sum += piece.length
    if (sum > most) throw new DamagedFile(0, '文件过大，已停止读取')
    yield piece
  }
}

type Inflater = ReturnType<typeof createGunzip | typeof createInflate | typeof createInflateRaw>

async function* through(bytes: Bytes, inflater: Inflater): Bytes {
  const source = Readable.from(bytes)
  source.on('error', (error) => inflater.destroy(error))
  try {
    for await (const piece of source.pipe(inflater)) yield piece
  } catch (error) {
    if (error instanceof DamagedFile) throw error
    throw new DamagedFile(0, '压缩内容损坏或被截断', { cause: error })
  } finally {
    source.destroy()
    inflater.destroy()
  }
}

async function* decoded(bytes: Bytes): Bytes {
  yield Buffer.from((await whole(bytes)).toString('latin1'), 'base64')
}

export async function whole(bytes: Bytes): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const END_BYTES = 22
const MOST_ENTRIES = 100

interface Entry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly bytes: number
  readonly offset: number
}

type ZipContainer = Extract<Container, { kind: 'zip' }>

/** By the directory at the end, so that a file that is cut off has none. */
async function* entryOf(bytes: Bytes, { ending, but }: ZipContainer, limits: Limits): Bytes {
  const archive = await whole(bytes)
  const found = entriesIn(archive).filter(
    ({ name }) => name.endsWith(ending) && !(but !== null && name.endsWith(but)),
  )
  const [entry] = found
  if (!entry || found.length > 1) throw new DamagedFile(0, '压缩包内没有唯一的明细文件')
  yield* believed(archive, entry, limits.bytes)
}

/** Every entry is unpacked and thrown away: what the directory says of sizes may be a lie. */
export async function checkArchive(archive: Buffer, most: number): Promise<void> {
  let left = most
  for (const entry of entriesIn(archive)) {
    for await (const piece of believed(archive, entry, left)) void piece
    left -= entry.bytes
  }
}

async function* believed(archive: Buffer, entry: Entry, most: number): Bytes {
  if (entry.bytes > most) throw new DamagedFile(0, '文件过大，已停止读取')
  let crc = 0
  let length = 0
  for await (const piece of contentOf(archive, entry)) {
    crc = crc32(piece, crc)
    length += piece.length
    if (length > entry.bytes) break
    yield piece
  }
  if (crc !== entry.crc || length !== entry.bytes)
    throw new DamagedFile(0, '压缩包内的文件与其校验值不符')
}

/** Names are compared by their bytes: GBK or UTF-8, the ending of a name is ASCII. */
function entriesIn(archive: Buffer): Entry[] {
  try {
    const end = archive.lastIndexOf(uint32(END_SIGNATURE), archive.length - END_BYTES)
    const count = archive.readUInt16LE(end + 10)
    if (end === -1 || count > MOST_ENTRIES) throw new Error('no directory of a few entries')
    const entries: Entry[] = []
    for (let at = archive.readUInt32LE(end + 16); entries.length < count;) {
      if (archive.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error('no entry')
      const nameBytes = archive.readUInt16LE(at + 28)
      entries.push({
        name: archive.toString('latin1', at + 46, at + 46 + nameBytes),
        method: archive.readUInt16LE(at + 10),
        crc: archive.readUInt32LE(at + 16),
        packedBytes: archive.readUInt32LE(at + 20),
        bytes: archive.readUInt32LE(at + 24),
        offset: archive.readUInt32LE(at + 42),
      })
      at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
    }
    return entries
  } catch (error) {
    throw new DamagedFile(0, '不是完整的 zip 压缩包', { cause: error })
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function contentOf(archive: Buffer, { method, packedBytes, offset }: Entry): Bytes {
  if (offset + 30 > archive.length || archive.readUInt32LE(offset) !== LOCAL_SIGNATURE)
    throw new DamagedFile(0, '不是完整的 zip 压缩包')
  const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28)
  const packed = piecesOf(archive.subarray(start, start + packedBytes))
  if (method === 0) return packed
  if (method === 8) return through(packed, createInflateRaw())
  throw new DamagedFile(0, '压缩包使用了不支持的压缩方式')
}

const PIECE_BYTES = 2 ** 16

export async function* piecesOf(bytes: Uint8Array): Bytes {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}
