/** What a schedule does to messages: it hears of each, keeps notices back and lets answers get lost. */
import type { World } from '../../src/sandbox/world.ts'
import type { Send } from '../../src/upstreams/http-client.ts'
import type { Life } from '../simulate/life.ts'
import { type Net, postOf, sendOf } from '../simulate/network.ts'

/** Longer than anything that comes in between takes by itself, shorter than any time-out. */
const HELD_MS = 1_000
/** The bank's questions about a cash order and about a mixed one. */
const QUESTIONS = /\/(orderqry|queryorder)\//

export class Wire {
  /** Whether questions to the bank are answered; before, every answer is lost on its way. */
  isAnswering = false
  #passed = 0
  #meeting: { readonly at: number; readonly begin: () => void } | null = null
  readonly #noticesMayCome = Promise.withResolvers<boolean>()
  readonly #net: Net

  constructor(net: Net) {
    this.#net = net
  }

  /** While the n-th message from now is under way, something else begins. */
  meet(at: number, begin: () => void): void {
    this.#passed = 0
    this.#meeting = { at, begin }
  }

  meetNoMore(): void {
    this.#meeting = null
  }

  /** @param come or never will */
  notices(come: boolean): void {
    this.#noticesMayCome.resolve(come)
  }

  /** Each message passes twice: as a request before it is worked on, and as an answer. */
  readonly send = (life: Life): Send => {
    const send = sendOf(this.#net, life)
    return async (request) => {
      await life.outlive(this.#passes())
      const reply = await send(request)
      await life.outlive(this.#passes())
      if (this.isAnswering || !QUESTIONS.test(request.url)) return reply
      await life.outlive(this.#net.time.sleep(request.timeoutMs))
      return { kind: 'unknown', cause: 'timeout-request' }
    }
  }

  readonly post: World['post'] = async (url, message) => {
    if (await this.#noticesMayCome.promise) return postOf(this.#net)(url, message)
    return { status: 0, headers: {}, body: '' }
  }

  async #passes(): Promise<void> {
    this.#passed += 1
    if (this.#meeting?.at !== this.#passed) return
    const { begin } = this.#meeting
    this.#meeting = null
    begin()
    await this.#net.time.sleep(HELD_MS)
  }
}
