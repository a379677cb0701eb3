/**
 * A service of its own that is killed while a story runs: after each commit that it makes, and between a
 * call's effect and its answer. Started again on the same database, it owes everybody one effect each.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { secureRandom } from '../../../src/clock.ts'
import { makeParameters } from '../../../src/sandbox/parameters.ts'
import { startSandbox } from '../../../src/sandbox/server.ts'
import { type HisCall, hisCalls } from '../../parts/his-calls.ts'
import { sandboxEnvironment } from '../../parts/sandbox-environment.ts'
import { openDatabases } from '../databases.ts'
import { commitPoints } from '../kills.ts'
import { MORTAL, PATIENT_SECRET, type ServiceWish, supervised } from '../stage.ts'
import { type Case, killed, must, WITHIN_MS } from './case.ts'
import type { Story } from './mortal-stories.ts'

/** Quick to see that a call is lost, and to give up the leases of the dead. */
const QUICK = { ...MORTAL, CALL_TIMEOUT_MS: '2000' }
/** Commits that belong to a story; what the worker does by the clock is nobody's part. */
const OF_A_STORY = /^(one-code|hrss|one-card|bill-locked)/
/** A commit may depend on timing; a row in which nobody died proves nothing. */
const TRIES_TO_DIE = 3

export interface Kills {
  readonly cases: readonly Case[]
  readonly close: () => Promise<void>
}

type Play = (story: Story, wish: ServiceWish) => Promise<{ seen: string; deaths: number }>

export async function recordKills(
  stories: readonly Story[],
  settings: Readonly<Record<string, string>>,
): Promise<Kills> {
  const parameters = makeParameters(secureRandom, { alipay: true })
  const sandbox = await startSandbox({ parameters, timeScale: 0.01 })
  const databases = openDatabases('sqlite', '')
  const environment = (urls: { sandboxUrl: string; publicUrl: string; databaseUrl: string }) => ({
    ...sandboxEnvironment(parameters, {
      ...urls,
      keyEncryptionKey: '0123456789abcdef0123456789abcdef',
      patientSecret: PATIENT_SECRET,
    }),
    ...settings,
    ...QUICK,
    HRSS_PAY_LOST_ORDER: 'resend',
  })
  const play: Play = async (story, wish) => {
    const database = await databases.create()
    const service = await supervised({ wish, environment, sandboxUrl: sandbox.url, database })
    try {
      const serviceUrl = service.url
      const his = untilAnswered(hisCalls(serviceUrl, parameters))
      const seen = await story.play({ sandbox, parameters, serviceUrl, his })
      return { seen, deaths: service.deaths() }
    } finally {
      await service.stop()
    }
  }
  const cases = (await Promise.all(stories.map((story) => casesOf(story, play)))).flat()
  const close = async (): Promise<void> => {
    await databases.close()
    await sandbox.stop()
  }
  return { cases, close }
}

/** The places to die are not listed by hand: a recorded run tells every commit there is. */
async function casesOf(story: Story, play: Play): Promise<Case[]> {
  const heard: string[] = []
  try {
    await play(story, { heard: (commit) => heard.push(commit) })
  } catch (error) {
    const why = () => Promise.reject(error)
    return [killed(story.ids, `killed nowhere: 记录全部提交${story.label}`, why)]
  }
  const commits = commitPoints(heard).filter(({ commit }) => OF_A_STORY.test(commit))
  const after = commits.map((point) => {
    const times = point.nth === 1 ? '' : ` #${point.nth}`
    return { title: `killed after ${point.commit}${times}`, wish: { dieAfter: point } }
  })
  const between = story.between.map(({ what, ...lose }) => ({
    title: `killed between ${what} and its answer`,
    wish: { lose: { ...lose, andDie: true } },
  }))
  return [...after, ...between].map(({ title, wish }) =>
    killed(story.ids, title + story.label, async () => {
      for (let tries = 1; ; tries += 1) {
        const { seen, deaths } = await play(story, wish)
        if (deaths > 0) return seen
        must(tries < TRIES_TO_DIE, '进程没有在这里死去')
      }
    }),
  )
}

/** HIS asks again while nobody is there. */
function untilAnswered(his: HisCall): HisCall {
  return async (...call) => {
    for (const end = performance.now() + WITHIN_MS; ; await pause(100)) {
      try {
        return await his(...call)
      } catch (error) {
        if (!(error instanceof TypeError) || performance.now() > end) throw error
      }
    }
  }
}
