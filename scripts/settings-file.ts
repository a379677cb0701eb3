/** A file of settings like `.env`: what it says, and whether one that is there is ours. */
import { readFileSync } from 'node:fs'
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
