/** docs/key-rotation.md, rehearsed: the other side changes its key while patients pay. */
import { afterEach, describe, expect, it } from 'vitest'
import { asAuthCode } from '../../src/payment/authorisation.ts'
import { makeParameters, type SandboxParameters } from '../../src/sandbox/parameters.ts'
import { seededRandom } from '../support/random.ts'
import { paysUp, startWholeService, type WholeService } from '../support/whole-service.ts'

const BEFORE = makeParameters(seededRandom(1), { alipay: true })
const NEXT = makeParameters(seededRandom(2), { alipay: true })

interface Link {
  readonly name: string
  readonly channel: 'wechat' | 'alipay'
  /** The setting that holds the other side's key. */
  readonly setting: string
  readonly beside?: Record<string, string>
  readonly keyOf: (parameters: SandboxParameters) => string
  /** Whether a signed answer of the other side is believed. */
  readonly believes: (whole: WholeService) => Promise<boolean>
  /** The other side signs with its next key; nothing else has changed. */
  readonly after: SandboxParameters
}

const alipayOf = ({ alipay }: SandboxParameters) => {
  if (alipay === null) throw new Error('no Alipay')
  return alipay
}

const LINKS: readonly Link[] = [
  {
    name: 'HIS',
    channel: 'wechat',
    setting: 'HIS_THEIR_PUBLIC_KEY',
    believes: async ({ app }) => (await app.his.bill('MZ1')).kind === 'absent',
    keyOf: ({ his }) => his.his.publicKeyHex,
    after: { ...BEFORE, his: { ...BEFORE.his, his: NEXT.his.his } },
  },
  {
    name: 'the mid-platform',
    channel: 'wechat',
    setting: 'MID_PLATFORM_THEIR_PUBLIC_KEY',
    // Its refusals are not signed; only what it grants is.
    believes: async ({ patientWith }) => {
      const { patient } = await patientWith('wechat', 'M')
      await patient.open('insurance')
      await patient.preSettle()
      return patient.codes.length === 0
    },
    keyOf: ({ midPlatform }) => midPlatform.platform.publicKeyHex,
    after: {
      ...BEFORE,
      midPlatform: { ...BEFORE.midPlatform, platform: NEXT.midPlatform.platform },
    },
  },
  {
    name: 'the bank',
    channel: 'wechat',
    setting: 'ICBC_GATEWAY_PUBLIC_KEY',
    believes: async ({ app }) => (await app.bank.selfPayOrder('C1')).kind === 'absent',
    keyOf: ({ icbc }) => icbc.gateway.sm2.publicKeyHex,
    after: { ...BEFORE, icbc: { ...BEFORE.icbc, gateway: NEXT.icbc.gateway } },
  },
  {
    name: 'the standard bank',
    channel: 'wechat',
    setting: 'STANDARD_BANK_THEIR_PUBLIC_KEY',
    beside: { BANK: 'standard-bank' },
    believes: async ({ app }) => (await app.bank.selfPayOrder('C1')).kind === 'absent',
    keyOf: ({ standardBank }) => standardBank.bank.publicKeyHex,
    after: { ...BEFORE, standardBank: { ...BEFORE.standardBank, bank: NEXT.standardBank.bank } },
  },
  {
    name: 'Alipay',
    channel: 'alipay',
    setting: 'ALIPAY_PUBLIC_KEY',
    believes: async ({ app: { channels } }) => {
      const jump = { surface: 'mini-program', state: 'S1', reference: 'R1', userId: 'U1' } as const
      const answer = await channels.alipay?.exchange({ ...jump, authCode: asAuthCode('CODE1') })
      return answer?.kind === 'refused'
    },
    keyOf: (parameters) => alipayOf(parameters).alipay.publicKeyPem,
    after: { ...BEFORE, alipay: { ...alipayOf(BEFORE), alipay: alipayOf(NEXT).alipay } },
  },
]

let whole: WholeService | undefined
afterEach(async () => {
  await whole?.stop()
  whole = undefined
})

async function start(link: Link, upstreams: SandboxParameters, keys: string) {
  await whole?.stop()
  whole = await startWholeService({ ...link.beside, [link.setting]: keys }, upstreams)
  return whole
}

/** From the first answer to the callback, everything that the other sides sign is believed. */
async function pays(link: Link, service: WholeService): Promise<void> {
  const { patient } = await service.patientWith(link.channel, 'M')
  await patient.open('insurance')
  await patient.preSettle()
  await paysUp(patient)
}

describe.each(LINKS)('[SC-T04] while $name changes its key', (link) => {
  const [old, next] = [link.keyOf(BEFORE), link.keyOf(link.after)]

  it.each([
    ['before the change', BEFORE],
    ['after it', link.after],
  ])('patients pay, both keys being believed: %s', async (_when, upstreams) => {
    await pays(link, await start(link, upstreams, `${old},${next}`))
  })

  it.each([
    ['the next before it was put into the settings', link.after, old],
    ['the old after it was taken out of them', BEFORE, next],
  ])('a key signs nothing that counts: %s', async (_which, upstreams, keys) => {
    expect(await link.believes(await start(link, upstreams, keys))).toBe(false)
    expect(await link.believes(await start(link, upstreams, `${old},${next}`))).toBe(true)
  })
})
