/**
 * Loaded before everything else (`node --import`): tells one file of the source as a plant wants it.
 * @throws Error where the words are not there, so that no plant outlives the code it is about.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { PLANTS } from './plants.ts'

const plant = PLANTS.find(({ name }) => name === process.env['PLANT'])
if (plant === undefined) throw new Error(`no such plant: ${process.env['PLANT']}`)

const { href } = new URL(`../../src/${plant.file}`, import.meta.url)
let isPlanted = false

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context)
    if (url !== href) return loaded
    const source = textOf(loaded.source)
    if (source.split(plant.from).length !== 2)
      throw new Error(`${fileURLToPath(href)}: not once there: ${plant.from}`)
    isPlanted = true
    return { ...loaded, source: source.replace(plant.from, () => plant.to) }
  },
})

function textOf(source: unknown): string {
  return typeof source === 'string' ? source : Buffer.from(bytesOf(source)).toString()
}

function bytesOf(source: unknown): Uint8Array {
  if (source instanceof Uint8Array) return source
  throw new Error('a source is text or bytes')
}

process.on('exit', () => {
  if (!isPlanted) throw new Error(`${plant.file} was never loaded`)
})
