/** 6203 of the pretend mid-platform, and the authorisation before it (upstreams/mid-platform/README.md 1.5, 1.10). */
import { digits, yuanToFen } from './answers.ts'
import { refundAuthorisationSchema, refundSchema } from './mid-platform-messages.ts'
import { ordStasOf, subjectOf, text } from './mid-platform-orders.ts'
import {
  feeUploads,
  firstTime,
  type Call,
  type FeeUpload,
  type Verdict,
} from './mid-platform-uploads.ts'
import { insuredOf } from './people.ts'
import type { SandboxContext } from './registry.ts'
import { scenarioOf } from './scenario.ts'
import { shanghai } from './shanghai.ts'

type Asked = ReturnType<typeof refundSchema.parse>

/** Full refunds only; the same appRefdSn again is the same refund. */
export function refundOrder(call: Call): Verdict {
  const { context } = call
  const number = text(call.data['appRefdSn'])
  const { upload, refuse, seal } = subjectOf(call, number)
  const parsed = refundSchema.safeParse(call.data)
  if (!parsed.success) return refuse(`入参错误 ${parsed.error.issues[0]?.path.join('.') ?? ''}`)
  if (!upload) return refuse('未查询到订单')
  const { billNo } = upload
  if (firstTime(context, billNo, 'R02'))
    return { billNo, number, result: 'lost-request', answer: { kind: 'lost' } }
  const asked = parsed.data
  const known = upload.refunds.get(asked.appRefdSn)
  if (known)
    return known.text === call.text ? seal('repeat', known.answer) : refuse('应用退款流水号重复')
  const fault = refundFault(context, upload, asked)
  if (fault) return refuse(fault)
  const { refStatus, moved } = fateOf(context, billNo)
  const answer = answerOf(context, asked, refStatus)
  upload.refunds.set(asked.appRefdSn, { text: call.text, answer, refdType: asked.refdType, moved })
  if (moved && asked.refdType !== 'CASH') returnInsurance(context, upload, asked.appRefdSn)
  upload.returnedWhole = moved && asked.refdType === 'ALL'
  const verdict = seal(moved ? 'effect' : 'refused', answer)
  return firstTime(context, billNo, 'R01') ? { ...verdict, answer: { kind: 'lost' } } : verdict
}

interface Fate {
  readonly refStatus: 'SUCC' | 'EXP' | 'FAIL'
  readonly moved: boolean
}

function fateOf(context: SandboxContext, billNo: string): Fate {
  if (scenarioOf(billNo).misbehaviour === 'R05') return { refStatus: 'FAIL', moved: false }
  if (firstTime(context, billNo, 'R04')) return { refStatus: 'EXP', moved: false }
  return { refStatus: firstTime(context, billNo, 'R03') ? 'EXP' : 'SUCC', moved: true }
}

/** Only a success names the insurance's own refund. */
function answerOf(
  { world }: SandboxContext,
  { refdType }: Asked,
  refStatus: Fate['refStatus'],
): Record<string, string> {
  const now = shanghai.compact(world.now())
  const refdSn = `RF${now}${digits(world, 8)}`
  if (refStatus !== 'SUCC' || refdType === 'CASH') return { refdSn, refStatus }
  return {
    refdSn,
    hiRefdSn: `HR${now}${digits(world, 8)}`,
    hiTrnsDate: now.slice(0, 8),
    hiTrnsTime: now.slice(8),
    refStatus,
  }
}

const back = (text: string | undefined): number => yuanToFen(text ?? '0') ?? 0

function refundFault(context: SandboxContext, upload: FeeUpload, asked: Asked): string | null {
  const { amounts } = upload
  if (!amounts || ordStasOf(upload) !== '6') return '订单未结算或已退款'
  if (!isAuthorised(context, upload, asked)) return '退费授权与原授权不一致'
  const fund = back(asked.fundRefdAmt)
  const account = back(asked.psnAcctRefdAmt)
  const cash = back(asked.cashRefdAmt)
  const insurance = asked.refdType !== 'CASH'
  const expected = insurance ? amounts : { fundFen: 0, accountFen: 0, otherFen: 0 }
  // Other insurance money has no member of its own (1.5).
  if (back(asked.totlRefdAmt) !== fund + account + expected.otherFen + cash)
    return '总退费金额不等于各项之和'
  const expectedCash = asked.refdType === 'HI' ? 0 : amounts.cashFen
  return fund === expected.fundFen && account === expected.accountFen && cash === expectedCash
    ? null
    : '仅支持全额退费'
}

/** By the payment's authorisation, or by one that was given for this very refund. */
function isAuthorised(context: SandboxContext, upload: FeeUpload, asked: Asked): boolean {
  if (asked.payAuthNo !== undefined) {
    const given = upload.refundAuthNos.get(asked.appRefdSn)
    return asked.payAuthNo === upload.payAuthNo || asked.payAuthNo === given
  }
  const auth = context.registry.payAuthNos.get(upload.payAuthNo)
  return auth !== undefined && insuredOf(context, auth).businessToken === asked.ecToken
}

/** At the insurance window, past the mid-platform; 6301 shows it. @returns false without a settlement */
export function returnAtWindow(context: SandboxContext, billNo: string): boolean {
  const upload = feeUploads(context).find(
    (known) => known.billNo === billNo && ordStasOf(known) === '6',
  )
  if (upload) returnInsurance(context, upload, `window-${upload.payOrdId}`)
  return upload !== undefined
}

/** Undoes in the sandbox's books whatever the settlement moved for this upload. */
function returnInsurance(context: SandboxContext, upload: FeeUpload, number: string): void {
  const { ledger, now } = context.world
  upload.settlement = 'refunded'
  const settled = ledger
    .of(upload.billNo)
    .filter(({ why, number }) => why === 'insurance-settlement' && number.includes(upload.payOrdId))
  for (const { from, to, amountFen, billNo } of settled)
    ledger.move({
      at: now(),
      billNo,
      from: to,
      to: from,
      amountFen,
      why: 'insurance-refund',
      number,
    })
}

/** A question: asked again for the same refund, it gives the same number. */
export function authoriseRefund(call: Call): Verdict {
  const { upload, refuse, seal } = subjectOf(call, text(call.data['appRefdSn']))
  const parsed = refundAuthorisationSchema.safeParse(call.data)
  if (!parsed.success) return refuse(`入参错误 ${parsed.error.issues[0]?.path.join('.') ?? ''}`)
  const asked = parsed.data
  if (!upload || asked.orgCodg !== upload.message.orgCodg) return refuse('未查询到订单')
  const { person } = upload
  if (asked.idNo !== person.idNo || asked.userName !== person.name)
    return refuse('参保人信息不一致')
  if (asked.payAuthNo !== upload.payAuthNo) return refuse('支付授权码不一致')
  const { world } = call.context
  const payAuthNo =
    upload.refundAuthNos.get(asked.appRefdSn) ??
    `AUTHR${shanghai.compact(world.now())}${digits(world, 13)}`
  upload.refundAuthNos.set(asked.appRefdSn, payAuthNo)
  return seal('question', { payAuthNo })
}
