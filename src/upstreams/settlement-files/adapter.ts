/** Settlement files from a source: listed, brought here, again when damaged, awaited when late. */
import type { Readable } from 'node:stream'
import type { Received, ReceivedFile, SettlementFiles } from '../settlement-files.ts'
import { type Answer, done, refused } from '../upstream.ts'
import { type IntakeSettings, isNameOf, type OfferedFile, receive } from './intake.ts'

/** What the other side has; one visit each, so that nothing stays open between questions. */
export interface Source {
  visit<T>(look: (shelf: Shelf) => Promise<T>): Promise<Visit<T>>
}

export interface Shelf {
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  readonly open: (name: string) => Readable
  readonly content: (name: string) => Promise<Buffer>
}

/** Also a question's answer, but for `absent`: what an empty shelf means is said here. */
export type Visit<T> = Exclude<Answer<T>, { kind: 'absent' | 'pending' }>

export interface AdapterSettings extends IntakeSettings {
  readonly source: Source
  /** How often a damaged file is downloaded at most, and the first pause, doubled each time. */
  readonly tries: number
  readonly pauseMs: number
  readonly sleep: (ms: number) => Promise<void>
  /** Told of every damaged download, also of one that a later download mends (SC-S07). */
  readonly damaged: (found: { readonly date: string; readonly reason: string }) => void
}

export function settlementFiles(settings: AdapterSettings): SettlementFiles {
  const { source, names } = settings
  return {
    list: (date) =>
      source.visit(async ({ files }) =>
        files.map(({ name }) => name).filter((name) => isNameOf(names, date, name)),
      ),
    fetch: (date) => fetchAll(settings, date),
  }
}

async function fetchAll(
  settings: AdapterSettings,
  date: string,
): Promise<Answer<readonly ReceivedFile[]>> {
  let pauseMs = settings.pauseMs
  for (let tries = 1; ; tries += 1) {
    const visit = await settings.source.visit((shelf) => receiveAll(settings, shelf, date))
    if (visit.kind === 'refused') return visit
    if (visit.kind === 'done') {
      if (visit.value.length === 0) return { kind: 'absent' }
      const damaged = visit.value.find((one) => one.kind === 'damaged')
      if (!damaged) return done(onceEach(visit.value))
      settings.damaged({ date, reason: damaged.reason })
      if (tries >= settings.tries) return refused('file-damaged', damaged.reason)
    } else if (tries >= settings.tries) return visit
    await settings.sleep(pauseMs)
    pauseMs *= 2
  }
}

/** The same content under a second name is the same file: its rows must not count twice. */
function onceEach(all: readonly Received[]): ReceivedFile[] {
  const files = all.flatMap((one) => (one.kind === 'received' ? [one.file] : []))
  return files.filter((file, at) => files.findIndex(({ sha256 }) => sha256 === file.sha256) === at)
}

/** A digest or a signature is a line or two. */
const MOST_COMPANION_BYTES = 2 ** 16

async function receiveAll(
  settings: AdapterSettings,
  shelf: Shelf,
  date: string,
): Promise<Received[]> {
  const there = new Map(shelf.files.map(({ name, bytes }) => [name, bytes]))
  const companions = [settings.checksum?.suffix, settings.signature?.suffix].filter(
    (suffix) => suffix !== undefined,
  )
  const received: Received[] = []
  for (const { name, bytes } of shelf.files) {
    if (!isNameOf(settings.names, date, name)) continue
    if (companions.some((suffix) => name.endsWith(suffix))) continue
    // The companion is written last: without it the file is still on its way.
    if (!companions.every((suffix) => there.has(name + suffix))) continue
    if (companions.some((suffix) => (there.get(name + suffix) ?? 0) > MOST_COMPANION_BYTES)) {
      received.push({ kind: 'damaged', reason: '校验或签名文件过大' })
      continue
    }
    const offered: OfferedFile = {
      date,
      name,
      bytes,
      open: () => shelf.open(name),
      companion: (suffix) => shelf.content(name + suffix),
    }
    received.push(await receive(settings, offered))
  }
  return received
}
