/** What every payment channel keeps, whatever its protocol: run by each channel's own tests. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asAuthCode } from '../../src/payment/authorisation.ts'
import { billOf } from '../../src/sandbox/his-bills.ts'
import { payerOf } from '../../src/sandbox/people.ts'
import type { SandboxContext } from '../../src/sandbox/registry.ts'
import type { Send } from '../../src/upstreams/http-client.ts'
import type { AuthorisationExchange, Channel, Placed } from '../../src/upstreams/upstream.ts'
import { failing, NOW, watched } from './stub.ts'

export interface ChannelUnderTest {
  readonly context: () => SandboxContext
  /** With `TIMEOUT_MS` for a call. */
  readonly connect: (
    context: SandboxContext,
    watch: ReturnType<typeof watched>,
    now?: () => number,
  ) => Channel
  /** To the pretend channel of this context. */
  readonly send: (context: SandboxContext) => Send
  /** A believable answer to the exchange with this content: only its meaning may be doubted. */
  readonly saying: (context: SandboxContext, content: string) => Send
  /** The user confirms on the channel's page. */
  readonly consent: (context: SandboxContext, from: { billNo: string; authCode: string }) => void
  /** What the bank says of an order with a self-pay part, and of one without. */
  readonly placed: { readonly withCash: Placed; readonly withoutCash: Placed }
}

export const TIMEOUT_MS = 1000
export const USER_ID = '2088000000000001'
export const BILL = 'MZ20261120000123-M'
const CODE = '384188081113592029'
const STATE = 'ONEUSESTATE0123456789ABCDEFGHJKM'
const REFERENCE = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'

export function requestOf(change: Partial<AuthorisationExchange> = {}): AuthorisationExchange {
  return {
    surface: 'mini-program',
    state: STATE,
    reference: REFERENCE,
    userId: USER_ID,
    authCode: asAuthCode(CODE),
    ...change,
  }
}

/** A channel whose user has confirmed for this bill and come back with a code. */
export function linkTo(channel: ChannelUnderTest, billNo = BILL, through?: (send: Send) => Send) {
  const context = channel.context()
  const bill = billOf(context, billNo)
  if (bill === null) throw new Error('no bill')
  channel.consent(context, { billNo, authCode: CODE })
  const send = channel.send(context)
  const watch = watched(through ? through(send) : send)
  return { ...watch, bill, context, channel: channel.connect(context, watch) }
}

function linkWith(channel: ChannelUnderTest, sendOf: (context: SandboxContext) => Send) {
  const context = channel.context()
  const watch = watched(sendOf(context))
  return { ...watch, channel: channel.connect(context, watch) }
}

const timesSent = (sent: readonly { body: Buffer | string }[], text: string): number =>
  sent.filter(({ body }) => String(body).includes(text)).length

/** Answers as the channel does, but the nth request ends like this. */
const breakingAt =
  (nth: number, kind: 'unsent' | 'unknown') =>
  (send: Send): Send => {
    let requests = 0
    return (request) => {
      requests += 1
      return requests === nth ? failing(kind)(request) : send(request)
    }
  }

export function keepsTheContract(name: string, channel: ChannelUnderTest): void {
  describe(`${name} as a payment channel`, () => {
    jumps(channel)
    exchanges(channel)
    brokenExchanges(channel)
    timeouts(channel)
    cashiers(channel)
  })
}

function jumps(channel: ChannelUnderTest): void {
  it.each(['mini-program', 'h5'] as const)('echoes our state on %s [SC-P03]', async (surface) => {
    const link = linkWith(channel, channel.send)
    const jump = await link.channel.authorisation(requestOf({ surface }))
    expect(jump).toMatchObject({ kind: 'done', value: { state: STATE } })
    expect(link.written()).not.toContain(STATE)
    expect(link.written()).not.toContain(USER_ID)
  })
}

function exchanges(channel: ChannelUnderTest): void {
  it('gives the payAuthNo and its holder for a code, and writes none of them down [SC-P04] [SC-G02]', async () => {
    const link = linkTo(channel)
    const outcome = await link.channel.exchange(requestOf())
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    const { name, idNo } = link.bill.patient
    expect(outcome.value).toMatchObject({ payer: { name, idNo }, family: false })
    const payAuthNo = outcome.value.payAuthNo.reveal()
    expect(link.context.registry.payAuthNos.has(payAuthNo)).toBe(true)
    for (const secret of [payAuthNo, CODE, STATE, USER_ID, name, idNo])
      expect(link.written()).not.toContain(secret)
    expect(link.exchanges.length).toBe(link.sent.length * 2)
    expect(timesSent(link.sent, CODE)).toBe(1)
  })

  it('names the payer, who is not the patient, with family payment [SC-P04] [SC-P09]', async () => {
    const link = linkTo(channel, `${BILL}F41`)
    const { name, idNo } = payerOf(link.bill).payer
    expect(await link.channel.exchange(requestOf())).toMatchObject({
      kind: 'done',
      value: { payer: { name, idNo }, family: true },
    })
    expect(name + idNo).not.toBe(link.bill.patient.name + link.bill.patient.idNo)
  })

  it('refuses a code the second time and one of another user, in words [SC-P04]', async () => {
    const link = linkTo(channel)
    await link.channel.exchange(requestOf())
    const again = await link.channel.exchange(requestOf())
    expect(again).toMatchObject({ kind: 'refused', message: expect.stringMatching(/\S/) })
    const other = await linkTo(channel).channel.exchange(requestOf({ userId: '2088000000000002' }))
    expect(other.kind).toBe('refused')
  })
}

function brokenExchanges(channel: ChannelUnderTest): void {
  it('does not know after a lost answer, and has sent the code once [SC-P04]', async () => {
    const link = linkTo(channel, `${BILL}F05`)
    expect((await link.channel.exchange(requestOf())).kind).toBe('unknown')
    expect(timesSent(link.sent, CODE)).toBe(1)
  })

  it('is unsent only while the code is alive [SC-P04]', async () => {
    const whole = linkTo(channel)
    await whole.channel.exchange(requestOf())
    for (const nth of whole.sent.keys()) {
      const [unsent, lost] = (['unsent', 'unknown'] as const).map((kind) =>
        linkTo(channel, BILL, breakingAt(nth + 1, kind)),
      )
      expect((await unsent?.channel.exchange(requestOf()))?.kind).toBe(
        nth === 0 ? 'unsent' : 'unknown',
      )
      expect((await lost?.channel.exchange(requestOf()))?.kind).toBe('unknown')
    }
  })

  it.each([301, 400, 401, 500, 502])('does not know what HTTP %i means', async (status) => {
    const saying: Send = async (request) => {
      const answer = await channel.saying(channel.context(), '{}')(request)
      return answer.kind === 'answer' ? { ...answer, status } : answer
    }
    const link = linkWith(channel, () => saying)
    expect((await link.channel.exchange(requestOf())).kind).toBe('unknown')
  })

  it('never throws and is never done for a hostile answer, believable or not', async () => {
    const context = channel.context()
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (content) => {
        const link = linkWith(channel, () => channel.saying(context, content))
        const outcome = await link.channel.exchange(requestOf())
        expect(['unknown', 'refused']).toContain(outcome.kind)
      }),
      { numRuns: 50 },
    )
  })
}

function timeouts(channel: ChannelUnderTest): void {
  it('takes no longer for an exchange than one call may, whatever it consists of', async () => {
    const context = channel.context()
    billOf(context, BILL)
    channel.consent(context, { billNo: BILL, authCode: CODE })
    let now = NOW
    const send = channel.send(context)
    const watch = watched(async (request) => {
      expect(request.timeoutMs).toBeLessThanOrEqual(NOW + TIMEOUT_MS - now)
      now += TIMEOUT_MS - 1
      return send(request)
    })
    await channel.connect(context, watch, () => now).exchange(requestOf())
    expect(now).toBeGreaterThan(NOW)
    for (const { timeoutMs } of watch.sent) expect(timeoutMs).toBeGreaterThan(0)
  })
}

function cashiers(channel: ChannelUnderTest): void {
  it('makes the cashier from the bank’s answers alone [SC-P10]', () => {
    const link = linkWith(channel, () => failing('unknown'))
    const { withCash, withoutCash } = channel.placed
    for (const placed of [withCash, withoutCash]) {
      const cashier = link.channel.cashier(placed)
      if (cashier === null) throw new Error('no cashier')
      const { method: _, ...shown } = cashier
      const told = Object.values({ ...placed.prepay, page: placed.page, no: placed.mixTradeNo })
      for (const value of Object.values(shown)) expect(told).toContain(value)
    }
    expect(link.sent).toEqual([])
  })
}
