/** The pretend insurance core: sign-in and persons (upstreams/insurance-baseline/README.md). */
import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import { digits, header, hex, json, note, parseObject, timeOf } from './answers.ts'
import { insuredOf, type Insured } from './people.ts'
import type { SandboxContext } from './registry.ts'
import { scenarioOf } from './scenario.ts'
import { shanghai } from './shanghai.ts'
import type { CallRecord, SandboxRequest, SandboxUpstream } from './world.ts'

const WINDOW_MS = 5 * 60_000
const CALL = /^\/fsi\/api\/rsfComIfsService\/callService\/(\d{4})$/
const BY_CHANNEL = '/queryPsninfobyZFB'
export const INVALID_SIGN_NO = '签到流水号(sign_no)无效，请重新签到'

const optional = (length: number) => z.string().max(length).optional()

const envelopeSchema = z.object({
  infno: z.string().regex(/^\d{4}$/),
  msgid: z.string().regex(/^[A-Z]\d{11}\d{14}\d{4}$/),
  mdtrtarea_admvs: z.string().regex(/^\d{6}$/),
  insuplc_admdvs: z
    .string()
    .regex(/^(\d{6})?$/)
    .optional(),
  recer_sys_code: z.string().min(1),
  dev_no: optional(100),
  dev_safe_info: optional(2000),
  cainfo: optional(1024),
  signtype: optional(10),
  infver: z.literal('V1.0'),
  opter_type: z.enum(['1', '2', '3']),
  opter: z.string().min(1).max(30),
  opter_name: z.string().min(1).max(50),
  inf_time: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  fixmedins_code: z.string().length(12),
  fixmedins_name: z.string().min(1).max(200),
  sign_no: optional(30),
  input: z.record(z.string(), z.unknown()),
})
type Envelope = z.infer<typeof envelopeSchema>

const signInSchema = z.object({
  signIn: z.object({
    opter_no: z.string().min(1).max(20),
    mac: optional(20),
    ip: z.string().min(1).max(20),
  }),
})
const personSchema = z.object({
  data: z.object({
    mdtrt_cert_type: z.literal('01'),
    mdtrt_cert_no: z.string().min(1).max(50),
    card_sn: optional(32),
    begntime: z.string().optional(),
    psn_cert_type: optional(6),
    certno: optional(50),
    psn_name: optional(50),
  }),
})

type Verdict =
  | { readonly kind: 'done'; readonly output: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly message: string }
const refuse = (message: string): Verdict => ({ kind: 'refused', message })

/** What the core remembers between calls. */
interface Core {
  readonly context: SandboxContext
  /** The newest sign-in number of an operator; any older one is dead. */
  readonly signedIn: Map<string, string>
  readonly msgids: Set<string>
  readonly tifNonces: Set<string>
  /** F35: the number that a bill's first call was told to be invalid stays invalid for it. */
  readonly deadFor: Map<string, string>
}

export function createInsuranceBaseline(context: SandboxContext): SandboxUpstream {
  const core: Core = {
    context,
    signedIn: new Map(),
    msgids: new Set(),
    tifNonces: new Set(),
    deadFor: new Map(),
  }
  return {
    prefix: '/insurance',
    handle: async (request) => {
      const fault = gatewayFault(core, request)
      if (fault) return json(401, { errcode: '401', errmsg: fault })
      const infno = request.path === BY_CHANNEL ? '1101' : CALL.exec(request.path)?.[1]
      if (!infno || request.method !== 'POST') return json(404, { errmsg: 'no such service' })
      const verdict = call(core, request, infno)
      return json(200, envelopeOf(core, verdict))
    },
  }
}

function envelopeOf({ context }: Core, verdict: Verdict): Record<string, unknown> {
  const { world, parameters } = context
  const now = shanghai.compact(world.now())
  return {
    infcode: verdict.kind === 'done' ? 0 : -1,
    inf_refmsgid: `${parameters.insurance.mdtrtareaAdmvs}${now}${digits(world, 10)}`,
    refmsg_time: `${now}000`,
    respond_time: `${now}000`,
    err_msg: verdict.kind === 'done' ? '' : verdict.message,
    warn_msg: '',
    signtype: '',
    cainfo: '',
    output: verdict.kind === 'done' ? verdict.output : {},
  }
}

function gatewayFault(core: Core, request: SandboxRequest): string | null {
  const { authenticator } = core.context.profiles.insurance
  if (authenticator === 'x-tif') return tifFault(core, request)
  if (authenticator === 'csb') return csbFault(core, request)
  return null
}

function late({ context }: Core, seconds: string): boolean {
  const age = Math.abs(context.world.now() - Number(seconds) * 1000)
  return !/^\d{10}$/.test(seconds) || age > WINDOW_MS
}

function tifFault(core: Core, request: SandboxRequest): string | null {
  const { paasId, secret } = core.context.parameters.insurance.tif
  const timestamp = header(request, 'x-tif-timestamp')
  const nonce = header(request, 'x-tif-nonce')
  if (header(request, 'x-tif-paasid') !== paasId) return 'paasid unknown'
  if (late(core, timestamp)) return 'timestamp expired'
  const text = `${timestamp}${secret}${nonce}${timestamp}`
  const expected = createHash('sha256').update(text).digest('hex')
  if (header(request, 'x-tif-signature').toLowerCase() !== expected) return 'signature error'
  if (nonce === '' || core.tifNonces.has(nonce)) return 'nonce repeated'
  core.tifNonces.add(nonce)
  return null
}

function csbFault(core: Core, request: SandboxRequest): string | null {
  const { accessKey, secretKey } = core.context.parameters.insurance.csb
  const names = ['_api_access_key', '_api_name', '_api_timestamp', '_api_version']
  if (names.some((name) => header(request, name) === '')) return 'api header missing'
  if (header(request, '_api_access_key') !== accessKey) return 'access key unknown'
  if (late(core, header(request, '_api_timestamp'))) return 'timestamp expired'
  const text = names.map((name) => `${name}=${header(request, name)}`).join('&')
  const expected = createHmac('sha1', secretKey).update(text).digest('base64')
  return header(request, '_api_signature') === expected ? null : 'signature error'
}

function call(core: Core, request: SandboxRequest, infno: string): Verdict {
  const parsed = envelopeSchema.safeParse(parseObject(request.body.toString('utf8')))
  if (!parsed.success) return refuse(`报文格式错误: ${z.prettifyError(parsed.error)}`.slice(0, 200))
  const envelope = parsed.data
  const fault = envelopeFault(core, envelope, infno)
  if (fault) return refuse(fault)
  if (infno === '9001') return signIn(core, envelope)
  if (infno !== '1101') return refuse(`交易编号 ${infno} 未开通`)
  const { personQuery } = core.context.profiles.insurance
  const asked = request.path === BY_CHANNEL ? 'queryPsninfobyZFB' : '1101'
  if (asked !== personQuery) return refuse(`接口 ${asked} 未授权`)
  return person(core, envelope, asked)
}

function envelopeFault(core: Core, envelope: Envelope, infno: string): string | null {
  const { orgCodg, mdtrtareaAdmvs, recerSysCode } = core.context.parameters.insurance
  if (envelope.infno !== infno) return '交易编号与地址不一致'
  if (envelope.fixmedins_code !== orgCodg) return '定点医药机构编号不存在'
  if (!envelope.msgid.startsWith(orgCodg)) return '发送方报文ID 与机构不一致'
  if (envelope.mdtrtarea_admvs !== mdtrtareaAdmvs) return '就医地医保区划不正确'
  if (envelope.recer_sys_code !== recerSysCode) return '接收方系统代码不正确'
  const age = Math.abs(core.context.world.now() - timeOf(envelope.inf_time))
  if (!(age <= 2 * WINDOW_MS)) return '交易时间偏差过大'
  if (core.msgids.has(envelope.msgid)) return '发送方报文ID 重复'
  core.msgids.add(envelope.msgid)
  return null
}

function signIn(core: Core, envelope: Envelope): Verdict {
  const { world } = core.context
  const parsed = signInSchema.safeParse(envelope.input)
  const known = parsed.success && parsed.data.signIn.opter_no === envelope.opter
  const result = known ? 'effect' : 'refused'
  note(world, { billNo: '', upstream: 'insurance', call: '9001', number: envelope.msgid, result })
  if (!known) return refuse('签到操作员不正确')
  const now = shanghai.compact(world.now())
  const signNo = `QD${now}${hex(world, 10).toUpperCase()}`
  core.signedIn.set(envelope.opter, signNo)
  const time = envelope.inf_time
  return { kind: 'done', output: { signinoutb: { sign_time: time, sign_no: signNo } } }
}

function person(core: Core, envelope: Envelope, name: string): Verdict {
  const { world, registry } = core.context
  const parsed = personSchema.safeParse(envelope.input)
  const auth = parsed.success && registry.payAuthNos.get(parsed.data.data.mdtrt_cert_no)
  const billNo = auth ? auth.billNo : ''
  const tell = (result: CallRecord['result']): void =>
    note(world, { billNo, upstream: 'insurance', call: name, number: envelope.msgid, result })
  const signNo = envelope.sign_no ?? ''
  const newest = core.signedIn.get(envelope.opter)
  if (signNo === '' || signNo !== newest || isDead(core, billNo, signNo)) {
    tell('refused')
    return refuse(INVALID_SIGN_NO)
  }
  tell(auth ? 'question' : 'refused')
  if (!parsed.success) return refuse('输入参数不正确: 仅支持 01 电子凭证令牌')
  if (!auth) return refuse('未找到对应授权信息')
  return { kind: 'done', output: personOutput(insuredOf(core.context, auth), world.now()) }
}

function isDead(core: Core, billNo: string, signNo: string): boolean {
  if (scenarioOf(billNo).misbehaviour !== 'F35') return false
  if (!core.deadFor.has(billNo)) core.deadFor.set(billNo, signNo)
  return core.deadFor.get(billNo) === signNo
}

function personOutput(insured: Insured, now: number): Record<string, unknown> {
  const { person, psnNo, insutype, insuplcAdmdvs, businessToken } = insured
  const birth = person.idNo.slice(6, 14)
  const insurance = (type: string, status: string) => ({
    balc: type === insutype ? '3251.68' : '0.00',
    insutype: type,
    psn_type: '11',
    psn_insu_stas: status,
    psn_insu_date: '2019-07-01',
    paus_insu_date: status === '1' ? '' : '2019-06-30',
    cvlserv_flag: '0',
    insuplc_admdvs: insuplcAdmdvs,
    emp_name: '沙盒市示例单位',
  })
  return {
    baseinfo: {
      psn_no: psnNo,
      psn_cert_type: person.idType,
      certno: person.idNo,
      psn_name: person.name,
      gend: Number(person.idNo[16]) % 2 === 1 ? '1' : '2',
      naty: '01',
      brdy: `${birth.slice(0, 4)}-${birth.slice(4, 6)}-${birth.slice(6)}`,
      age: Number(shanghai.compact(now).slice(0, 4)) - Number(birth.slice(0, 4)),
      exp_content: JSON.stringify({ inhosp_stas: '0', business_token: businessToken }),
    },
    // The paused one comes first: taking the first row would be a mistake.
    insuinfo: [insurance('390', '2'), insurance(insutype, '1')],
    idetinfo: [],
  }
}
