/** A patient, a forger and a careless client: everything they send carries canaries. */
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { type CanaryPerson, canariesOf, inventCanary } from './people.ts'
import type { Canary, Source } from './search.ts'

export interface Stage {
  readonly serviceUrl: string
  readonly probeUrl: string
  readonly sandboxUrl: string
  readonly patientSecret: string
  /** Every answer of the service, whole. */
  readonly answers: Source[]
  readonly canaries: Canary[]
}

export interface Heard {
  readonly status: number
  readonly body: unknown
  readonly text: string
  readonly contentType: string
}

const FINISHED = new Set(['paid', 'failed', 'closed', 'refunded', 'needs-review'])
const PATIENCE_MS = 20_000
const LOOK_EVERY_MS = 150
/** 202 means that an answer is still unknown: a front end asks again. */
const TRIES = 5

/** One request to the service; its answer is kept with status and headers. */
export async function call(
  stage: Stage,
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Heard> {
  const response = await fetch(url, options)
  const text = await response.text()
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  const name = `${options.method ?? 'GET'} ${new URL(url).pathname} -> ${response.status}`
  stage.answers.push({ name, bytes: Buffer.from(`${headers}\n\n${text}`) })
  const contentType = response.headers.get('content-type') ?? ''
  return { status: response.status, body: parsed(text), text, contentType }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function tokenOf(stage: Stage, person: CanaryPerson, patientIds: string[]): Promise<string> {
  const token = await new SignJWT({ openid: person.openid, patientIds })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(`subject-${randomBytes(4).toString('hex')}`)
    .setAudience('jianlian')
    .setExpirationTime('1h')
    .sign(Buffer.from(stage.patientSecret))
  stage.canaries.push({ what: 'session token', text: token.split('.')[2] ?? token })
  return token
}

const BILL = z.object({ patientId: z.string() })
const ORDER = z.object({ id: z.string(), status: z.string(), hisWriteBack: z.string() })
const JUMP = z.object({ state: z.string() }).loose()
const AUTHORISED = z.object({ authCode: z.string() })
const PAYMENT = z.object({ cashier: z.object({ method: z.string() }).loose() })

async function sandbox(stage: Stage, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${stage.sandboxUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

/** @returns the status in which the order came to rest. */
export async function payBill(
  stage: Stage,
  { billNo, payMode, channel }: { billNo: string; payMode: string; channel: string },
): Promise<string> {
  const person = inventCanary()
  stage.canaries.push(...canariesOf(person, billNo))
  const { name, idNo, phone } = person
  const wish = {
    billNo,
    businessType: 'consultation',
    patient: { name, idType: '01', idNo, phone },
  }
  const { patientId } = BILL.parse(await sandbox(stage, '/sandbox/bills', wish))
  const token = await tokenOf(stage, person, [patientId])
  const ask = (method: string, path: string, body?: unknown): Promise<Heard> =>
    call(stage, `${stage.serviceUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-device-id': `device-${randomBytes(8).toString('hex')}`,
        ...(method === 'POST' && {
          'content-type': 'application/json',
          'idempotency-key': randomBytes(8).toString('hex'),
        }),
      },
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    })
  const opening = { billNo, channel, surface: 'mini-program', payMode }
  const path = `/api/orders/${await open(ask, opening)}`
  if (payMode === 'insurance') await preSettle(stage, { ask, path, billNo, person })
  await pay(stage, { ask, path })
  const status = await rest(ask, path)
  return isRefund(billNo) && status === 'paid' ? refund(ask, path) : status
}

/** A busy machine may answer 503: the thumb taps again. */
async function open(ask: Ask, opening: { billNo: string }): Promise<string> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const opened = ORDER.safeParse((await ask('POST', '/api/orders', opening)).body)
    if (opened.success) return opened.data.id
    await pause(LOOK_EVERY_MS * 20)
  }
  throw new Error(`${opening.billNo}: no order`)
}

/** Suffixes R01 to R12: somebody wants the money back, and something goes wrong. */
const isRefund = (billNo: string): boolean => /R\d\d$/.test(billNo)

const REFUND = z.object({ id: z.string(), status: z.string() })
const GIVEN_BACK = new Set(['refunded', 'needs-review'])

async function refund(ask: Ask, path: string): Promise<string> {
  const { id } = REFUND.parse((await ask('POST', `${path}/refunds`, { reason: '未就诊' })).body)
  await ask('POST', `${path}/refunds`, { reason: '未就诊', amountFen: 1 })
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const { status } = REFUND.parse((await ask('GET', `/api/refunds/${id}`)).body)
    if (GIVEN_BACK.has(status) || status === 'rejected' || performance.now() > giveUpAt)
      return rest(ask, path)
    await pause(LOOK_EVERY_MS)
  }
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Heard>

async function preSettle(
  stage: Stage,
  from: { ask: Ask; path: string; billNo: string; person: CanaryPerson },
): Promise<void> {
  const { ask, path, billNo, person } = from
  const jump = JUMP.parse((await ask('POST', `${path}/authorization`)).body)
  const wish = { billNo, openid: person.openid, jump }
  const { authCode } = AUTHORISED.parse(await sandbox(stage, '/phone/authorise', wish))
  stage.canaries.push({ what: `authCode of ${billNo}`, text: authCode })
  const stranger = randomBytes(9).toString('hex')
  stage.canaries.push({ what: `unused authCode of ${billNo}`, text: stranger })
  await ask('POST', `${path}/pre-settlement`, { state: jump.state.slice(1), authCode: stranger })
  for (let tries = 0; tries < TRIES; tries += 1) {
    const heard = await ask('POST', `${path}/pre-settlement`, { state: jump.state, authCode })
    if (heard.status !== 202) return
    await pause(LOOK_EVERY_MS * 4)
  }
}

async function pay(stage: Stage, from: { ask: Ask; path: string }): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const heard = await from.ask('POST', `${from.path}/payment`)
    const payment = PAYMENT.safeParse(heard.body)
    if (payment.success) {
      const { method: _, ...callUp } = payment.data.cashier
      await sandbox(stage, '/phone/pay', callUp)
      await from.ask('POST', `${from.path}/refresh`)
      return
    }
    if (heard.status !== 202) return
    await pause(LOOK_EVERY_MS * 4)
  }
}

async function rest(ask: Ask, path: string): Promise<string> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const order = ORDER.parse((await ask('GET', path)).body)
    const { status, hisWriteBack } = order
    const over = FINISHED.has(status) && hisWriteBack !== 'waiting'
    const stopped = status === 'created' || status === 'pre-settled'
    if (over || stopped || performance.now() > giveUpAt) {
      await ask('GET', '/api/orders')
      return status
    }
    await pause(LOOK_EVERY_MS)
  }
}

/** Requests that are refused: what they brought must not come back, nor rest anywhere. */
export async function misbehave(stage: Stage): Promise<void> {
  const person = inventCanary()
  stage.canaries.push(...canariesOf(person, 'a careless client'))
  const token = await tokenOf(stage, person, ['P000000000'])
  const { serviceUrl, probeUrl } = stage
  const { name, idNo, phone, openid } = person
  const json = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const post = (path: string, body: string, headers: Record<string, string> = json) =>
    call(stage, `${serviceUrl}${path}`, { method: 'POST', headers, body })
  const get = (path: string, headers: Record<string, string> = json) =>
    call(stage, `${serviceUrl}${path}`, { headers })
  await post('/api/orders', JSON.stringify({ billNo: { name }, channel: idNo, payMode: phone }))
  await post('/api/orders', JSON.stringify({ billNo: `${name}${idNo}`, channel: openid }))
  await post('/api/orders', `{"billNo": "${name} ${idNo}`)
  await post('/api/orders', JSON.stringify([name, idNo, phone]))
  await post('/api/orders', `name=${name}`, { ...json, 'content-type': 'text/plain' })
  await post('/api/orders', JSON.stringify({ billNo: `${name}${idNo}`.repeat(20_000) }))
  await post('/api/orders', '{}', { ...json, 'idempotency-key': idNo.repeat(20) })
  await post('/api/orders', '{}', { ...json, authorization: `Bearer ${idNo}.${phone}.${openid}` })
  await post(`/api/orders/${idNo}/pre-settlement`, JSON.stringify({ state: name, authCode: idNo }))
  await post(`/api/orders/${idNo}/payment`, '{}')
  await get(`/api/orders/${encodeURIComponent(name)}`)
  await get(`/api/orders?status=${encodeURIComponent(name)}&cursor=${idNo}`)
  await get(`/nothing/${idNo}?name=${encodeURIComponent(name)}&phone=${phone}`)
  await get(`/%zz${idNo}`)
  await get('/api/orders', { ...json, 'x-device-id': idNo, 'x-trace-id': phone })
  await post('/his/bills/X/lock', JSON.stringify({ desk: name, until: idNo }))
  await get(`/his/orders?billNo=${idNo}`, { authorization: `Bearer ${openid}` })
  for (const kind of ['mixed-order', 'self-pay'])
    await forge(stage, `/callbacks/icbc/${kind}`, JSON.stringify(person))
  for (const path of ['/openapi.json', '/docs']) await get(path)
  for (const path of ['/healthz', '/readyz', '/metrics', `/${idNo}`])
    await call(stage, `${probeUrl}${path}`)
}

async function forge(stage: Stage, path: string, content: string): Promise<void> {
  const fields = { from: 'icbc-api', api: path, charset: 'utf-8', biz_content: content }
  const form = new URLSearchParams({ ...fields, sign_type: 'SM2', sign: 'Zm9yZ2Vk' })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const body of [form.toString(), content, `biz_content=${content}`])
    await call(stage, `${stage.serviceUrl}${path}`, { method: 'POST', headers, body })
}
