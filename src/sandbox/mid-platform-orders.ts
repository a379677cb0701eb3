/** 6202, 6301 and 6401 of the pretend mid-platform. */
import { fenToYuan, yuanToFen } from './answers.ts'
import { orderSchema, questionSchema } from './mid-platform-messages.ts'
import {
  amountColumns,
  feeUploads,
  firstTime,
  isFeeUpload,
  type Call,
  type FeeUpload,
  type Verdict,
} from './mid-platform-uploads.ts'
import type { SandboxContext, SettledAmounts } from './registry.ts'
import { scenarioOf, type Split } from './scenario.ts'
import { shanghai } from './shanghai.ts'

/** The upload a request speaks of, and how to say no to it. */
export interface Subject {
  readonly upload: FeeUpload | null
  readonly refuse: (message: string) => Verdict
  readonly seal: (result: Verdict['result'], data: Record<string, unknown>) => Verdict
}

export function subjectOf(call: Call, number: string): Subject {
  const { context, data } = call
  const found = context.registry.uploads.get(text(data['payOrdId']))
  const upload = isFeeUpload(found) ? found : null
  const of = { billNo: upload?.billNo ?? '', number }
  return {
    upload,
    refuse: (message) => ({ ...of, result: 'refused', answer: { kind: 'refused', message } }),
    seal: (result, data) => ({ ...of, result, answer: { kind: 'sealed', data } }),
  }
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** 6202: pre-settlement. One order an upload; the same orgBizSer again is the same order. */
export function placeOrder(call: Call): Verdict {
  const { context } = call
  const { upload, refuse, seal } = subjectOf(call, text(call.data['orgBizSer']))
  const parsed = orderSchema.safeParse(call.data)
  if (!parsed.success) return refuse(`入参错误 ${parsed.error.issues[0]?.path.join('.') ?? ''}`)
  const asked = parsed.data
  if (!upload || upload.payToken !== asked.payToken) return refuse('支付订单不存在或支付令牌无效')
  if (upload.order?.orgBizSer === asked.orgBizSer) {
    if (upload.order.text !== call.text) return refuse('机构业务流水号重复')
    return seal('repeat', ordered(upload))
  }
  if (upload.revoked) return refuse('订单已撤销')
  const { message } = upload
  if (asked.orgCodg !== message.orgCodg) return refuse('定点医药机构编码不一致')
  if (asked.payAuthNo !== upload.payAuthNo) return refuse('支付授权码不一致')
  if (asked.chrgBchno !== message.chrgBchno) return refuse('收费批次号不一致')
  if (asked.feeType !== message.feeType) return refuse('费用类别不一致')
  if (asked.mdtrtId !== upload.mdtrtId) return refuse('就诊ID不一致')
  if (feeUploads(context).some((other) => asked.orgBizSer === other.medOrgOrd))
    return refuse('机构业务流水号不能与医疗机构订单号相同')
  const used = feeUploads(context).some((other) => other.order?.orgBizSer === asked.orgBizSer)
  if (used) return refuse('机构业务流水号重复')
  if (upload.order) return refuse('订单已存在')
  const { split, misbehaviour } = scenarioOf(upload.billNo)
  if (misbehaviour === 'F34') return refuse('参保人待遇暂停享受，不能使用医保结算')
  upload.order = { orgBizSer: asked.orgBizSer, text: call.text, message: asked }
  const flag = asked.acctUsedFlag ?? message.acctUsedFlag ?? ''
  upload.amounts = divide(yuanToFen(message.medfeeSumamt) ?? 0, split, flag !== '0')
  const effect = seal('effect', ordered(upload))
  return firstTime(context, upload.billNo, 'F08') ? { ...effect, answer: { kind: 'lost' } } : effect
}

/** Exact fen: the last part takes what rounding left. Without the account its part falls to cash. */
function divide(totalFen: number, split: Split, useAccount: boolean): SettledAmounts {
  const parts = { totalFen, fundFen: 0, accountFen: 0, otherFen: 0, cashFen: 0 }
  if (split === 'self-pay-only') return { ...parts, cashFen: totalFen }
  if (split === 'insurance-only') {
    const accountFen = useAccount ? Math.floor((totalFen * 30) / 100) : 0
    return { ...parts, accountFen, fundFen: totalFen - accountFen }
  }
  const fundFen = Math.floor((totalFen * 60) / 100)
  const accountFen = useAccount ? Math.floor((totalFen * 20) / 100) : 0
  return { ...parts, fundFen, accountFen, cashFen: totalFen - fundFen - accountFen }
}

function ordered(upload: FeeUpload): Record<string, unknown> {
  const { amounts, message } = upload
  if (!amounts) throw new Error(`ordered without amounts: ${upload.payOrdId}`)
  return {
    payOrdId: upload.payOrdId,
    ordStas: '1',
    ...amountColumns(upload, amounts),
    extData: {
      preSetl: {
        mdtrt_id: upload.mdtrtId,
        psn_no: message.psnNo,
        psn_name: message.userName,
        certno: message.idNo,
        insutype: message.insutype,
        med_type: message.medType,
        medfee_sumamt: fenToYuan(amounts.totalFen),
        fund_pay_sumamt: fenToYuan(amounts.fundFen),
        acct_pay: fenToYuan(amounts.accountFen),
        psn_cash_pay: fenToYuan(amounts.cashFen),
      },
    },
  }
}

/** ordStas of 1.9, from what happened to the upload. */
export function ordStasOf(upload: FeeUpload): string {
  if (upload.revoked) return '12'
  const refdType = [...upload.refunds.values()].findLast(({ moved }) => moved)?.refdType
  if (refdType === 'ALL') return '7'
  if (refdType === 'HI') return '8'
  if (refdType === 'CASH') return '9'
  if (upload.settlement === 'refunded') return '8'
  if (upload.settlement === 'settled') return '6'
  if (upload.settlement === 'failed') return '15'
  if (upload.settlement === 'paying') return '2'
  return upload.amounts ? '1' : '0'
}

function askedFor(call: Call, upload: FeeUpload | null): string | null {
  const parsed = questionSchema.safeParse(call.data)
  if (!parsed.success) return `入参错误 ${parsed.error.issues[0]?.path.join('.') ?? ''}`
  if (!upload) return '未查询到订单'
  const asked = parsed.data
  if (asked.payToken !== upload.payToken) return '支付令牌无效'
  if (asked.orgCodg !== upload.message.orgCodg) return '定点医药机构编码不一致'
  const { person } = upload
  return asked.idNo === person.idNo && asked.userName === person.name ? null : '参保人信息不一致'
}

/** 6301 */
export function queryOrder(call: Call): Verdict {
  const payOrdId = text(call.data['payOrdId'])
  const { upload, refuse, seal } = subjectOf(call, payOrdId)
  const fault = askedFor(call, upload)
  if (fault || !upload) return refuse(fault ?? '未查询到订单')
  const ordStas = ordStasOf(upload)
  if (!upload.amounts) return seal('question', { payOrdId, ordStas })
  const paid = ordStas === '6'
  return seal('question', {
    payOrdId,
    ordStas,
    medOrgOrd: upload.medOrgOrd,
    ...amountColumns(upload, upload.amounts),
    ...(paid ? paidColumns(upload, call.context) : {}),
  })
}

/** 6302 carries what 6301 would tell. */
export function settlementOf(context: SandboxContext, upload: FeeUpload): Record<string, string> {
  const ordStas = ordStasOf(upload)
  return {
    payOrdId: upload.payOrdId,
    medOrgOrd: upload.medOrgOrd,
    ordStas,
    ...(upload.amounts ? amountColumns(upload, upload.amounts) : {}),
    ...paidColumns(upload, context),
  }
}

function paidColumns(upload: FeeUpload, context: SandboxContext): Record<string, string> {
  return {
    callType: '02',
    traceTime: shanghai.compact(context.world.now()),
    setlType: 'ALL',
    revsToken: `RV${upload.payOrdId}`,
  }
}

/** 6401. After a failed settlement too, or the next upload is refused (docs/rulings.md 3.3). */
export function revokeOrder(call: Call): Verdict {
  const { context } = call
  const payOrdId = text(call.data['payOrdId'])
  const { upload, refuse, seal } = subjectOf(call, payOrdId)
  const fault = askedFor(call, upload)
  if (fault || !upload) return refuse(fault ?? '未查询到订单')
  if (upload.revoked) return seal('repeat', { payOrdId, ordStas: '12' })
  const ordStas = ordStasOf(upload)
  if (!['0', '1', '15'].includes(ordStas)) return refuse(`订单状态 ${ordStas} 不允许撤销`)
  const busy = scenarioOf(upload.billNo).misbehaviour === 'F36'
  if (busy && context.world.count(`F36:${upload.payOrdId}`) < 2)
    return refuse('撤销失败，请稍后重试')
  upload.revoked = true
  return seal('effect', { payOrdId, ordStas: '12' })
}
