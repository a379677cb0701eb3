/** A file of settings like `.env`: written once, for its owner alone, and never over another by itself. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseEnv } from 'node:util'

type Settings = Readonly<Record<string, string>>

/** What `parseEnv` reads back as these very values. */
export function settingsText(settings: Settings, heading: string): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`)
  return `# ${heading}\n${lines.join('\n')}\n`
}

const quoted = (value: string): string => (/[#\s'`]/.test(value) ? `"${value}"` : value)

/** `other`: the file has another value for one of these names, so it belongs to something else. */
export function lookAt(file: string, settings: Settings): 'absent' | 'same' | 'other' {
  let found: Record<string, string | undefined>
  try {
    found = parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent'
    throw error
  }
  const differs = Object.entries(settings).some(([name, value]) => found[name] !== value)
  return differs ? 'other' : 'same'
}

/** Written beside it and renamed: a mode counts for new files only, and half a file is never seen. */
export function writeSettings(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' })
  renameSync(fresh, file)
}
