import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { Source } from '../../../src/upstreams/settlement-files/adapter.ts'
import { seededRandom } from '../../support/random.ts'

export const DATE = '2026-11-19'
export const NAME = 'M001_20261119.txt'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-files-'))
  made.push(folder)
  return folder
}

/** A file is whole when it ends with END; pauses are counted, nobody waits. */
export function settingsFor(source: Source) {
  const pauses: number[] = []
  const found: string[] = []
  const settings = {
    source,
    folder: newFolder(),
    names: 'M001_{date}*.txt',
    checksum: null,
    signature: null,
    judge: ({ path }: { path: string }) => endsWhole(path),
    mostBytes: 2 ** 20,
    random: seededRandom(),
    tries: 3,
    pauseMs: 1_000,
    damaged: ({ reason }: { reason: string }) => void found.push(reason),
    sleep: (ms: number): Promise<void> => {
      pauses.push(ms)
      return Promise.resolve()
    },
  }
  return { settings, pauses, found }
}

async function endsWhole(path: string): Promise<string | null> {
  const { readFile } = await import('node:fs/promises')
  return (await readFile(path, 'utf8')).endsWith('END\n') ? null : '没有合计行，文件可能被截断'
}
