/** A shelf in the file system, and a person who hands a file over. */
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Shelf, Source } from './adapter.ts'
import type { Received, UploadedFile } from '../settlement-files.ts'
import { type IntakeSettings, receive } from './intake.ts'

/** The folder is the other side's: nothing is written or removed there. */
export function folderSource(folder: string): Source {
  return {
    visit: async (look) => {
      try {
        return { kind: 'done', value: await look(await shelfOf(folder)) }
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
        return { kind: 'unknown', cause: `folder ${code}` }
      }
    },
  }
}

async function shelfOf(folder: string): Promise<Shelf> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  const files = await Promise.all(
    names.toSorted().map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })),
  )
  return {
    files,
    open: (name) => createReadStream(join(folder, name)),
    content: (name) => readFile(join(folder, name)),
  }
}

/** A person vouches for what is handed over: neither checksum nor signature comes with it. */
export const receiveUpload = (settings: IntakeSettings, file: UploadedFile): Promise<Received> =>
  receive(
    { ...settings, checksum: null, signature: null },
    {
      date: file.date,
      name: file.name,
      bytes: file.content.length,
      open: () => Readable.from([file.content]),
      companion: () => Promise.resolve(Buffer.alloc(0)),
    },
  )
