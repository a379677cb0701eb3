/** The adapter joined to the pretend mid-platform, with a bill, a person and an authorisation. */
import { asPayAuthNo } from '../../../src/payment/authorisation.ts'
import { Secret } from '../../../src/errors.ts'
import { createHis } from '../../../src/sandbox/his.ts'
import { billOf } from '../../../src/sandbox/his-bills.ts'
import { createMidPlatform, settleInsurance } from '../../../src/sandbox/mid-platform.ts'
import { insuredOf } from '../../../src/sandbox/people.ts'
import type { SandboxProfiles } from '../../../src/sandbox/parameters.ts'
import { hospitalSystem } from '../../../src/upstreams/his/adapter.ts'
import type { HttpReply, Send } from '../../../src/upstreams/http-client.ts'
import {
  MID_PLATFORM_PROFILE,
  midPlatform,
  type MidPlatformProfile,
} from '../../../src/upstreams/mid-platform/adapter.ts'
import { envelopeKeys } from '../../../src/upstreams/mid-platform/envelope.ts'
import type { InsuranceRefund, Upload } from '../../../src/upstreams/upstream.ts'
import {
  NOW,
  privateKey,
  publicKey,
  sandboxContext,
  seededRandom,
  sendTo,
  watched,
} from '../stub.ts'

const PAY_AUTH_NO = 'AUTH2026112009000012345678901234'
export const BILL = 'MZ20261120000123-M'

export function build(
  send: Send,
  context = sandboxContext(),
  profile: MidPlatformProfile = MID_PLATFORM_PROFILE,
) {
  const { midPlatform: parameters } = context.parameters
  const watch = watched(send)
  const warnings: string[] = []
  const adapter = midPlatform({
    baseUrl: 'http://sandbox/mid-platform',
    timeoutMs: 1000,
    keys: envelopeKeys({
      appId: parameters.appId,
      appSecret: new Secret(parameters.appSecret),
      privateKey: privateKey(parameters.hospital),
      platformKeys: [publicKey(parameters.platform)],
    }),
    profile,
    hospital: {
      orgCodg: parameters.orgCodg,
      orgId: parameters.orgId,
      acctUsedFlag: '1',
      pubHospRfomFlag: '1',
    },
    send: watch.send,
    recordExchange: watch.recordExchange,
    now: () => NOW,
    warn: (message) => warnings.push(message),
  })
  return { ...watch, adapter, warnings }
}

interface Options {
  readonly billNo?: string
  readonly profile?: Partial<MidPlatformProfile>
  readonly sandbox?: Partial<SandboxProfiles['midPlatform']>
  readonly change?: (reply: HttpReply) => HttpReply
}

export async function real(options: Options = {}) {
  const { billNo = BILL, profile = {}, sandbox = {}, change } = options
  const plain = sandboxContext()
  const context = sandboxContext({
    his: { protection: 'bearer' },
    midPlatform: { ...plain.profiles.midPlatform, ...sandbox },
  })
  const hisBill = billOf(context, billNo)
  if (!hisBill) throw new Error(billNo)
  const auth = { payAuthNo: PAY_AUTH_NO, billNo, openid: 'o', person: hisBill.patient }
  context.registry.payAuthNos.set(PAY_AUTH_NO, auth)
  const his = hospitalSystem({
    baseUrl: 'http://sandbox/his',
    timeoutMs: 1,
    token: new Secret(context.parameters.his.token),
    protection: { kind: 'bearer' },
    send: sendTo(createHis(context)),
    recordExchange: () => {},
    now: () => NOW,
    random: seededRandom(),
  })
  const bill = await his.bill(billNo)
  if (bill.kind !== 'done') throw new Error(JSON.stringify(bill))
  const insured = insuredOf(context, auth)
  const upload: Upload = {
    medOrgOrd: '20261120090000ABCDEF',
    chrgBchno: '01JD000000000000000000000AF1',
    payAuthNo: asPayAuthNo(PAY_AUTH_NO),
    person: {
      psnNo: insured.psnNo,
      name: insured.person.name,
      idNo: insured.person.idNo,
      insutype: insured.insutype,
      insuplcAdmdvs: insured.insuplcAdmdvs,
      ecToken: new Secret(insured.businessToken),
    },
    bill: bill.value,
    location: '104.065861,30.657401',
  }
  const send = sendTo(createMidPlatform(context), change)
  return { ...build(send, context, { ...MID_PLATFORM_PROFILE, ...profile }), context, upload }
}

export type Link = Awaited<ReturnType<typeof real>>

export async function uploaded(link: Link) {
  const outcome = await link.adapter.upload(link.adapter.composeUpload(link.upload))
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  const { payOrdId, payToken, mdtrtId } = outcome.value
  const { payAuthNo, chrgBchno, person } = link.upload
  const order = { payAuthNo, payOrdId, payToken, orgBizSer: 'B1', chrgBchno, mdtrtId }
  return { order, question: { payOrdId, payToken, name: person.name, idNo: person.idNo } }
}

/** Settled by the bureau, and what would give it back. */
export async function settled(suffix = '', profile: Partial<MidPlatformProfile> = {}) {
  const link = await real({ billNo: BILL + suffix, profile })
  const { order, question } = await uploaded(link)
  const outcome = await link.adapter.order(order)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  settleInsurance(link.context, order.payOrdId)
  const refund: InsuranceRefund = {
    payOrdId: order.payOrdId,
    refundNo: 'RF01JD',
    payAuthNo: order.payAuthNo,
    amounts: outcome.value.amounts,
    refundedAt: NOW,
  }
  const owed = () => link.context.world.ledger.balance(BILL + suffix, 'insurance-payable')
  return { link, refund, question, owed }
}
