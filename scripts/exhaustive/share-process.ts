/** A part of the courses of `npm run exhaustive`, by their place in the list. */
import { openStore } from '../simulate/database.ts'
import { explore } from './explore.ts'
import { COURSES } from './schedules.ts'

const store = openStore()
process.on('message', (place: number) => {
  void store.then(async (q) => {
    const course = COURSES[place]
    if (course === undefined) throw new Error(`no course ${place}`)
    process.send?.(await explore(q, course))
  })
})
process.once('disconnect', () => process.exit())
