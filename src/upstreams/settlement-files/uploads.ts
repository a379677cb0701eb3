/** Files that people hand over, beside those that the other side has: both are files of their day. */
import { appendFile, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Received, ReceivedFile, SettlementFiles, UploadedFile } from '../settlement-files.ts'
import { done } from '../upstream.ts'
import { receiveUpload } from './folder.ts'
import type { IntakeSettings } from './intake.ts'

/** Nobody is asked: what comes is handed over. */
export const NO_SOURCE: SettlementFiles = {
  list: () => Promise.resolve({ kind: 'absent' }),
  fetch: () => Promise.resolve({ kind: 'absent' }),
}

/** One line a file, in the order in which they were handed over, with the person who did it. */
const LINE = z.strictObject({
  at: z.number(),
  by: z.string(),
  date: z.string(),
  name: z.string(),
  path: z.string(),
  sha256: z.string(),
  bytes: z.number(),
})

type Line = z.infer<typeof LINE>

const JOURNAL = 'handed-over.ndjson'

export async function takeUpload(
  settings: IntakeSettings,
  file: UploadedFile,
  from: { readonly by: string; readonly at: number },
): Promise<Received> {
  const received = await receiveUpload(settings, file)
  if (received.kind === 'damaged') return received
  const { date, name, path, sha256, bytes } = received.file
  const line: Line = { ...from, date, name, path: relative(settings.folder, path), sha256, bytes }
  await appendFile(join(settings.folder, JOURNAL), `${JSON.stringify(line)}\n`, {
    mode: 0o600,
    flush: true,
  })
  return received
}

/**
 * What was handed over stands in while the other side has no file of that name, or nothing is heard
 * from it; its own, once it comes, counts instead.
 */
export const withUploads = (files: SettlementFiles, folder: string): SettlementFiles => ({
  list: (date) => files.list(date),
  fetch: async (date) => {
    const answer = await files.fetch(date)
    const handedOver = await handedOverFor(folder, date)
    if (handedOver.length === 0) return answer
    if (answer.kind !== 'done') return done(handedOver)
    const theirs = new Set(answer.value.flatMap(({ name, sha256 }) => [name, sha256]))
    const others = handedOver.filter(({ name, sha256 }) => !theirs.has(name) && !theirs.has(sha256))
    return done([...answer.value, ...others])
  },
})

/** The last of each name: who hands over another content means it instead. */
async function handedOverFor(folder: string, date: string): Promise<ReceivedFile[]> {
  const files = new Map<string, ReceivedFile>()
  for (const line of await linesIn(join(folder, JOURNAL))) {
    if (line.date !== date) continue
    const { name, path, sha256, bytes } = line
    const content = { date, name, sha256, bytes, path: join(folder, path), repeated: true }
    files.set(name, content)
  }
  return [...files.values()]
}

/** A line that was cut off by a crash was never told to be received. */
async function linesIn(journal: string): Promise<Line[]> {
  const text = await readFile(journal, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => {
    const read = LINE.safeParse(jsonOf(line))
    return read.success ? [read.data] : []
  })
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
