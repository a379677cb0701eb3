/** 6201 of the pretend mid-platform, and what the platform keeps about an upload. */
import { digits, fenToYuan, hex, yuanToFen } from './answers.ts'
import { uploadSchema, type OrderMessage, type UploadMessage } from './mid-platform-messages.ts'
import { insuredOf } from './people.ts'
import type { PayAuth, SandboxContext, SettledAmounts, Upload } from './registry.ts'
import { scenarioOf } from './scenario.ts'
import { shanghai } from './shanghai.ts'
import type { CallRecord } from './world.ts'

/** A decrypted, believed request. */
export interface Call {
  readonly context: SandboxContext
  readonly text: string
  readonly data: Record<string, unknown>
}

/** What an operation decided; `lost` closes the connection, whatever was done before it. */
export interface Verdict {
  readonly billNo: string
  readonly number: string
  readonly result: CallRecord['result']
  readonly answer:
    | { readonly kind: 'sealed'; readonly data: Record<string, unknown> }
    | { readonly kind: 'refused'; readonly message: string }
    | { readonly kind: 'lost' }
}

/** `registry.uploads` holds these very objects, so that the bank can settle them. */
export interface FeeUpload extends Upload {
  readonly payToken: string
  readonly mdtrtId: string
  readonly visitNo: string
  readonly message: UploadMessage
  readonly text: string
  order: {
    readonly orgBizSer: string
    readonly text: string
    readonly message: OrderMessage
  } | null
  /** 6203 by its appRefdSn. */
  readonly refunds: Map<string, InsuranceRefund>
  /** Given out for a refund, by its appRefdSn: as good as the payment's own authorisation. */
  readonly refundAuthNos: Map<string, string>
}

export interface InsuranceRefund {
  readonly text: string
  readonly answer: Record<string, unknown>
  readonly refdType: string
  /** Whether anything went back: with EXP and FAIL the answer does not say so. */
  readonly moved: boolean
}

export const REPEATED = '电子凭证已经上传了费用,请撤销费用后重新登记再上传'
/** WeChat calls 5-10 minutes usual; the platform is the one that knows. */
const AUTH_LIFE_MS = 10 * 60_000

export function isFeeUpload(upload: Upload | undefined): upload is FeeUpload {
  return upload !== undefined && 'payToken' in upload
}

export const feeUploads = (context: SandboxContext): FeeUpload[] =>
  [...context.registry.uploads.values()].filter((upload) => isFeeUpload(upload))

/** F06-F08, R01-R04 and their like happen to the first try only. */
export function firstTime(context: SandboxContext, billNo: string, code: string): boolean {
  if (scenarioOf(billNo).misbehaviour !== code) return false
  return context.world.count(`${code}:${billNo}`) === 0
}

export function uploadFees(call: Call): Verdict {
  const { context, data } = call
  const parsed = uploadSchema.safeParse(data)
  const billNo = billOfVisit(data['iptOtpNo'])
  const number = typeof data['medOrgOrd'] === 'string' ? data['medOrgOrd'] : ''
  const refuse = (message: string): Verdict => ({
    billNo,
    number,
    result: 'refused',
    answer: { kind: 'refused', message },
  })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(`入参错误 ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  if (firstTime(context, billNo, 'F14'))
    return { billNo, number, result: 'lost-request', answer: { kind: 'lost' } }
  const message = parsed.data
  const earlier = feeUploads(context).find((upload) => upload.medOrgOrd === message.medOrgOrd)
  if (earlier) {
    if (scenarioOf(billNo).misbehaviour === 'F07') return refuse(REPEATED)
    if (earlier.text !== call.text) return refuse('医疗机构订单号 medOrgOrd 重复')
    return { billNo, number, result: 'repeat', answer: { kind: 'sealed', data: saved(earlier) } }
  }
  const auth = authOf(context, message)
  const fault = amountFault(message) ?? identityFault(context, message, auth)
  if (fault || !auth) return refuse(fault ?? '未找到对应授权信息')
  const upload = save(call, message, { billNo, auth })
  const lost = firstTime(context, billNo, 'F06') || firstTime(context, billNo, 'F07')
  return {
    billNo,
    number,
    result: 'effect',
    answer: lost ? { kind: 'lost' } : { kind: 'sealed', data: saved(upload) },
  }
}

function billOfVisit(visitNo: unknown): string {
  return typeof visitNo === 'string' ? visitNo.replace(/^V/, '') : ''
}

/** By payAuthNo, else by the token that 1101 gave for it. */
function authOf(context: SandboxContext, message: UploadMessage): PayAuth | undefined {
  const { payAuthNos } = context.registry
  if (message.payAuthNo) return payAuthNos.get(message.payAuthNo)
  return [...payAuthNos.values()].find((auth) => {
    return insuredOf(context, auth).businessToken === message.ecToken
  })
}

function amountFault(message: UploadMessage): string | null {
  const total = yuanToFen(message.medfeeSumamt)
  const details = message.feedetailList.map((detail) => yuanToFen(detail.detItemFeeSumamt) ?? 0)
  if (details.reduce((sum, part) => sum + part, 0) !== total) return '明细总额不等于医疗费总额'
  if (total === 0) return '医疗费总额须大于零'
  const { fulamtOwnpayAmt, preselfpayAmt, inscpScpAmt } = message
  if (fulamtOwnpayAmt === undefined || preselfpayAmt === undefined || inscpScpAmt === undefined)
    return null
  const parts = [fulamtOwnpayAmt, preselfpayAmt, inscpScpAmt]
  const sum = parts.reduce((all, part) => all + (yuanToFen(part) ?? 0), 0)
  return sum === total ? null : '全自费、先行自付与符合范围金额之和不等于医疗费总额'
}

function identityFault(
  context: SandboxContext,
  message: UploadMessage,
  auth: PayAuth | undefined,
): string | null {
  const { orgCodg, orgId } = context.parameters.midPlatform
  if (message.orgCodg !== orgCodg) return '定点医药机构编码不存在'
  if (message.orgId !== undefined && message.orgId !== orgId) return '电子凭证机构号不正确'
  if (!auth) return '未找到对应授权信息'
  const insured = insuredOf(context, auth)
  if (message.ecToken && ![insured.businessToken, auth.payAuthNo].includes(message.ecToken))
    return 'ecToken 二次核验失败'
  const { idNo, name } = insured.person
  if (message.idNo !== idNo || message.userName !== name) return '参保人与授权人不一致'
  if (message.psnNo !== insured.psnNo) return '人员编号不正确'
  if (message.insutype !== insured.insutype) return '险种不正确'
  const division = insured.insuplcAdmdvs
  if (message.insuplcAdmdvs !== division || message.insuCode !== division) return '参保地不正确'
  return batchFault(message) ?? reuseFault(context, message, auth)
}

function batchFault(message: UploadMessage): string | null {
  const serials = new Set(message.feedetailList.map((detail) => detail.feedetlSn))
  if (serials.size !== message.feedetailList.length) return '费用明细流水号重复'
  for (const detail of message.feedetailList) {
    if (detail.chrgBchno !== message.chrgBchno) return '明细收费批次号不一致'
    if ((detail.psnNo ?? message.psnNo) !== message.psnNo) return '明细人员编号不一致'
  }
  return null
}

function reuseFault(context: SandboxContext, message: UploadMessage, auth: PayAuth): string | null {
  const issuedAt = issuedAtOf(auth.payAuthNo)
  const uploads = feeUploads(context)
  if (uploads.some((upload) => upload.payAuthNo === auth.payAuthNo)) return '支付授权码已使用'
  if (issuedAt !== null && context.world.now() - issuedAt > AUTH_LIFE_MS) return '支付授权码已过期'
  const open = uploads.some(
    (upload) =>
      upload.visitNo === message.iptOtpNo &&
      !upload.revoked &&
      upload.settlement !== 'settled' &&
      upload.settlement !== 'refunded',
  )
  return open ? REPEATED : null
}

/** Our WeChat writes the time of issue into the number; another channel's numbers never expire. */
function issuedAtOf(payAuthNo: string): number | null {
  const written = /^AUTH(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d{14}$/.exec(payAuthNo)
  if (!written) return null
  const [year, month, day, hour, minute, second] = written.slice(1)
  return shanghai.parseSpaced(`${year}-${month}-${day} ${hour}:${minute}:${second}`)
}

function save(
  call: Call,
  message: UploadMessage,
  from: { billNo: string; auth: PayAuth },
): FeeUpload {
  const { world, registry, parameters } = call.context
  const { mdtrtareaAdmvs } = parameters.insurance
  const payOrdId = `ORD${mdtrtareaAdmvs}${shanghai.compact(world.now())}${digits(world, 8)}`
  const upload: FeeUpload = {
    billNo: from.billNo,
    medOrgOrd: message.medOrgOrd,
    payOrdId,
    payAuthNo: from.auth.payAuthNo,
    person: insuredOf(call.context, from.auth).person,
    payToken: `PT${hex(world, 30)}`,
    mdtrtId: `${mdtrtareaAdmvs}${digits(world, 12)}`,
    visitNo: message.iptOtpNo,
    message,
    text: call.text,
    order: null,
    refunds: new Map(),
    refundAuthNos: new Map(),
    amounts: null,
    revoked: false,
    settlement: 'none',
  }
  registry.uploads.set(payOrdId, upload)
  return upload
}

const saved = (upload: FeeUpload): Record<string, unknown> => ({
  payOrdId: upload.payOrdId,
  payToken: upload.payToken,
  mdtrtId: upload.mdtrtId,
  extData: { mdtrtId: upload.mdtrtId },
})

/** The four columns of 6202 and 6301 with their V2.2.5 companions. F16: they do not add up. */
export function amountColumns(upload: FeeUpload, amounts: SettledAmounts): Record<string, string> {
  const wrong = scenarioOf(upload.billNo).misbehaviour === 'F16' ? 100 : 0
  return {
    feeSumamt: fenToYuan(amounts.totalFen),
    ownPayAmt: fenToYuan(amounts.cashFen + wrong),
    psnAcctPay: fenToYuan(amounts.accountFen),
    fundPay: fenToYuan(amounts.fundFen),
    deposit: '0.00',
    othFeeAmt: fenToYuan(amounts.otherFen),
    hospPartAmt: '0.00',
    acctMulaidPay: '0.00',
    selfAcctPay: fenToYuan(amounts.accountFen),
    delvFee: '0.00',
  }
}
