/** Files for their owner alone: secrets and persons. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Written beside it and renamed: a mode counts for new files only, and half a file is never seen. */
export function writePrivately(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true })
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  try {
    writeFileSync(fresh, content, { mode: 0o600, flag: 'wx' })
    renameSync(fresh, file)
  } finally {
    rmSync(fresh, { force: true })
  }
}
