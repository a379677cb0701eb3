/** A file of settings like `.env`: what it says, and whether one that is there is ours. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

type Settings = Readonly<Record<string, string>>

/** What `parseEnv` reads back as these very values. */
export function settingsText(settings: Settings, heading: string): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`)
  return `# ${heading}\n${lines.join('\n')}\n`
}

/**
 * The same text with these values: a line in its place, also one that is commented out, and new ones
 * at the end. Whatever else stands there, comments too, stays as it is.
 * @throws Error when the result would not read back as meant.
 */
export function withValues(text: string, settings: Settings): string {
  let changed = text === '' || text.endsWith('\n') ? text : `${text}\n`
  for (const [name, value] of Object.entries(settings)) {
    const line = `${name}=${quoted(value)}`
    const place = [LINE(name), LINE(`# ${name}`)].find((pattern) => pattern.test(changed))
    changed = place ? changed.replace(place, () => line) : `${changed}${line}\n`
  }
  const meant = { ...parseEnv(text), ...settings }
  const read = parseEnv(changed)
  const isAsMeant = Object.entries(meant).every(([name, value]) => read[name] === value)
  if (!isAsMeant) throw new Error('the settings file cannot be changed line by line')
  return changed
}

/** A quoted value may go over several lines. */
const LINE = (name: string): RegExp => new RegExp(`^${name}=(?:"[^"]*"|'[^']*'|[^\\n]*)`, 'm')

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
