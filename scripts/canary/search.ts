/** What a canary looks like wherever it may have leaked, and where it was found. */

export const FORMS = ['plain', 'hex', 'base64'] as const
export type Form = (typeof FORMS)[number]

export interface Canary {
  readonly what: string
  readonly text: string
}

/** Something that was searched: one file, one answer, one dump. */
export interface Source {
  readonly name: string
  readonly bytes: Buffer
}

export interface Finding {
  readonly canary: string
  readonly place: string
  readonly source: string
  readonly form: Form
}

/** Key material is written as hex but used as bytes: both could leak. */
function bytesOf(text: string): Buffer[] {
  const isHex = text.length >= 32 && text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text)
  return isHex ? [Buffer.from(text), Buffer.from(text, 'hex')] : [Buffer.from(text)]
}

/** The characters that do not depend on the neighbours, for each of the three alignments. */
export function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const from = Math.ceil((offset * 8) / 6)
    return text.slice(from, Math.floor(((offset + bytes.length) * 8) / 6))
  })
}

const urlSafe = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_')
const jsonEscaped = (text: string): string =>
  text.replace(/[^ -~]/g, (at) => `\\u${at.charCodeAt(0).toString(16).padStart(4, '0')}`)

const distinct = (forms: string[]): Buffer[] => [...new Set(forms)].map((form) => Buffer.from(form))

export function formsOf(text: string): Record<Form, Buffer[]> {
  const all = bytesOf(text)
  const hex = all.flatMap((bytes) => [bytes.toString('hex'), bytes.toString('hex').toUpperCase()])
  const base64 = all.flatMap(base64Cores).flatMap((core) => [core, urlSafe(core)])
  const written = [jsonEscaped(text), encodeURIComponent(text)].map((form) => Buffer.from(form))
  return { plain: [...all, ...written], hex: distinct(hex), base64: distinct(base64) }
}

export function search(
  canaries: readonly Canary[],
  places: ReadonlyMap<string, readonly Source[]>,
): Finding[] {
  const findings: Finding[] = []
  for (const { what, text } of canaries) {
    const forms = formsOf(text)
    for (const [place, sources] of places)
      for (const { name, bytes } of sources)
        for (const form of FORMS)
          if (forms[form].some((wanted) => bytes.includes(wanted)))
            findings.push({ canary: what, place, source: name, form })
  }
  return findings
}

/** A blind detector finds nothing too. @returns the canaries that it would miss in some form. */
export function blindSpots(canaries: readonly Canary[]): string[] {
  return canaries.flatMap(({ what, text }) => {
    const planted = [
      `x${text}x`,
      Buffer.from(text).toString('hex'),
      ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${text}yz`).toString('base64')),
    ]
    const seen = planted.every((leak) => {
      const source = { name: 'planted', bytes: Buffer.from(leak) }
      return search([{ what, text }], new Map([['planted', [source]]])).length > 0
    })
    return seen ? [] : [what]
  })
}
