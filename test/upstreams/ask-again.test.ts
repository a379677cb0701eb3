import { expect, test } from 'vitest'
import { askAgain } from '../../src/upstreams/ask-again.ts'
import { type Answer, done, refused, unknown } from '../../src/upstreams/upstream.ts'

function asked(answers: readonly Answer<number>[]) {
  const slept: number[] = []
  let times = 0
  const question = (): Promise<Answer<number>> => {
    times += 1
    return Promise.resolve(answers[times - 1] ?? unknown('too often'))
  }
  const pause = (ms: number): Promise<void> => {
    slept.push(ms)
    return Promise.resolve()
  }
  return { question, pause, slept, times: () => times }
}

test('a lost answer is asked for again, waiting on the app’s clock only', async () => {
  const { question, pause, slept } = asked([
    unknown('timeout'),
    { kind: 'unsent', cause: 'ECONNREFUSED' },
    done(7),
  ])
  expect(await askAgain(question, { tries: 3, pause, pauseMs: 500 })).toEqual(done(7))
  expect(slept).toEqual([500, 500])
})

test.each<Answer<number>>([done(1), refused('x', 'y'), { kind: 'absent' }, { kind: 'pending' }])(
  '%j is an answer and is not asked for twice',
  async (answer) => {
    const { question, pause, times } = asked([answer])
    expect(await askAgain(question, { tries: 5, pause })).toEqual(answer)
    expect(times()).toBe(1)
  },
)

test('after the last try the last non-answer is what there is, without waiting once more', async () => {
  const { question, pause, slept, times } = asked([unknown('a'), unknown('b')])
  expect(await askAgain(question, { tries: 2, pause })).toEqual(unknown('b'))
  expect([times(), slept.length]).toEqual([2, 1])
})

test('a bug is thrown at once and not repeated', async () => {
  let times = 0
  const question = (): Promise<Answer<number>> => {
    times += 1
    return Promise.reject(new Error('bug'))
  }
  const { pause } = asked([])
  await expect(askAgain(question, { tries: 3, pause })).rejects.toThrow('bug')
  expect(times).toBe(1)
})
