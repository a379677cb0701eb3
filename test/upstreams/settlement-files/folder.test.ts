import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type Shelf, settlementFiles } from '../../../src/upstreams/settlement-files/adapter.ts'
import { folderSource, receiveUpload } from '../../../src/upstreams/settlement-files/folder.ts'
import { DATE, NAME, newFolder, settingsFor } from './settings.ts'

const content = Buffer.from('row\nEND\n')

describe('a folder', () => {
  it('gives its plain files of the day, and is left as it is', async () => {
    const shelf = newFolder()
    writeFileSync(join(shelf, NAME), content)
    mkdirSync(join(shelf, 'M001_20261119_2.txt'))
    symlinkSync('/etc/passwd', join(shelf, 'M001_20261119_3.txt'))
    const { settings } = settingsFor(folderSource(shelf))
    const answer = await settlementFiles(settings).fetch(DATE)
    expect(answer).toMatchObject({ kind: 'done', value: [{ name: NAME, bytes: 8 }] })
    expect(readdirSync(shelf)).toHaveLength(3)
  })

  it('that is missing is an unknown answer, not an empty one', async () => {
    const { settings, pauses } = settingsFor(folderSource(join(newFolder(), 'gone')))
    const answer = await settlementFiles(settings).fetch(DATE)
    expect(answer).toEqual({ kind: 'unknown', cause: 'folder ENOENT' })
    expect(pauses).toEqual([1_000, 2_000])
  })
})

describe('[SC-S07] a transfer that breaks off', () => {
  const files = [{ name: NAME, bytes: content.length }]
  const shelf = (open: () => Readable): Shelf => ({
    files,
    open,
    content: () => Promise.resolve(content),
  })

  it('leaves nothing behind and is tried again', async () => {
    let tries = 0
    const breaking = shelf(() => {
      tries += 1
      return Readable.from(
        (function* () {
          yield content.subarray(0, 4)
          if (tries < 3) throw new Error('connection lost')
          yield content.subarray(4)
        })(),
      )
    })
    const source = {
      visit: async <T>(look: (shelf: Shelf) => Promise<T>) => {
        try {
          return { kind: 'done', value: await look(breaking) } as const
        } catch {
          return { kind: 'unknown', cause: 'lost' } as const
        }
      },
    }
    const { settings } = settingsFor(source)
    expect(await settlementFiles(settings).fetch(DATE)).toMatchObject({ kind: 'done' })
    expect(tries).toBe(3)
    expect(readdirSync(join(settings.folder, 'incoming'))).toEqual([])
  })

  it('and looks like an end is found by the size', async () => {
    const half = shelf(() => Readable.from([content.subarray(4)]))
    const source = {
      visit: async <T>(look: (shelf: Shelf) => Promise<T>) =>
        ({ kind: 'done', value: await look(half) }) as const,
    }
    const { settings } = settingsFor(source)
    expect(await settlementFiles(settings).fetch(DATE)).toMatchObject({
      code: 'file-damaged',
      message: '文件大小与对方不符，可能被截断',
    })
  })
})

const upload = (name: string, bytes = content) => {
  const { settings } = settingsFor(folderSource(''))
  return { settings, received: receiveUpload(settings, { date: DATE, name, content: bytes }) }
}

describe('a file handed over by a person', () => {
  it('comes in the same way', async () => {
    const { received } = upload(NAME)
    const answer = await received
    if (answer.kind !== 'received') throw new Error(answer.reason)
    expect(readFileSync(answer.file.path)).toEqual(content)
  })

  it.each([
    '../M001_20261119.txt',
    'M001_20261119/../../x.txt',
    '/etc/M001_20261119.txt',
    'M001_20261119\\..\\x.txt',
    'M001_20261119\u0000.txt',
    'M001_20261119\n.txt',
    'M001_20261119..txt',
    'M001_20261118.txt',
    'M002_20261119.txt',
    `M001_20261119${'x'.repeat(200)}.txt`,
  ])('[SC-S07] is refused under the name %j, and nothing is written', async (name) => {
    const { settings, received } = upload(name)
    expect(await received).toEqual({ kind: 'damaged', reason: '文件名不符合约定' })
    expect(readdirSync(settings.folder)).toEqual([])
  })

  it('is put aside when its content does not hold', async () => {
    const { settings, received } = upload(NAME, Buffer.from('row\n'))
    expect(await received).toMatchObject({ kind: 'damaged' })
    expect(readdirSync(join(settings.folder, 'quarantine', DATE))).toHaveLength(1)
  })
})
