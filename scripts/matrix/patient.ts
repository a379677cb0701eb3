/** A patient with a phone: calls the service as a mini-program would, and remembers what it did. */
import { SignJWT } from 'jose'
import { z } from 'zod'

const ORDER = z.object({
  id: z.string(),
  version: z.number(),
  billNo: z.string(),
  scenario: z.string().nullable(),
  status: z.string(),
  statusText: z.string(),
  amounts: z.object({
    totalFen: z.number(),
    fundFen: z.number(),
    accountFen: z.number(),
    otherFen: z.number(),
    selfPayFen: z.number(),
  }),
  refundedFen: z.number(),
  selfPay: z.object({ status: z.string() }),
  insurance: z.object({ status: z.string() }),
  hisWriteBack: z.string(),
  refundPromise: z
    .object({ amountFen: z.number(), confirmedAt: z.string().nullable() })
    .loose()
    .nullable(),
})
export type OrderView = z.infer<typeof ORDER>

/** WeChat's call-up members, or the page of Alipay's cashier. */
const CASHIER = z.object({ method: z.string() }).catchall(z.string())
export type Cashier = z.infer<typeof CASHIER>

const JUMP = z.object({ kind: z.string(), state: z.string() }).loose()
const PROBLEM = z.object({ code: z.string(), detail: z.string().optional() })

export interface ClientStep {
  readonly at: number
  /** Of table 2, 退n of table 3. */
  readonly no: string
  readonly call: string
  readonly number: string
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

interface Known {
  readonly serviceUrl: string
  readonly sandboxUrl: string
  readonly billNo: string
  readonly token: string
  readonly channel: 'wechat' | 'alipay'
  /** A user of their own for each bill, unless it says otherwise. */
  readonly openid?: string
}

export async function patientToken(
  secret: string,
  claims: { openid: string; patientIds: readonly string[] },
): Promise<string> {
  return new SignJWT({ openid: claims.openid, patientIds: claims.patientIds })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(claims.openid)
    .setAudience('jianlian')
    .setExpirationTime('12h')
    .sign(Buffer.from(secret))
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** How long a patient goes on trying while the service is away. */
const PATIENCE_MS = 30_000
const LOOK_EVERY_MS = 50
/** Where repeating the payment may still give a cashier. */
const MAY_PAY = new Set(['pre-settled', 'processing', 'awaiting-payment'])

/** The patient at the phone. A call is repeated while nobody answers, as a thumb would. */
export class Patient {
  readonly steps: ClientStep[] = []
  /** Problem codes the service answered with, in order. */
  readonly codes: string[] = []
  /** Kinds of jumps to the authorisation page, in order. */
  readonly jumps: string[] = []
  readonly #known: Known
  readonly #openid: string
  #orderId = ''

  constructor(known: Known) {
    this.#known = known
    this.#openid = known.openid ?? `o${known.billNo}`
  }

  async open(payMode: 'insurance' | 'self-pay'): Promise<Answer> {
    const { billNo, channel } = this.#known
    const began = Date.now()
    const wish = { billNo, channel, surface: 'mini-program', payMode }
    const answer = await this.#service('POST', '/api/orders', wish)
    if (answer.status < 300) this.#orderId = ORDER.parse(answer.body).id
    this.#did('2', 'POST orders', { number: this.#orderId, at: began })
    return answer
  }

  /** Steps 3 to 7; authorises again where the service says that the authorisation is lost. */
  async preSettle(): Promise<void> {
    const end = Date.now() + PATIENCE_MS
    while (Date.now() < end) {
      const jumped = await this.#order('POST', 'authorization')
      if (jumped.status === 200) {
        const answer = await this.#preSettleWith(JUMP.parse(jumped.body), end)
        const lost = answer.status === 422 && this.codes.at(-1) === 'authorisation-lost'
        if (!lost) return
      }
      await pause(LOOK_EVERY_MS * 4)
      if ((await this.look()).status !== 'created') return
    }
  }

  /** Unknown is 202: the same call again joins what runs. */
  async #preSettleWith(jump: z.infer<typeof JUMP>, end: number): Promise<Answer> {
    this.jumps.push(jump.kind)
    this.#did('3', 'POST authorization', { number: jump.state.slice(0, 8) })
    const authCode = await authorise(this.#known, this.#openid, jump)
    for (;;) {
      const answer = await this.#order('POST', 'pre-settlement', { state: jump.state, authCode })
      if (answer.status !== 202 || Date.now() > end) return answer
      await pause(LOOK_EVERY_MS * 4)
    }
  }

  /** Steps 8 to 10: null when no cashier is to be had. */
  async checkOut(): Promise<Cashier | null> {
    const end = Date.now() + PATIENCE_MS
    for (let pressed = 1; Date.now() < end; pressed += 1) {
      const answer = await this.#order('POST', 'payment')
      if (answer.status === 200) {
        const { cashier } = z.object({ cashier: CASHIER }).parse(answer.body)
        this.#did('10', 'POST payment', { number: cashier['mixTradeNo'] ?? cashier.method })
        return cashier
      }
      if (answer.status !== 202) {
        // Paid between the last look and this press: good news, and no refusal of what was asked first.
        if (pressed > 1 && this.codes.at(-1) === 'already-paid') this.codes.pop()
        return null
      }
      await pause(LOOK_EVERY_MS * 4)
      if (!MAY_PAY.has((await this.look()).status)) return null
    }
    return null
  }

  /** The password in the channel's cashier; false when the phone refused. */
  async payOnPhone(cashier: Cashier): Promise<boolean> {
    const url = `${this.#known.sandboxUrl}/phone/pay`
    return (await call(url, { method: 'POST', body: cashier })).status === 200
  }

  cancel(): Promise<Answer> {
    return this.#order('POST', 'cancellation')
  }

  async refresh(): Promise<OrderView> {
    return orderOf(await this.#order('POST', 'refresh'))
  }

  /** Table 3, step 1: everything, or this much of the own money. */
  async askRefund(amountFen?: number): Promise<Answer> {
    const wish = { reason: '未就诊', ...(amountFen !== undefined && { amountFen }) }
    this.#did('退1', 'POST refunds', { number: this.#orderId })
    return this.#order('POST', 'refunds', wish)
  }

  async look(): Promise<OrderView> {
    return orderOf(await this.#service('GET', this.#orderPath()))
  }

  /** Step 13: what the platform shows in the end. */
  async seeResult(): Promise<OrderView> {
    const order = await this.look()
    this.#did('13', 'GET order', { number: order.status })
    return order
  }

  #did(no: string, call: string, { number, at = Date.now() }: { number: string; at?: number }) {
    this.steps.push({ no, call, number, at })
  }

  #orderPath(): string {
    if (this.#orderId === '') throw new Error(`没有订单：${this.codes.join('、')}`)
    return `/api/orders/${this.#orderId}`
  }

  #order(method: string, action: string, body?: unknown): Promise<Answer> {
    return this.#service(method, `${this.#orderPath()}/${action}`, body)
  }

  async #service(method: string, path: string, body?: unknown): Promise<Answer> {
    const { token, billNo, serviceUrl } = this.#known
    const headers = {
      authorization: `Bearer ${token}`,
      'x-device-id': `matrix-${billNo}`.padEnd(16, '0'),
    }
    const answer = await call(`${serviceUrl}${path}`, { method, headers, body })
    const problem = PROBLEM.safeParse(answer.body)
    if (answer.status >= 400)
      this.codes.push(problem.success ? problem.data.code : String(answer.status))
    return answer
  }
}

function orderOf(answer: Answer): OrderView {
  if (answer.status >= 400) throw new Error(`订单接口应答 ${answer.status}`)
  return ORDER.parse(answer.body)
}

async function authorise(
  known: Known,
  openid: string,
  jump: z.infer<typeof JUMP>,
): Promise<string> {
  const body = { billNo: known.billNo, openid, jump }
  const answer = await call(`${known.sandboxUrl}/phone/authorise`, { method: 'POST', body })
  return z.object({ authCode: z.string() }).parse(answer.body).authCode
}

/** Repeats while nobody answers: the patient taps again when the network comes back. */
async function call(
  url: string,
  options: { method: string; headers?: Record<string, string>; body?: unknown },
): Promise<Answer> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      const response = await fetch(url, {
        method: options.method,
        headers: { 'content-type': 'application/json', ...options.headers },
        ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      })
      return { status: response.status, body: await response.json() }
    } catch (error) {
      if (Date.now() > until) throw error
      await pause(LOOK_EVERY_MS)
    }
  }
}
