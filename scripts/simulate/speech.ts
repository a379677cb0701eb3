/** How people reach the service's real endpoints and the channel's phone. */
import { answered } from '../../src/http/errors.ts'
import { HIS_ENDPOINTS } from '../../src/http/his.ts'
import { PATIENT_ENDPOINTS } from '../../src/http/orders.ts'
import type { HisBill } from '../../src/sandbox/his-bills.ts'
import type { Simulated } from './world.ts'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** A thumb and a phone, or a clerk: says things to the service and to the channel. */
export interface Person {
  readonly world: Simulated
  readonly bill: HisBill
}

export async function atDesk(
  person: Person,
  path: string,
  body: Record<string, unknown>,
  params: Record<string, string> = {},
): Promise<Answer | null> {
  const endpoint = HIS_ENDPOINTS.find((one) => one.path === path && one.method === 'post')
  if (endpoint === undefined) throw new Error(`no ${path}`)
  const incoming = {
    who: 'his' as const,
    params,
    query: {},
    body: Buffer.from(JSON.stringify(body)),
  }
  const reply = await person.world
    .process()
    ?.serve((app) => answered(app, () => endpoint.handle(app, incoming)))
  return told(person, `desk: ${path}`, reply ?? null)
}

interface Said {
  readonly id?: string
  readonly body?: Record<string, unknown>
}

const PATIENCE = 5

/** Nobody answered: the thumb taps again. */
export async function insists(
  person: Person,
  method: 'get' | 'post',
  path: string,
  said: Said,
): Promise<Answer | null> {
  const { chance, time } = person.world
  for (let tries = 0; tries < PATIENCE; tries += 1) {
    const answer = await once(person, method, path, said)
    if (answer !== null && answer.status < 500) return answer
    await time.sleep(chance.spread(500, 30_000))
  }
  return null
}

export async function once(
  person: Person,
  method: 'get' | 'post',
  path: string,
  { id, body }: Said,
): Promise<Answer | null> {
  const { world, bill } = person
  const endpoint = PATIENT_ENDPOINTS.find((one) => one.path === path && one.method === method)
  if (endpoint === undefined) throw new Error(`no ${path}`)
  const openid = openidOf(person)
  const who = {
    subject: openid,
    userId: openid,
    patientIds: [bill.patientId],
    ip: '10.0.0.1',
    deviceId: 'device-1',
  }
  const incoming = {
    who,
    params: id === undefined ? {} : { id },
    query: {},
    body: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
  }
  const ask = () =>
    world.process()?.serve((app) => answered(app, () => endpoint.handle(app, incoming)))
  if (world.chance.hits(0.03)) void ask()
  return told(person, `${method} ${path}`, (await ask()) ?? null)
}

function told(
  { world, bill }: Person,
  what: string,
  reply: { status: number; body: string } | null,
): Answer | null {
  const parsed: unknown = reply === null ? null : JSON.parse(reply.body)
  const body = isObject(parsed) ? parsed : {}
  const said = wordOf(body['code']) || wordOf(body['status'])
  world.tell(bill.billNo, `${what} -> ${reply === null ? 'no answer' : `${reply.status} ${said}`}`)
  return reply === null ? null : { status: reply.status, body }
}

export const openidOf = ({ bill }: Person): string => `o${bill.billNo}`

/** Between a phone and its channel nothing goes wrong here: that is not the hospital's line. */
export async function onPhone(
  { world, bill }: Person,
  path: string,
  body: Record<string, unknown>,
): Promise<Record<string, unknown> | null> {
  const phone = world.upstreams.find(({ prefix }) => prefix === '/phone')
  const bytes = Buffer.from(JSON.stringify(body))
  const reply = await phone?.handle({ method: 'POST', path, headers: {}, body: bytes })
  if (reply?.kind !== 'answer') return null
  const parsed: unknown = JSON.parse(reply.body)
  const answer = isObject(parsed) ? parsed : {}
  world.tell(bill.billNo, `phone: ${path} -> ${reply.status} ${wordOf(answer['errMsg'])}`)
  return reply.status === 200 ? answer : null
}

export const wordOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
