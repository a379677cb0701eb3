import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/logger.ts'
import { connectChannels } from '../../src/wiring/channels.ts'
import { testSettings } from '../support/app.ts'
import { seededRandom } from '../support/random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const OWN = {
  ENVIRONMENT: 'production',
  KEY_ENCRYPTION_KEY: '5f0d31b7c6a94e2280d7193c4ab6ee58',
}

/** Where a patient is sent to authorise. */
async function jump(given: Record<string, string>, surface: 'mini-program' | 'h5') {
  const { wechat } = connectChannels({
    settings: testSettings(given),
    clock: new VirtualClock(),
    random: seededRandom(1),
    log: createLogger('silent'),
    engine: 'native',
    send: () => Promise.reject(new Error('step 3 is no call at WeChat')),
    recordExchange: () => {},
  })
  const request = { surface, state: 's', reference: 'r', userId: 'openid-1' } as const
  const answer = await wechat?.authorisation(request)
  return answer?.kind === 'done' ? answer.value : answer
}

describe('the same program', () => {
  it.each([
    [{}, 'trial', 'https://mitest.wecity.qq.com/'],
    [{ ENVIRONMENT: 'sandbox' }, 'trial', 'https://mitest.wecity.qq.com/'],
    [OWN, 'release', 'https://card.wecity.qq.com/'],
  ])(
    '[SC-O13] sends patients to what the channel switched on, by its settings alone: %j',
    async (given, envVersion, host) => {
      expect(await jump(given, 'mini-program')).toMatchObject({ envVersion })
      const page = await jump(given, 'h5')
      expect(page).toMatchObject({ kind: 'page', url: expect.stringContaining(host) })
    },
  )

  it('[SC-O13] sends them elsewhere when the hospital says where', async () => {
    const given = { ...OWN, WECHAT_AUTH_PAGE_URL: 'https://page.hospital.example/auth' }
    expect(await jump(given, 'h5')).toMatchObject({
      url: expect.stringContaining('https://page.hospital.example/auth?'),
    })
  })
})
