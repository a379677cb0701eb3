/** A part of the runs of `npm run simulate`, as its parent sends them. */
import { runner } from './shard.ts'
import type { Day } from './world.ts'

const ready = runner()
process.on('message', (day: Day) => {
  void ready.then(async (run) => process.send?.(await run(day)))
})
process.once('disconnect', () => process.exit())
