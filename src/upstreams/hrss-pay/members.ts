/** The members of a JSON object as they were written: a signature over one is over its very text. */

/**
 * Name and raw text of each member, or null when it is no object or names one twice: two readers
 * would not agree which of them counts.
 */
export function membersOf(text: string): Map<string, string> | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  } catch {
    return null
  }
  const members = new Map<string, string>()
  for (const member of split(text.trim().slice(1, -1))) {
    const [, quoted = '', raw = ''] = /^\s*("(?:[^"\\]|\\.)*")\s*:([^]*)$/.exec(member) ?? []
    if (quoted === '') continue
    const name: string = JSON.parse(quoted)
    if (members.has(name)) return null
    members.set(name, raw.trim())
  }
  return members
}

/** At the commas that stand in no string and in no bracket; the text is known to be JSON. */
function split(inside: string): string[] {
  const parts: string[] = []
  let depth = 0
  let inString = false
  let from = 0
  for (let at = 0; at < inside.length; at += 1) {
    const character = inside[at]
    if (inString && character === '\\') at += 1
    else if (character === '"') inString = !inString
    else if (inString) continue
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    else if (character === ',' && depth === 0) {
      parts.push(inside.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, inside.slice(from)]
}
