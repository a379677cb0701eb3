/** The pretend 人社支付平台: seven services behind a strict gateway, a phone, and a ledger to look into. */
import { json, LOST, note } from '../answers.ts'
import type { SandboxContext } from '../registry.ts'
import type { CallRecord, SandboxReply, SandboxRequest, SandboxUpstream } from '../world.ts'
import { createBook } from './book.ts'
import { type Business, createGateway } from './gateway.ts'
import type { Teller } from './notices.ts'
import { answerPhone } from './phone.ts'
import { type CallLetter, GATEWAY_CODES, wishOf } from './scenario.ts'
import { type Service, SERVICES } from './services.ts'

export const HRSS_PAY_PREFIX = '/hrss-pay'
const REST = '/engine/rest/'

export function createHrssPay(
  context: SandboxContext,
): SandboxUpstream & { readonly teller: Teller } {
  const teller: Teller = { context, book: createBook(), gateway: createGateway(context) }
  return {
    prefix: HRSS_PAY_PREFIX,
    teller,
    handle: (request) =>
      request.path.startsWith(REST) ? answer(teller, request) : answerPhone(teller, request),
  }
}

/** Their repeats are for their own books to tell. */
const CHANGES: ReadonlySet<CallLetter> = new Set(['O', 'C', 'R'])
/** Twice what passes, always what does not. */
const PASSES_AFTER = 2

async function answer(teller: Teller, request: SandboxRequest): Promise<SandboxReply> {
  const { gateway, context } = teller
  if (teller.book.down) return LOST
  const service = request.method === 'POST' ? SERVICES[request.path.slice(REST.length)] : undefined
  if (service === undefined) return refused(teller, 'S04', '')
  const opened = gateway.open(request)
  if ('code' in opened) return refused(teller, opened.code[0] ?? '', opened.code[1] ?? '')
  const billNo = service.billOf(teller, opened.content)
  const wish = wishOf(billNo)
  const mine = wish.letter === service.letter
  const tell = (result: CallRecord['result']): void => {
    const { mchRefundId, mchOrderId } = opened.content
    const number = String(mchRefundId ?? mchOrderId)
    note(context.world, { billNo, upstream: 'hrss-pay', call: service.name, number, result })
  }
  const times = mine ? context.world.count(`hrss:${billNo}:${service.letter}`) : 0
  if (mine && wish.gateway !== null && (!wish.gateway.passes || times < PASSES_AFTER)) {
    tell('refused')
    return gateway.refuse(wish.gateway)
  }
  const kind = mine && times === 0 ? wish.misbehaviour : null
  if (kind === 'S21') {
    tell('lost-request')
    return LOST
  }
  if (kind === 'S24') {
    tell('refused')
    return gateway.answer(opened.aaz001, { content: null, no: '业务处理失败' })
  }
  tell(CHANGES.has(service.letter) ? 'effect' : 'question')
  const told = await run(teller, service, opened.content)
  if (told === null) return refused(teller, 'S02', '')
  if (kind === 'S20') return LOST
  const spoilt = kind === 'S22' ? 'key' : kind === 'S23' ? 'serial' : undefined
  return gateway.answer(opened.aaz001, { ...told, ...(spoilt && { spoilt }) })
}

const run = async (
  teller: Teller,
  service: Service,
  content: Record<string, unknown>,
): Promise<Business | null> => service.run(teller, content)

function refused({ gateway }: Teller, code: string, about: string): SandboxReply {
  const row = GATEWAY_CODES[code]
  if (row === undefined) return json(500, {})
  return gateway.refuse({ ...row, subMsg: `${about} ${row.subMsg}`.trim() })
}
