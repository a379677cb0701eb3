/** The pretend certificate centre (upstreams/one-code/README.md 1 to 5): strict, with codes on demand. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { isIP } from 'node:net'
import { z } from 'zod'
import { digits, header, hex, json, LOST, note, parseObject } from '../answers.ts'
import type { Person, SandboxContext } from '../registry.ts'
import type { CallRecord, SandboxReply, SandboxRequest, SandboxUpstream } from '../world.ts'
import { MESSAGES } from './codes.ts'
import { type CounterMisbehaviour, counterScenarioOf } from './scenario.ts'

export const ONE_CODE_PREFIX = '/one-code'

const varchar = (most: number) => z.string().regex(new RegExp(`^\\P{C}{1,${most}}$`, 'u'))
const ip = varchar(40).refine((text) => isIP(text) !== 0 && !text.includes('%'))

const ENVELOPE = z.strictObject({
  orgId: z.string(),
  encData: z.string().regex(/^(?:[0-9A-F]{32})+$/),
  version: z.literal('1.0.0'),
  timestamp: z.string().regex(/^\d{13}$/),
  reqtType: z.string().regex(/^[^&]+&\d{6}$/),
})
const COMMON = {
  token: varchar(40),
  orgCodg: varchar(40),
  opterId: varchar(40),
  opterName: varchar(40),
  devId: varchar(40),
  devIP: ip,
}
const INPUTS = {
  signedQuery: z.strictObject({ ...COMMON, orgName: varchar(40) }),
  genPayCert: z.strictObject({
    ...COMMON,
    orgName: varchar(200),
    ownPaySetlAmt: z.string().regex(/^(0|[1-9]\d{0,16})\.\d{2}$/),
    fixmedinsTrnsSn: varchar(200),
  }),
}
type Input = z.output<(typeof INPUTS)['signedQuery']> &
  Partial<z.output<(typeof INPUTS)['genPayCert']>>

const CALL = /^\/cfc\/api\/(signedQuery|genPayCert)$/
type CallName = keyof typeof INPUTS

const CHANNEL = '微信支付'
const TOO_LONG = 10 * 1_048_576
/** As the channel defines it. */
const LIFE_MS = 60_000

interface Center {
  readonly context: SandboxContext
  readonly key: Buffer
}

export function createOneCodeCenter(context: SandboxContext): SandboxUpstream {
  const center = { context, key: Buffer.from(context.parameters.oneCode.sm4KeyHex, 'hex') }
  return {
    prefix: ONE_CODE_PREFIX,
    handle: async (request) => {
      const name = CALL.exec(request.path)?.[1]
      if (name !== 'signedQuery' && name !== 'genPayCert') return says(-5)
      const fault = request.method !== 'POST' || !isUtf8Json(request)
      const input = fault ? null : read(center, request, name)
      if (typeof input === 'number') return says(input)
      return input === null ? says(-2) : answer(center, name, input)
    },
  }
}

const isUtf8Json = (request: SandboxRequest): boolean =>
  /^application\/json; ?charset=utf-8$/i.test(header(request, 'content-type'))

const says = (code: number, more: Record<string, unknown> = {}): SandboxReply =>
  json(200, {
    code,
    type: code === 0 ? 'success' : 'error',
    message: MESSAGES[code],
    data: null,
    ...more,
  })

/** Null is a wrong form, a number the code to answer. */
function read(center: Center, request: SandboxRequest, name: CallName): Input | number | null {
  const { orgId, province, orgCodg } = center.context.parameters.oneCode
  const envelope = ENVELOPE.safeParse(parseObject(request.body.toString('utf8')))
  if (!envelope.success) return null
  if (envelope.data.orgId !== orgId || envelope.data.reqtType !== `${orgId}&${province}`) return -4
  const clear = unsealed(envelope.data.encData, center.key)
  if (clear === null) return -4
  const value = parseObject(clear)
  // Compact, in the order of the document: anything else was not made by the document.
  if (value === null || JSON.stringify(value) !== clear) return null
  const input = INPUTS[name].safeParse(value)
  if (!input.success) return null
  return input.data.orgCodg === orgCodg ? input.data : 500316
}

function unsealed(text: string, key: Buffer): string | null {
  try {
    const decipher = createDecipheriv('sm4-ecb', key, null)
    const clear = Buffer.concat([decipher.update(Buffer.from(text, 'hex')), decipher.final()])
    return new TextDecoder('utf-8', { fatal: true }).decode(clear)
  } catch {
    return null
  }
}

function sealed(value: unknown, key: Buffer): string {
  const cipher = createCipheriv('sm4-ecb', key, null)
  return Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()])
    .toString('hex')
    .toUpperCase()
}

function answer(center: Center, name: CallName, input: Input): SandboxReply {
  const { world, registry } = center.context
  const shown = registry.ecTokens.get(input.token)
  const tell = (result: CallRecord['result']): void =>
    note(world, {
      billNo: shown?.billNo ?? '',
      upstream: 'one-code',
      call: name,
      number: input.fixmedinsTrnsSn ?? '',
      result,
    })
  if (!shown) {
    tell('refused')
    return says(500001)
  }
  const scenario = counterScenarioOf(shown.billNo)
  const misbehaviour = scenario?.misbehaviour ?? null
  const times = world.count(`one-code:${name}:${shown.billNo}`)
  const demanded = demandedCode(name, shown.billNo, times)
  if (demanded !== null) {
    tell('refused')
    return says(demanded)
  }
  if (misbehaviour === 'Y15')
    return { ...json(502, ''), contentType: 'text/html', body: '<h1>502</h1>' }
  if (name === 'genPayCert' && misbehaviour === 'Y08' && times === 0) {
    tell('lost-request')
    return LOST
  }
  const output =
    name === 'signedQuery' ? statusFor(misbehaviour, shown.person) : issue(center, input, shown)
  if (typeof output === 'number') {
    tell('refused')
    return says(output)
  }
  tell(name === 'signedQuery' ? 'question' : 'effect')
  if (name === 'genPayCert' && misbehaviour === 'Y07' && times === 0) return LOST
  return spoilt(misbehaviour, output, center.key)
}

/** 500320 and the first codes of a misbehaviour pass; codes on demand stay. */
function demandedCode(name: CallName, billNo: string, times: number): number | null {
  const scenario = counterScenarioOf(billNo)
  const demanded = name === 'signedQuery' ? scenario?.status : scenario?.certificate
  if (demanded != null) return demanded
  const first = FIRST_CODES[scenario?.misbehaviour ?? 'Y01']
  if (first === undefined || times >= first.times) return null
  return first.call === undefined || first.call === name ? first.code : null
}

/** The first answers of a call are this code. */
const FIRST_CODES: Partial<
  Record<CounterMisbehaviour, { code: number; times: number; call?: CallName }>
> = {
  Y22: { code: -6, times: 2 },
  Y23: { code: 500320, times: 1 },
  Y25: { code: -1, times: 1, call: 'signedQuery' },
}

const accountOf = ({ name }: Person): string => `${name.slice(0, 1)}**的零钱`

function statusFor(
  misbehaviour: CounterMisbehaviour | null,
  person: Person,
): Record<string, unknown> {
  const usable = {
    stasFlag: '1',
    abnRea: '',
    payChnlUserName: accountOf(person),
    payChnlName: CHANNEL,
  }
  return { ...usable, ...(misbehaviour && ODD_STATUSES[misbehaviour]) }
}

const ODD_STATUSES: Partial<Record<CounterMisbehaviour, Record<string, unknown>>> = {
  Y01: { stasFlag: '0', abnRea: '未签约' },
  Y02: { stasFlag: '2', abnRea: '<script>alert(1)</script>账户冻结' },
  Y03: { stasFlag: '9' },
  // JSON leaves it out.
  Y04: { stasFlag: undefined },
  Y05: { payChnlName: '某某支付' },
}

/** A serial number is one certificate for ever. */
function issue(
  { context }: Center,
  input: Input,
  shown: { billNo: string; person: Person },
): Record<string, unknown> | number {
  const { world, registry } = context
  const { fixmedinsTrnsSn: serialNo = '', ownPaySetlAmt = '' } = input
  if ([...registry.payCerts.values()].some((issued) => issued.serialNo === serialNo)) return 500014
  const misbehaviour = counterScenarioOf(shown.billNo)?.misbehaviour ?? null
  const payCert = `28${digits(world, 16)}${hex(world, 8)}`
  registry.payCerts.set(payCert, {
    payCert,
    serialNo,
    billNo: shown.billNo,
    amountFen: Number(ownPaySetlAmt.replace('.', '')),
    until: world.now() + LIFE_MS,
    outTradeNo: null,
  })
  const payChnlName = misbehaviour === 'Y06' ? '支付宝' : CHANNEL
  return { payCert, payChnlUserName: accountOf(shown.person), payChnlName }
}

/** How answers of this centre go wrong although the matter is right. */
function spoilt(
  misbehaviour: CounterMisbehaviour | null,
  output: Record<string, unknown>,
  key: Buffer,
): SandboxReply {
  const encData = sealed(output, key)
  const odd: Partial<Record<CounterMisbehaviour, Record<string, unknown>>> = {
    Y16: { data: { encData: encData.slice(0, -3) } },
    Y17: {},
    Y18: { data: { encData: sealed(output, Buffer.alloc(16, 1)) } },
    Y19: { data: { encData: encData.toLowerCase() } },
    Y20: { data: { encData }, success: false, message: '业务异常' },
    Y21: { code: '0', data: { encData }, success: true },
    Y27: { data: { encData: encData + 'A'.repeat(misbehaviour === 'Y27' ? TOO_LONG : 0) } },
  }
  return says(0, (misbehaviour && odd[misbehaviour]) ?? { data: { encData } })
}
