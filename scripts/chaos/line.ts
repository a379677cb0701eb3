/** One HTTP call as a phone makes it: an answer, or nothing. */
import { type Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export interface Said {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const LONGEST_MS = 15_000

/** @returns null when nobody answered, or not in full. */
export function say(agent: Agent, { method, url, headers, body }: Said): Promise<Answer | null> {
  return new Promise((resolve) => {
    const all = { 'content-type': 'application/json', ...headers }
    const call = request(url, { method, agent, headers: all, timeout: LONGEST_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('error', () => resolve(null))
      response.on('close', () => resolve(answerOf(response.statusCode ?? 0, text)))
    })
    call.on('timeout', () => call.destroy())
    call.on('error', () => resolve(null))
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Half an answer is none. */
function answerOf(status: number, text: string): Answer | null {
  try {
    const body: unknown = JSON.parse(text)
    return isObject(body) ? { status, body } : null
  } catch {
    return null
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
