/** The pretend mid-platform: routes and settlement (upstreams/mid-platform/README.md 1, 2). */
import { json, LOST, note } from './answers.ts'
import { openEnvelope, sealEnvelope, type EnvelopeLink } from './mid-platform-envelope.ts'
import { placeOrder, queryOrder, revokeOrder, settlementOf } from './mid-platform-orders.ts'
import { authoriseRefund, refundOrder } from './mid-platform-refunds.ts'
import { feeUploads, uploadFees, type Call, type Verdict } from './mid-platform-uploads.ts'
import type { SandboxContext, Upload } from './registry.ts'
import type { SandboxReply, SandboxUpstream } from './world.ts'

const OPERATIONS: Record<string, readonly [infno: string, operation: (call: Call) => Verdict]> = {
  uldFeeInfo: ['6201', uploadFees],
  pay_order: ['6202', placeOrder],
  refund_Order: ['6203', refundOrder],
  refund_auth: ['refund-authorisation', authoriseRefund],
  query_order_info: ['6301', queryOrder],
  revoke_order: ['6401', revokeOrder],
}
const PATH = /^\/org\/local\/api\/hos\/(\w+)$/

/** A failing answer has no encData and no signature (2.1). */
const failure = (message: string): SandboxReply =>
  json(200, { code: -1, success: false, message, encType: 'SM4', signType: 'SM2' })

export function createMidPlatform(context: SandboxContext): SandboxUpstream {
  const { world } = context
  const link = linkOf(context)
  return {
    prefix: '/mid-platform',
    handle: async (request) => {
      const name = PATH.exec(request.path)?.[1] ?? ''
      const found = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
      if (!found || request.method !== 'POST') return json(404, { code: 404, success: false })
      const [infno, operation] = found
      const opened = openEnvelope(link, request.body, world.now())
      if (opened.kind === 'distrusted') return failure(opened.reason)
      const verdict = operation({ context, text: opened.text, data: opened.data })
      const { billNo, number, result, answer } = verdict
      note(world, { billNo, upstream: 'mid-platform', call: infno, number, result })
      if (answer.kind === 'lost') return LOST
      if (answer.kind === 'refused') return failure(answer.message)
      const extra = { code: 0, success: true, message: '成功' }
      return json(200, sealEnvelope(link, { data: answer.data, at: world.now(), extra }))
    },
  }
}

function linkOf({ parameters, profiles, crypto }: SandboxContext): EnvelopeLink {
  const { appId, appSecret, hospital, platform } = parameters.midPlatform
  return {
    appId,
    appSecret,
    // The platform's pair is not the hospital's (2.6).
    privateKeyHex: platform.privateKeyHex,
    publicKeyHex: hospital.publicKeyHex,
    ...profiles.midPlatform,
    crypto,
  }
}

/** 6302 of this bill's newest upload, sealed for the hospital; null when there is none. */
export function settlementNotice(context: SandboxContext, billNo: string): string | null {
  const upload = feeUploads(context).findLast((one) => one.billNo === billNo)
  if (!upload) return null
  const data = settlementOf(context, upload)
  return JSON.stringify(sealEnvelope(linkOf(context), { data, at: context.world.now() }))
}

/** ordStas 2: the channel has taken the cash and the bureau is settling. */
export function beginInsurance(context: SandboxContext, payOrdId: string): void {
  openUpload(context, payOrdId).settlement = 'paying'
}

/** ordStas 6: fund and account owe the hospital their parts. */
export function settleInsurance(context: SandboxContext, payOrdId: string): void {
  const upload = openUpload(context, payOrdId)
  const { ledger, now } = context.world
  upload.settlement = 'settled'
  const { fundFen = 0, accountFen = 0, otherFen = 0 } = upload.amounts ?? {}
  const shares = [
    ['fund', fundFen],
    ['account', accountFen],
    ['other', otherFen],
  ] as const
  for (const [from, amountFen] of shares)
    if (amountFen > 0)
      ledger.move({
        at: now(),
        billNo: upload.billNo,
        from,
        to: 'insurance-payable',
        amountFen,
        why: 'insurance-settlement',
        number: payOrdId,
      })
}

/** ordStas 15. */
export function failInsurance(context: SandboxContext, payOrdId: string): void {
  openUpload(context, payOrdId).settlement = 'failed'
}

/** @throws Error when the bureau could not settle this upload: the sandbox itself must be right. */
function openUpload(context: SandboxContext, payOrdId: string): Upload {
  const upload = context.registry.uploads.get(payOrdId)
  const open = upload?.settlement === 'none' || upload?.settlement === 'paying'
  if (!upload?.amounts || upload.revoked || !open) throw new Error(`not to settle: ${payOrdId}`)
  return upload
}
