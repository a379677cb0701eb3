/** Patients who do not give up: whatever is not answered is asked again, at whichever process answers. */
import type { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { PATIENT_SECRET } from '../bench/rig.ts'
import type { HisCall } from '../parts/his-calls.ts'
import { patientToken } from '../matrix/patient.ts'
import type { Chance } from '../simulate/chance.ts'
import { type Answer, isObject, say, type Said } from './line.ts'

export interface Town {
  readonly services: readonly string[]
  /** HIS's line to each of them. */
  readonly his: readonly HisCall[]
  readonly sandboxUrl: string
  readonly agent: Agent
  readonly chance: Chance
  /** Nobody begins anything after this. */
  readonly isOver: () => boolean
  readonly heard: Heard
}

/** What the hospital has promised people: it must still be so in the end. */
export interface Heard {
  /** Orders of which a patient read that they are paid. */
  readonly paid: Set<string>
  /** Bills for which one refund was asked, by how much; null: all of it. */
  readonly askedFen: Map<string, number | null>
  /** Of these, the ones that were accepted. */
  readonly accepted: Set<string>
  /** Calls that nobody answered, or with a 5xx. */
  unanswered: number
}

export interface Errand {
  readonly billNo: string
  readonly patientId: string
  readonly payMode: 'insurance' | 'self-pay'
  readonly wantsRefund: boolean
}

interface Person extends Town {
  readonly errand: Errand
  readonly token: string
}

interface Order {
  readonly id: string
  readonly version: number
  readonly status: string
  readonly scenario: string | null
  readonly totalFen: number
}

/** Pays the bill, however often that takes; then perhaps wants the money back. */
export async function visit(town: Town, errand: Errand): Promise<void> {
  const openid = `o${errand.billNo}`
  const token = await patientToken(PATIENT_SECRET, { openid, patientIds: [errand.patientId] })
  const person = { ...town, errand, token }
  const paid = await pays(person)
  if (paid === null) return
  town.heard.paid.add(paid.id)
  if (errand.wantsRefund) await asksBack(person, paid)
}

/** @returns the paid order; null when the day ended before */
async function pays(person: Person): Promise<Order | null> {
  let payMode = person.errand.payMode
  let order: Order | null = null
  let handedOver = false
  while (!person.isOver()) {
    switch (order?.status) {
      case undefined:
        order = await opens(person, payMode)
        break
      case 'paid':
        return order
      case 'created':
        order = await authorises(person, order.id)
        break
      case 'pre-settled':
      case 'awaiting-payment':
      case 'processing':
        handedOver ||= await atTheCashier(person, order.id)
        order = await looks(person, order, handedOver)
        break
      case 'failed':
      case 'closed':
      case 'refunded':
        // The window's advice, in the sentence that they read: own money.
        payMode = 'self-pay'
        handedOver = false
        order = null
        break
      case 'needs-review':
        return null
      default:
        order = order && (await looks(person, order, true))
    }
  }
  return null
}

async function opens(person: Person, payMode: string): Promise<Order | null> {
  const { billNo } = person.errand
  const wish = { billNo, channel: 'wechat', surface: 'mini-program', payMode }
  const answer = await insists(person, { method: 'POST', path: '/api/orders', body: wish })
  if (answer !== null && answer.status < 300) return orderIn(answer)
  await pause(person.chance.between(200, 1_000))
  return null
}

async function authorises(person: Person, id: string): Promise<Order | null> {
  const path = `/api/orders/${id}`
  const jump = await insists(person, { method: 'POST', path: `${path}/authorization`, body: {} })
  const { billNo } = person.errand
  if (jump?.status === 200) {
    const consent = { billNo, openid: `o${billNo}`, jump: jump.body }
    const code = await onPhone(person, '/phone/authorise', consent)
    const body = { state: jump.body['state'], authCode: code?.body['authCode'] }
    const call = { method: 'POST', path: `${path}/pre-settlement`, body } as const
    const answer = await insists(person, call)
    if (answer?.status === 200) return orderIn(answer)
  }
  await pause(person.chance.between(100, 500))
  return looked(person, id)
}

/** @returns whether the password was entered */
async function atTheCashier(person: Person, id: string): Promise<boolean> {
  const path = `/api/orders/${id}/payment`
  const answer = await insists(person, { method: 'POST', path, body: {} })
  const cashier = answer?.body['cashier']
  if (!isObject(cashier)) return false
  return (await onPhone(person, '/phone/pay', cashier)) !== null
}

/** As a front end does: waits for a change, or comes back from the cashier and asks for one. */
async function looks(person: Person, order: Order, waits: boolean): Promise<Order> {
  const path = `/api/orders/${order.id}`
  if (!waits) {
    await pause(person.chance.between(200, 800))
    return (await looked(person, order.id)) ?? order
  }
  const call = person.chance.hits(0.2)
    ? ({ method: 'POST', path: `${path}/refresh`, body: {} } as const)
    : ({ method: 'GET', path: `${path}?wait=5&version=${order.version}` } as const)
  const answer = await insists(person, call)
  return (answer && orderIn(answer)) ?? order
}

async function looked(person: Person, id: string): Promise<Order | null> {
  const answer = await insists(person, { method: 'GET', path: `/api/orders/${id}` })
  return answer && orderIn(answer)
}

function orderIn({ body }: Answer): Order | null {
  const { id, version, status, scenario, amounts } = body
  if (typeof id !== 'string' || typeof status !== 'string') return null
  const totalFen = isObject(amounts) ? Number(amounts['totalFen']) : 0
  const kind = typeof scenario === 'string' ? scenario : null
  return { id, version: Number(version), status, scenario: kind, totalFen }
}

// ---------------------------------------------------------------- refunds

const PART = 0.4
const PATIENCE = 30

/** One refund, asked for under one number, by patient or desk; some press the button again later. */
async function asksBack(person: Person, order: Order): Promise<void> {
  const { errand, heard, chance } = person
  const mayBePart = order.scenario === 'self-pay-only' && chance.hits(0.5)
  const amountFen = mayBePart ? Math.max(1, Math.floor(order.totalFen * PART)) : null
  const amount = amountFen === null ? {} : { amountFen }
  const byDesk = chance.hits(0.5)
  const ask = byDesk
    ? () => atDesk(person, { ...amount, billNo: errand.billNo, refundNo: `R${errand.billNo}` })
    : () => fromPhone(person, order.id, amount)
  heard.askedFen.set(errand.billNo, amountFen)
  for (let tries = 0; tries < PATIENCE && !person.isOver() && !(await ask()); tries += 1)
    await pause(chance.between(300, 1_500))
  if (!chance.hits(0.3)) return
  await pause(chance.between(500, 8_000))
  if (!person.isOver()) await ask()
}

async function fromPhone(person: Person, id: string, amount: object): Promise<boolean> {
  const answer = await insists(person, {
    method: 'POST',
    path: `/api/orders/${id}/refunds`,
    body: { reason: '未就诊', ...amount },
    key: `refund-${id}`,
  })
  return isAccepted(person, answer)
}

async function atDesk(person: Person, wish: object): Promise<boolean> {
  const desk = person.chance.between(0, person.his.length)
  const body = { ...wish, reason: '未就诊', operator: '窗口' }
  const answer = await person.his[desk]?.('POST', '/his/refunds', body).catch(() => null)
  return isAccepted(person, answer ?? null)
}

function isAccepted({ heard, errand }: Person, answer: Answer | null): boolean {
  if (answer?.status === 202) heard.accepted.add(errand.billNo)
  return answer?.status === 202
}

// ---------------------------------------------------------------- the line

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly key?: string
}

/** Until somebody answers; null when the day is over. */
async function insists(person: Person, call: Call): Promise<Answer | null> {
  const { services, chance, heard, token, errand } = person
  const headers = {
    authorization: `Bearer ${token}`,
    'x-device-id': errand.billNo.padEnd(16, '0'),
    ...(call.key !== undefined && { 'idempotency-key': call.key }),
  }
  while (!person.isOver()) {
    const url = `${services[chance.between(0, services.length)]}${call.path}`
    const answer = await say(person.agent, { ...bodyOf(call), method: call.method, url, headers })
    const mayGoOn = answer?.status === 202 || answer?.body['code'] === 'request-in-progress'
    if (answer !== null && answer.status < 500 && (!mayGoOn || call.key !== undefined))
      return answer
    if (!mayGoOn) heard.unanswered += 1
    await pause(chance.between(100, 600))
  }
  return null
}

const bodyOf = ({ body }: Call): Pick<Said, 'body'> => (body === undefined ? {} : { body })

/** Between a phone and its channel nothing goes wrong here: that is not the hospital's line. */
const onPhone = (person: Person, path: string, body: unknown): Promise<Answer | null> =>
  say(person.agent, { method: 'POST', url: `${person.sandboxUrl}${path}`, body })
