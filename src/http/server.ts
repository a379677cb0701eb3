import type { Server } from 'node:http'
import { Router, type RouterContext } from '@koa/router'
import Koa from 'koa'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { onceOnly } from '../flows/once-only.ts'
import { readBody } from './body.ts'
import { answerBank, answerMidPlatform, bankCallbacks, SETTLEMENT_NOTICE } from './callbacks.ts'
import { docsPage, openApi } from './docs.ts'
import { edge, send, type Visitor } from './edge.ts'
import type { Endpoint } from './endpoint.ts'
import { again, answered, InvalidRequest, json, methodNotAllowed, type Reply } from './errors.ts'
import { answerHis, HIS_ENDPOINTS, type Hospital, knowsToken, notBelieved } from './his.ts'
import { HIS_ONE_CARD } from './his-one-card.ts'
import { answerHrssPay, HRSS_PAY_CALLS, questionLimit } from './hrss-pay-calls.ts'
import { type Limits, patientLimits } from './limits.ts'
import { listener } from './listener.ts'
import { networks } from './networks.ts'
import { answerOneCard, ONE_CARD_ENDPOINTS } from './one-card-calls.ts'
import { answerCollection, CHARGE_NOTICE } from './his-one-code.ts'
import { type Patient, PATIENT_ENDPOINTS } from './orders.ts'
import { patientTokens, type ReadToken } from './patient-token.ts'

type Context = RouterContext<Visitor>

/** The public listener. @throws Error when a configured network or key source cannot be read */
export function createHttp(app: App): Server {
  const koa = new Koa<Visitor>()
  const router = new Router<Visitor>({ strict: true, sensitive: true })
  const limits = patientLimits(app)
  mountPatients(app, router, limits)
  mountHis(app, router)
  mountCallbacks(app, router)
  if (app.oneCard !== null) mountOneCard(app, router)
  mountDocs(app, router, limits)
  koa.use(edge(app, networks('TRUSTED_PROXIES', app.settings.TRUSTED_PROXIES)))
  koa.use(router.routes())
  koa.use((ctx) => {
    limits.check({ ...ctx.state, kind: 'page' })
    // The router tells which methods the path has, if it is one of ours.
    const allowed = router.match(ctx.path, ctx.method).path.flatMap(({ methods }) => methods)
    if (allowed.length === 0) throw new AppError('not-found')
    send(ctx, methodNotAllowed(app))
    ctx.set('allow', [...new Set(allowed)].join(', '))
  })
  return listener(app, koa)
}

const routeOf = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')

// ---------------------------------------------------------------- patients

function mountPatients(app: App, router: Router<Visitor>, limits: Limits): void {
  const readToken = patientTokens(app)
  for (const endpoint of PATIENT_ENDPOINTS)
    router[endpoint.method](routeOf(endpoint.path), async (ctx: Context) => {
      ctx.state.route = endpoint.path
      limits.check({ ...ctx.state, kind: endpoint.paying ? 'paying' : 'patient' })
      send(ctx, await answerPatient(app, ctx, { endpoint, readToken }))
    })
}

async function answerPatient(
  app: App,
  ctx: Context,
  from: { endpoint: Endpoint<Patient>; readToken: ReadToken },
): Promise<Reply> {
  const caller = await from.readToken(ctx.headers.authorization)
  const { ip, device } = ctx.state
  const who: Patient = { ...caller, ip, deviceId: device ?? 'none' }
  const body = await bodyOf(ctx, from.endpoint)
  const { params, query } = ctx
  const work = () => from.endpoint.handle(app, { who, params, query, body, key: keyOf(ctx) })
  return once(app, ctx, { caller: `patient:${caller.subject}`, body, work })
}

async function bodyOf<Who>(ctx: Context, endpoint: Endpoint<Who>): Promise<Buffer> {
  return endpoint.method === 'get' ? Buffer.alloc(0) : readBody(ctx.req, 'application/json')
}

/** Refusals are answers too: they are stored for the repeat like any other. */
async function once(
  app: App,
  ctx: Context,
  request: { caller: string; body: Buffer; work: () => Promise<Reply> },
): Promise<Reply> {
  const { caller, body, work } = request
  const key = keyOf(ctx)
  if (ctx.method !== 'POST' || key === null) return work()
  if (!/^[ -~]{1,255}$/.test(key))
    throw new InvalidRequest([{ path: 'Idempotency-Key', message: '须为 1-255 个 ASCII 字符' }])
  const named = { caller, method: ctx.method, path: ctx.path, key, body }
  const { status, body: text } = await onceOnly(app, named, () => answered(app, work))
  return again(status, text)
}

const keyOf = (ctx: Context): string | null => ctx.get('idempotency-key') || null

// ---------------------------------------------------------------- HIS, bank, readers

function mountHis(app: App, router: Router<Visitor>): void {
  for (const endpoint of [...HIS_ENDPOINTS, ...(app.oneCard ? HIS_ONE_CARD : [])])
    router[endpoint.method](routeOf(endpoint.path), async (ctx: Context) => {
      ctx.state.route = endpoint.path
      if (!knowsToken(app, ctx.headers.authorization)) throw notBelieved()
      const who: Hospital = 'his'
      const body = await bodyOf(ctx, endpoint)
      const handle = () => endpoint.handle(app, { who, params: ctx.params, query: ctx.query, body })
      const work = () => once(app, ctx, { caller: who, body, work: handle })
      send(ctx, await answerHis(app, ctx.req, { body, work }))
    })
}

function mountCallbacks(app: App, router: Router<Visitor>): void {
  const allowed = networks('CALLBACK_NETWORKS', app.settings.CALLBACK_NETWORKS)
  for (const { path, kind } of bankCallbacks(app.bank.profile))
    router.post(path, async (ctx: Context) => {
      ctx.state.route = path
      const { ip } = ctx.state
      send(ctx, await answerBank(app, ctx.req, { kind, path, ip, allowed }))
    })
  router.post(SETTLEMENT_NOTICE.path, async (ctx: Context) => {
    ctx.state.route = SETTLEMENT_NOTICE.path
    send(ctx, await answerMidPlatform(app, ctx.req))
  })
  router.post(CHARGE_NOTICE.path, async (ctx: Context) => {
    ctx.state.route = CHARGE_NOTICE.path
    send(ctx, await answerCollection(app, ctx.req))
  })
  const questions = questionLimit(app)
  for (const { path } of HRSS_PAY_CALLS)
    router.post(path, async (ctx: Context) => {
      ctx.state.route = path
      const { ip } = ctx.state
      send(ctx, await answerHrssPay(app, ctx.req, { path, ip, allowed, questions }))
    })
}

function mountOneCard(app: App, router: Router<Visitor>): void {
  const allowed = networks('ONE_CARD_NETWORKS', app.settings.ONE_CARD_NETWORKS)
  for (const endpoint of ONE_CARD_ENDPOINTS)
    router.post(endpoint.path, async (ctx: Context) => {
      ctx.state.route = endpoint.path
      send(ctx, await answerOneCard(app, ctx.req, { endpoint, ip: ctx.state.ip, allowed }))
    })
}

function mountDocs(app: App, router: Router<Visitor>, limits: Limits): void {
  const { profile } = app.bank
  const contract = json(200, openApi(profile, app.oneCard !== null))
  const page = { ...contract, contentType: 'text/html; charset=utf-8', body: docsPage(profile) }
  for (const [path, reply] of Object.entries({ '/openapi.json': contract, '/docs': page }))
    router.get(path, (ctx: Context) => {
      ctx.state.route = path
      limits.check({ ...ctx.state, kind: 'page' })
      send(ctx, reply)
    })
}
