/** The pretend clearing bank: one envelope, six APIs, and the ways its answers go wrong. */
import type { ZodType } from 'zod'
import type { SandboxReply, SandboxUpstream } from '../world.ts'
import type { Bank } from './book.ts'
import { digits, misbehaviour } from './book.ts'
import type { Handled } from './cash.ts'
import { consume, orderqry, refusalFields } from './cash.ts'
import type { GatewayCall } from './envelope.ts'
import { answer, createGateway, isRefusal, refuse } from './envelope.ts'
import { query, submit } from './mixed.ts'
import { merrefund, refundqry } from './refunds.ts'
import { CONSUME, MERREFUND, ORDERQRY, QUERY, REFUNDQRY, SUBMIT } from './schemas.ts'

export const ICBC_PREFIX = '/icbc'

const B2C = '/api/cardbusiness/aggregatepay/b2c/online'
const MIX = '/api/mybank/medical/mixorder'

interface Api {
  /** Mixed orders travel encrypted (upstreams/icbc/README.md 3.1). */
  readonly encryption: 'required' | 'optional'
  readonly question: boolean
  readonly run: (bank: Bank, content: unknown) => Handled | Promise<Handled>
}

/** Joins a schema and a handler; the first wrong member is named, as 92200001 does. */
function api<T>(
  schema: ZodType<T>,
  handle: (bank: Bank, request: T) => Handled | Promise<Handled>,
): Api['run'] {
  return (bank, content) => {
    const parsed = schema.safeParse(content)
    if (parsed.success) return handle(bank, parsed.data)
    const issue = parsed.error.issues[0]
    const where = [
      ...(issue?.path ?? []),
      ...(issue?.code === 'unrecognized_keys' ? issue.keys : []),
    ]
    return { billNo: '', fields: refuse('92200001', `参数检查失败：${where.join('.')}`) }
  }
}

const APIS: Record<string, Api> = {
  [`${B2C}/consumepurchase/V1`]: {
    encryption: 'optional',
    question: false,
    run: api(CONSUME, consume),
  },
  [`${B2C}/orderqry/V1`]: { encryption: 'optional', question: true, run: api(ORDERQRY, orderqry) },
  [`${B2C}/merrefund/V1`]: {
    encryption: 'optional',
    question: false,
    run: api(MERREFUND, merrefund),
  },
  [`${B2C}/refundqry/V1`]: {
    encryption: 'optional',
    question: true,
    run: api(REFUNDQRY, refundqry),
  },
  [`${MIX}/submitorder/V1`]: { encryption: 'required', question: false, run: api(SUBMIT, submit) },
  [`${MIX}/queryorder/V1`]: { encryption: 'required', question: true, run: api(QUERY, query) },
}

export function createIcbc(bank: Bank): SandboxUpstream {
  const read = createGateway(bank.context, bank.signing, ICBC_PREFIX)
  return {
    prefix: ICBC_PREFIX,
    handle: async (request) => {
      const call = read(request)
      if (isRefusal(call)) return gatewayRefusal(bank, call)
      const known = APIS[call.api]
      if (known === undefined) return gatewayRefusal(bank, refuse(500018, '访问的API不存在'))
      if (known.encryption === 'required' && !call.encrypted)
        return gatewayRefusal(bank, refuse(400011, '参数非法：encrypt_type 为空'))
      const handled = await known.run(bank, call.content)
      if (handled.lose === true) return { kind: 'lost' }
      return known.question ? questioned(bank, call, handled) : plain(bank, call, handled)
    },
  }
}

/** What the gateway itself refuses is never encrypted: it has not come to the cipher yet. */
function gatewayRefusal(bank: Bank, refusal: { code: number | string; message: string }) {
  const fields = {
    return_code: refusal.code,
    return_msg: refusal.message,
    msg_id: digits(bank, 20),
  }
  return answer(bank.signing, fields, { encrypted: false })
}

function plain(bank: Bank, call: GatewayCall, handled: Handled): SandboxReply {
  const fields = { ...refusalFields(call.api, handled.fields), msg_id: call.msgId }
  return answer(bank.signing, fields, { encrypted: call.encrypted })
}

/** Beyond a grid query's own 4 s time-out (docs/rulings.md 2.6). */
const SLOW_MS = 6_000
const SPOILED_QUESTIONS = 3

/** The first three questions about a bill may be answered late, unsigned, as garbage or unheard of. */
function questioned(bank: Bank, call: GatewayCall, handled: Handled): SandboxReply {
  const kind = misbehaviour(handled.billNo)
  const spoils = kind === 'F24' || kind === 'F25' || kind === 'F29' || kind === 'F30'
  if (!spoils) return plain(bank, call, handled)
  const { world } = bank.context
  if (world.count(`icbc:question:${handled.billNo}`) >= SPOILED_QUESTIONS)
    return plain(bank, call, handled)
  if (kind === 'F30')
    return {
      kind: 'answer',
      status: 502,
      contentType: 'text/html',
      body: '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
    }
  const fields = { ...refusalFields(call.api, handled.fields), msg_id: call.msgId }
  return answer(bank.signing, kind === 'F29' ? unlisted(fields) : fields, {
    encrypted: call.encrypted,
    badSignature: kind === 'F25',
    delayMs: kind === 'F24' ? SLOW_MS * world.timeScale : 0,
  })
}

/** Values that no table lists (docs/mixed-order.md 2), and numbers beyond the table. */
const UNLISTED: Record<string, string> = {
  mix_pay_status: 'MIX_PAY_USER_PAYING',
  self_pay_status: 'SELF_PAY_USER_PAYING',
  med_ins_pay_status: 'MED_INS_PAY_PROCESSING',
  pay_status: '7',
  order_status: '9',
}

function unlisted(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, UNLISTED[name] ?? value]),
  )
}
