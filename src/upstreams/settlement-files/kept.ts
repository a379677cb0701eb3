/** A day that was received once can be read again, also when its file is no longer at its source. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { pick } from '../../payment/numbers.ts'
import type { ReceivedFile, SettlementFiles } from '../settlement-files.ts'
import { done } from '../upstream.ts'
import type { IntakeSettings } from './intake.ts'

/** What the last visit that found something brought, all of it. */
const LAST = z.array(
  z.strictObject({ name: z.string(), path: z.string(), sha256: z.string(), bytes: z.number() }),
)

type Kept = Pick<IntakeSettings, 'folder' | 'random'>

/**
 * The other side's word comes first: a refusal stands, and so does a file that it has issued again.
 * Only where it has nothing, or nothing is heard from it, does what it gave before count.
 */
export const withKept = (files: SettlementFiles, kept: Kept): SettlementFiles => ({
  list: (date) => files.list(date),
  fetch: async (date) => {
    const answer = await files.fetch(date)
    if (answer.kind === 'refused') return answer
    if (answer.kind !== 'done') {
      const before = await lastBrought(kept, date)
      return before === null ? answer : done(before)
    }
    await remember(kept, date, answer.value)
    return answer
  },
})

const listOf = (folder: string, date: string): string => join(folder, 'brought', `${date}.json`)

async function remember(
  { folder, random }: Kept,
  date: string,
  files: readonly ReceivedFile[],
): Promise<void> {
  const last: z.infer<typeof LAST> = files.map(({ name, path, sha256, bytes }) => ({
    name,
    path: relative(folder, path),
    sha256,
    bytes,
  }))
  const list = listOf(folder, date)
  await mkdir(dirname(list), { recursive: true })
  const part = `${list}.${pick(random, '0123456789abcdef', 16)}`
  await writeFile(part, JSON.stringify(last), { flag: 'wx', mode: 0o600, flush: true })
  await rename(part, list)
}

/** @returns null where nothing was brought, or where it is not whole any more. */
async function lastBrought({ folder }: Kept, date: string): Promise<ReceivedFile[] | null> {
  const text = await readFile(listOf(folder, date), 'utf8').catch(ifMissing)
  if (text === null) return null
  const files: ReceivedFile[] = []
  for (const { path, ...file } of LAST.parse(JSON.parse(text))) {
    const place = join(folder, path)
    if ((await digestOf(place)) !== file.sha256) return null
    files.push({ ...file, date, path: place, repeated: true })
  }
  return files
}

async function digestOf(path: string): Promise<string | null> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
    return hash.digest('hex')
  } catch (error) {
    return ifMissing(error)
  }
}

function ifMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
