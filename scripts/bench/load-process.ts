/** `load-process.ts FILE`: posts the notices of a file, a line each, in the file's order. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { z } from 'zod'
import { answerParent } from './child.ts'

const CLOSED = z.object({ url: z.string(), from: z.number(), count: z.number() })
const PACED = CLOSED.extend({ perSecond: z.number() })

const CONNECTIONS = 32
const [file = ''] = process.argv.slice(2)
const notices = readFileSync(file, 'latin1').split('\n')
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

/** The beginning of a signed, encrypted answer; the parent counts what was stored. */
const ANSWER = '{"response_biz_content":"'

function post(url: string, body: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded;charset=utf-8',
      'content-length': body.length,
    }
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('latin1')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve(response.statusCode === 200 && text.startsWith(ANSWER)))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** As fast as the answers come, on all connections. */
async function closed({ url, from, count }: z.infer<typeof CLOSED>) {
  const latencies: number[] = []
  let next = from
  let wrong = 0
  const began = performance.now()
  const worker = async (): Promise<void> => {
    for (let at = next++; at < from + count; at = next++) {
      const sentAt = performance.now()
      if (!(await post(url, notices[at] ?? ''))) wrong += 1
      latencies.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  return { elapsedMs: performance.now() - began, wrong, latencies }
}

/** At a pace of its own, whatever the answers do: a slow answer is counted from when it was due. */
async function paced({ url, from, count, perSecond }: z.infer<typeof PACED>) {
  const latencies: number[] = []
  let wrong = 0
  const began = performance.now()
  const running: Promise<void>[] = []
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1_000) * perSecond))
    for (; sent < due; sent += 1) {
      const dueAt = began + (sent * 1_000) / perSecond
      const answered = post(url, notices[from + sent] ?? '').then((right) => {
        if (!right) wrong += 1
        latencies.push(performance.now() - dueAt)
      })
      running.push(answered)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(running)
  return { elapsedMs: performance.now() - began, wrong, latencies }
}

answerParent('', {
  closed: (argument) => closed(CLOSED.parse(argument)),
  paced: (argument) => paced(PACED.parse(argument)),
})
