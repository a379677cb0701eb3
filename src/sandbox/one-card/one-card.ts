/** The pretend one-card platform: its gateway, its services, and the holder's telephone (plain JSON, ours). */
import { json, LOST, note, parseObject } from '../answers.ts'
import type { SandboxContext } from '../registry.ts'
import type { SandboxReply, SandboxRequest, SandboxUpstream } from '../world.ts'
import { createBook } from './book.ts'
import { refusalOf, steeringOf } from './codes.ts'
import { createGateway, type Gateway, type Refusal } from './gateway.ts'
import { createPhone } from './phone.ts'
import { createServices, type Data, type Service } from './services.ts'

export const ONE_CARD_PREFIX = '/one-card'

export function createOneCard(context: SandboxContext): SandboxUpstream {
  const { world, parameters } = context
  const book = createBook()
  const gateway = createGateway(world, parameters.oneCard)
  const services = createServices(world, book)
  const phone = createPhone({ world, book, gateway })
  return {
    prefix: ONE_CARD_PREFIX,
    handle: async (request) => {
      if (request.method !== 'POST') return json(404, {})
      if (request.path.startsWith('/phone/'))
        return phone(request.path.slice('/phone/'.length), parseObject(request.body.toString()))
      if (request.path !== '/gateway') return json(404, {})
      return book.down ? LOST : called({ context, gateway, services }, request)
    },
  }
}

interface Counter {
  readonly context: SandboxContext
  readonly gateway: Gateway
  readonly services: Readonly<Record<string, Service>>
}

function called({ context, gateway, services }: Counter, request: SandboxRequest): SandboxReply {
  const { world } = context
  const service = gateway.enter(request)
  if (typeof service !== 'string') return refused(service)
  const content = gateway.open(request.body)
  const run = services[service]
  if (content === null) return refused(['95270777', '执行解码过滤器出错!'])
  if (run === undefined) return refused(['95270726', '没有接口权限!'])
  const { suffix, once } = steeringOf(content)
  const { orderNo, recordNo, batchNo } = content
  const number = [orderNo, recordNo, batchNo].find((each) => typeof each === 'string') ?? ''
  const isFirst = world.count(`one-card:${service}:${number}:${suffix}`) === 0
  const billNo = number === '' ? (suffix ?? '') : number
  const noted = { billNo, upstream: 'one-card', call: service, number } as const
  const wanted = refusalOf(suffix)
  if (wanted !== null && (!once || isFirst)) {
    note(world, { ...noted, result: 'refused' })
    return refused(wanted)
  }
  if (suffix === 'K52' && isFirst) {
    note(world, { ...noted, result: 'lost-request' })
    return LOST
  }
  const data = run(content)
  note(world, { ...noted, result: isRefusal(data) ? 'refused' : 'effect' })
  if (isRefusal(data)) return refused(data)
  return spoilt(suffix, isFirst, data) ?? succeeded(gateway, data)
}

const isRefusal = (data: Data | Refusal): data is Refusal => Array.isArray(data)

function spoilt(suffix: string | null, isFirst: boolean, data: Data): SandboxReply | null {
  if (suffix === 'K51') return LOST
  if (suffix === 'K53') return json(200, { IsSuccess: 'Y', Message: '', ErrorCode: 0, Data: data })
  if (suffix === 'K54')
    return { kind: 'answer', status: 502, contentType: 'text/html', body: '<h1>502</h1>' }
  if (suffix === 'K56' && isFirst) return refused(['95279504', '后端服务响应超时!'])
  if (suffix === 'K57')
    return json(200, { IsSuccess: true, Message: '', ErrorCode: 0, Data: { ...data, amount: 1 } })
  return null
}

const succeeded = (gateway: Gateway, data: Data): SandboxReply =>
  json(200, {
    IsSuccess: true,
    Message: '',
    ErrorCode: 0,
    Data: data === null ? null : gateway.seal(data),
  })

const refused = ([code, message]: Refusal): SandboxReply =>
  json(200, { IsSuccess: false, Message: message, ErrorCode: Number(code), Data: null })
