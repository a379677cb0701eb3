/** Two people at the operators' command, beside the running service. */
import { z } from 'zod'
import { type Scene, until } from './row.ts'

const ITEMS = z.array(z.object({ id: z.string(), orderId: z.string().nullable() }))
const ADDED = z.object({ key: z.string() })

export interface Wish {
  readonly action: string
  readonly more?: readonly string[]
  /** Money is at stake: a second person confirms. */
  readonly two: boolean
}

/** Waits for the order's open work item and does this about it. */
export async function decide(scene: Scene, { action, more = [], two }: Wish): Promise<void> {
  const { service, patient, must } = scene
  const { id: orderId } = await patient.look()
  const items = await until(
    async () => ITEMS.parse(JSON.parse(await service.operate([]))),
    (known) => known.some((item) => item.orderId === orderId),
  )
  const item = items.find((known) => known.orderId === orderId)
  must(item !== undefined, '没有待人工处理的事项')
  if (!item) return
  const first = await newOperator(scene)
  const words = ['--action', action, '--note', '演练', ...more]
  await first(['resolve', item.id, ...words])
  if (two) await (await newOperator(scene))(['confirm', item.id])
}

let operators = 0

async function newOperator({ service }: Scene) {
  operators += 1
  const name = `演练${operators}`
  const { key } = ADDED.parse(JSON.parse(await service.operate(['operator', 'add', name])))
  return (words: readonly string[]) => service.operate([...words, '--operator', name], key)
}
