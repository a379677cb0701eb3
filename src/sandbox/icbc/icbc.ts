/** ICBC's gateway in front of the pretend bank: one envelope, each house's APIs, and how its answers go wrong. */
import type { ZodType } from 'zod'
import { digits } from '../answers.ts'
import type { Bank } from '../bank/book.ts'
import { delayOf, GARBAGE, spoilt } from '../bank/spoilt.ts'
import type { IcbcProfile } from '../parameters.ts'
import type { SandboxReply, SandboxUpstream } from '../world.ts'
import { ybconsume, yborderqry } from './aggregated.ts'
import { YB_CONSUME, YB_ORDERQRY } from './aggregated-schemas.ts'
import { consume, merrefund, orderqry, refundqry } from './cash.ts'
import type { GatewayCall } from './envelope.ts'
import { answer, createGateway, isRefusal, refuse } from './envelope.ts'
import { query, statusQuery, submit } from './mixed.ts'
import { type Answered, type IcbcCounter, icbcCounter } from './protocol.ts'
import {
  MIX_REFUND_NOTIFY,
  mixRefundNotify,
  REFUNDS_NOTIFY,
  refundsNotify,
  YB_MERREFUND,
  ybMerrefund,
} from './refund-notices.ts'
import { CONSUME, MERREFUND, ORDERQRY, QUERY, REFUNDQRY, STATUS_QUERY, SUBMIT } from './schemas.ts'

export const ICBC_PREFIX = '/icbc'

const B2C = '/api/cardbusiness/aggregatepay/b2c/online'
const MIX = '/api/mybank/medical/mixorder'
const HEBEI = '/api/hbfh/mimp'

interface Api {
  /** Mixed orders travel encrypted (upstreams/icbc/README.md 3.1). */
  readonly encryption: 'required' | 'optional' | 'none'
  readonly question: boolean
  readonly run: (counter: IcbcCounter, content: unknown) => Answered | Promise<Answered>
}

/** Joins a schema and a handler; the first wrong member is named, as 92200001 does. */
function api<T>(
  schema: ZodType<T>,
  handle: (counter: IcbcCounter, request: T) => Answered | Promise<Answered>,
): Api['run'] {
  return (counter, content) => {
    const parsed = schema.safeParse(content)
    if (parsed.success) return handle(counter, parsed.data)
    const issue = parsed.error.issues[0]
    const where = [
      ...(issue?.path ?? []),
      ...(issue?.code === 'unrecognized_keys' ? issue.keys : []),
    ]
    return { billNo: '', fields: refuse('92200001', `参数检查失败：${where.join('.')}`) }
  }
}

/** Alike in every house. */
const CASH_APIS: Record<string, Api> = {
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
}

const submitApi: Api = { encryption: 'required', question: false, run: api(SUBMIT, submit) }

const MIXED_APIS: Record<IcbcProfile['family'], Record<string, Api>> = {
  'head-office': {
    [`${MIX}/submitorder/V1`]: submitApi,
    [`${MIX}/queryorder/V1`]: { encryption: 'required', question: true, run: api(QUERY, query) },
    [`${MIX}/refundsnotify/V1`]: {
      encryption: 'required',
      question: false,
      run: api(REFUNDS_NOTIFY, refundsNotify),
    },
  },
  aggregated: {
    [`${B2C}/ybconsumepurchase/V1`]: {
      encryption: 'none',
      question: false,
      run: api(YB_CONSUME, ybconsume),
    },
    [`${B2C}/yborderqry/V1`]: {
      encryption: 'none',
      question: true,
      run: api(YB_ORDERQRY, yborderqry),
    },
    [`${B2C}/ybmerrefund/V1`]: {
      encryption: 'none',
      question: false,
      run: api(YB_MERREFUND, ybMerrefund),
    },
  },
  hebei: {
    [`${HEBEI}/mixorder/V1`]: submitApi,
    [`${HEBEI}/orderstatusquery/V1`]: {
      encryption: 'required',
      question: true,
      run: api(STATUS_QUERY, statusQuery),
    },
    [`${HEBEI}/mixrefundnotify/V1`]: {
      encryption: 'required',
      question: false,
      run: api(MIX_REFUND_NOTIFY, mixRefundNotify),
    },
  },
}

export function createIcbc(bank: Bank): SandboxUpstream {
  const counter = icbcCounter(bank)
  const apis = { ...CASH_APIS, ...MIXED_APIS[bank.context.profiles.icbc.family] }
  const read = createGateway(bank.context, counter.protocol.signing, ICBC_PREFIX)
  return {
    prefix: ICBC_PREFIX,
    handle: async (request) => {
      const call = read(request)
      if (isRefusal(call)) return gatewayRefusal(counter, call)
      const known = apis[call.api]
      if (known === undefined) return gatewayRefusal(counter, refuse(500018, '访问的API不存在'))
      if (known.encryption === 'required' && !call.encrypted)
        return gatewayRefusal(counter, refuse(400011, '参数非法：encrypt_type 为空'))
      if (known.encryption === 'none' && call.encrypted)
        return gatewayRefusal(counter, refuse(400011, '参数非法：encrypt_type 不支持'))
      return reply(counter, { ...call, ...known }, await known.run(counter, call.content))
    },
  }
}

/** What the gateway itself refuses is never encrypted: it has not come to the cipher yet. */
function gatewayRefusal(
  { protocol, context }: IcbcCounter,
  refusal: { code: number | string; message: string },
) {
  const fields = {
    return_code: refusal.code,
    return_msg: refusal.message,
    msg_id: digits(context.world, 20),
  }
  return answer(protocol.signing, fields, { encrypted: false })
}

/** The first three questions about a bill may be answered late, unsigned, as garbage or unheard of. */
function reply(
  counter: IcbcCounter,
  { api, msgId, encrypted, question: asks }: GatewayCall & Api,
  { billNo, fields }: Answered,
): SandboxReply {
  if (fields === 'lost') return { kind: 'lost' }
  const kind = asks ? spoilt(counter, billNo) : null
  if (kind === 'garbage') return GARBAGE
  const told = isRefusal(fields)
    ? // pay_status is required even then (upstreams/icbc/README.md 2.4, 2.6).
      {
        return_code: fields.code,
        return_msg: fields.message,
        ...(asks && api.startsWith(B2C) ? { pay_status: '2' } : {}),
      }
    : fields
  const content = { ...(kind === 'unlisted' ? unlisted(told) : told), msg_id: msgId }
  return answer(counter.protocol.signing, content, {
    encrypted,
    badSignature: kind === 'bad-signature',
    delayMs: delayOf(counter, kind),
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
