import type { App } from '../app.ts'
import { businessDate, nonce } from '../payment/numbers.ts'
import * as signIns from '../store/sign-ins.ts'
import type { InsuredPerson, Outcome, PersonQuery } from '../upstreams/upstream.ts'

/** How long one process may be signing in before another may try. */
const TURN_MS = 10_000
const LOOK_AGAIN_MS = 100

/** Step 5: the insured person, signing the operator in first where the business day has none yet. */
export async function insuredPerson(
  app: App,
  query: Omit<PersonQuery, 'signNo'>,
): Promise<Outcome<InsuredPerson>> {
  const first = await signedIn(app)
  if (first.kind !== 'done') return first
  const answer = await app.insuredPersons.person({ ...query, signNo: first.value })
  if (answer.kind !== 'refused' || answer.code !== 'invalid-sign-no') return answer
  await signIns.clear(app.db, keyNow(app), first.value)
  const second = await signedIn(app)
  if (second.kind !== 'done') return second
  return app.insuredPersons.person({ ...query, signNo: second.value })
}

const keyNow = (app: App): signIns.SignInKey => ({
  operator: app.insuredPersons.operator,
  businessDate: businessDate(app.clock.now()),
})

/** 9001 once an operator and business day; other processes wait for the one that has the turn. */
async function signedIn(app: App): Promise<Outcome<string>> {
  const key = keyNow(app)
  const giveUpAt = app.clock.now() + TURN_MS
  for (;;) {
    const known = await signIns.find(app.db, key)
    if (known !== null) return { kind: 'done', value: known }
    const now = app.clock.now()
    const lease = { owner: nonce(app.random), now, until: now + TURN_MS }
    if (await signIns.takeTurn(app.db, key, lease)) {
      const answer = await app.insuredPersons.signIn()
      await signIns.store(app.db, key, answer.kind === 'done' ? answer.value.signNo : null)
      return answer.kind === 'done' ? { kind: 'done', value: answer.value.signNo } : answer
    }
    if (now >= giveUpAt) return { kind: 'unknown', cause: 'another process is signing in' }
    await app.clock.sleep(LOOK_AGAIN_MS)
  }
}
