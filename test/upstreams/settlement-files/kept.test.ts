import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Source, settlementFiles } from '../../../src/upstreams/settlement-files/adapter.ts'
import { folderSource } from '../../../src/upstreams/settlement-files/folder.ts'
import { withKept } from '../../../src/upstreams/settlement-files/kept.ts'
import { DATE, NAME, newFolder, settingsFor } from './settings.ts'

function received() {
  const shelf = newFolder()
  let silent = false
  const source: Source = {
    visit: async (look) =>
      silent ? { kind: 'unsent', cause: 'no line' } : folderSource(shelf).visit(look),
  }
  const { settings } = settingsFor(source)
  const files = withKept(settlementFiles(settings), settings)
  const fetched = async () => {
    const answer = await files.fetch(DATE)
    if (answer.kind !== 'done') return answer.kind
    return answer.value.map(({ name, bytes, repeated }) => [name, bytes, repeated])
  }
  return {
    put: (content: string, name = NAME) => writeFileSync(join(shelf, name), content),
    remove: () => rmSync(join(shelf, NAME)),
    goSilent: () => (silent = true),
    keptIn: join(settings.folder, 'received', DATE),
    fetched,
  }
}

describe('[SC-C02] [SC-C03] a day that was received once', () => {
  it('is read again when its file is no longer at its source, or the source is silent', async () => {
    const { put, remove, goSilent, fetched } = received()
    expect(await fetched()).toBe('absent')
    put('row\nEND\n')
    expect(await fetched()).toEqual([[NAME, 8, false]])
    remove()
    expect(await fetched()).toEqual([[NAME, 8, true]])
    goSilent()
    expect(await fetched()).toEqual([[NAME, 8, true]])
  })

  it('is what was issued last, also where an earlier content came again', async () => {
    const { put, remove, fetched } = received()
    for (const content of ['row\nEND\n', 'row\nrow\nEND\n', 'row\nEND\n']) {
      put(content)
      await fetched()
    }
    remove()
    expect(await fetched()).toEqual([[NAME, 8, true]])
  })

  it('does not stand in for a file that is damaged now', async () => {
    const { put, fetched } = received()
    put('row\nEND\n')
    await fetched()
    put('row\n')
    expect(await fetched()).toBe('refused')
  })

  it('does not count once somebody has changed the copy', async () => {
    const { put, remove, keptIn, fetched } = received()
    put('row\nEND\n')
    await fetched()
    remove()
    const [copy = ''] = readdirSync(keptIn).filter((name) => name.endsWith(NAME))
    appendFileSync(join(keptIn, copy), 'row\nEND\n')
    expect(await fetched()).toBe('absent')
    rmSync(join(keptIn, copy))
    expect(await fetched()).toBe('absent')
  })
})
