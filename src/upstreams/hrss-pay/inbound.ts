/** The platform calls us: who it is, the signature, then the content (README.md 5). */
import { parseObject, utf8 } from '../content.ts'
import { cashierOf } from './cashier.ts'
import type { HrssCall, HrssCashierPush, HrssListed, HrssNotice, HrssPerson } from '../hrss-pay.ts'
import { listedOrder, orderState } from './mapping.ts'
import { membersOf } from './members.ts'
import { CASHIER_PUSH, NOTICE, PERSON } from './messages.ts'
import type { HrssSigning } from './signing.ts'

export interface InboundOptions {
  readonly signing: HrssSigning
  /** As the platform assigned them for calls to us: they need not be those of our calls to it. */
  readonly merchantAppId: string
  readonly mchId: string
  readonly encrypted: boolean
  readonly signAnswer: boolean
  readonly notifyUrl: string
  readonly cashierHosts: readonly string[]
}

type Opened = { readonly clear: string } | { readonly reason: string }

/** Signature first, over what was received; only then is anything decrypted. */
function open(raw: HrssCall, options: InboundOptions): Opened {
  const fields = fieldsOf(raw)
  if (fields === null) return { reason: 'form-unreadable' }
  const { data = '', sign = '', appId, mchId } = fields
  if (data === '' || sign === '') return { reason: 'field-missing' }
  if (!verified(fields, options)) return { reason: 'signature-wrong' }
  if (appId !== options.merchantAppId || mchId !== options.mchId)
    return { reason: 'another-merchant' }
  const clear = options.encrypted ? options.signing.decrypt(data) : data
  if (clear === null || membersOf(clear) === null) return { reason: 'data-unreadable' }
  return { clear }
}

const NAMES = ['appId', 'mchId', 'data', 'sign'] as const
type Fields = Partial<Record<(typeof NAMES)[number], string>>

function fieldsOf({ contentType, body }: HrssCall): Fields | null {
  const text = utf8(body)
  if (text === null) return null
  return contentType === 'application/json' ? fromJson(text) : fromForm(text)
}

function fromJson(text: string): Fields | null {
  const members = membersOf(text)
  if (members === null) return null
  const fields: Fields = {}
  for (const name of NAMES) {
    const raw = members.get(name)
    if (raw === undefined) continue
    if (!raw.startsWith('"') && name !== 'data') return null
    fields[name] = raw.startsWith('"') ? String(JSON.parse(raw)) : raw
  }
  return fields
}

function fromForm(text: string): Fields | null {
  const form = new URLSearchParams(text)
  const fields: Fields = {}
  for (const name of NAMES) {
    const [value, ...more] = form.getAll(name)
    if (more.length > 0) return null
    if (value !== undefined) fields[name] = value
  }
  return fields
}

/** Plain data may have been signed as it was sent, or sorted and without blanks. */
function verified(
  { sign = '', ...fields }: Fields,
  { signing, encrypted }: InboundOptions,
): boolean {
  if (signing.verify(fields, sign)) return true
  const content = encrypted ? null : parseObject(fields.data ?? '')
  return (
    content !== null && signing.verify({ ...fields, data: JSON.stringify(sorted(content)) }, sign)
  )
}

const sorted = (content: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(content).toSorted(([one], [other]) => (one < other ? -1 : 1)))

export function readNotice(raw: HrssCall, options: InboundOptions): HrssNotice {
  const opened = open(raw, options)
  if ('reason' in opened) return { verified: false, reason: opened.reason }
  const told = NOTICE.safeParse(parseObject(opened.clear))
  if (!told.success) return { verified: false, reason: 'content-unreadable' }
  return { verified: true, content: opened.clear, state: orderState(told.data) }
}

export function readPersonQuestion(
  raw: HrssCall,
  options: InboundOptions,
): HrssPerson | { readonly reason: string } {
  const opened = open(raw, options)
  if ('reason' in opened) return opened
  const person = PERSON.safeParse(parseObject(opened.clear))
  if (!person.success) return { reason: 'content-unreadable' }
  return { idType: person.data.idTypeOrder ?? '01', idNo: person.data.idNumberOrder }
}

/** The document names no envelope for the push: that of chapter 5 (README.md 6). */
export function readCashierPush(
  raw: HrssCall,
  options: InboundOptions,
): HrssCashierPush | { readonly reason: string } {
  const opened = open(raw, options)
  if ('reason' in opened) return opened
  const content = parseObject(opened.clear)
  const code = CASHIER_PUSH.safeParse(content)
  const cashier =
    content && cashierOf(Object.fromEntries(Object.entries(content)), options.cashierHosts)
  if (!code.success || cashier === null) return { reason: 'content-unreadable' }
  return { qrCode: code.data.qrCode, cashier }
}

/** 5.1.3: the same shape for somebody without orders, so that it tells nobody who is a patient here. */
export function answerPerson(
  { idType, idNo }: HrssPerson,
  orders: readonly HrssListed[],
  options: InboundOptions,
): string {
  const content = {
    idTypeOrder: idType,
    idNumberOrder: idNo,
    orderData: orders.map((order) => listedOrder(order, options.notifyUrl)),
  }
  const { merchantAppId: appId, mchId, signing } = options
  const clear = JSON.stringify(content)
  const data = options.encrypted ? signing.encrypt(clear) : clear
  const sign = options.signAnswer ? { sign: signing.sign({ appId, mchId, data }) } : {}
  return JSON.stringify({ appId, mchId, data: options.encrypted ? data : content, ...sign })
}

/** 5.2.3, and what a call that is not believed gets at either endpoint. */
export const acknowledge = (accepted: boolean, message: string): string =>
  JSON.stringify({ isSuccess: accepted ? '1' : '0', returnMsg: message.slice(0, 256) })
