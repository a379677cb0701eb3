/** Our words <-> the certificate centre's (README.md 3 to 5). */
import { isIP } from 'node:net'
import type { z } from 'zod'
import { type Fen, fenToYuan } from '../../payment/money.ts'
import type { CertificateWish, OneCodeAnswer, OneCodeQuestion, OneCodeStatus } from '../one-code.ts'
import type { GenPayCert, SignedQuery, STATUS } from './messages.ts'
import { LEAVES_OPEN, RETURN_CODES, UNLISTED } from './return-codes.ts'

export interface Institution {
  /** National code of the institution. */
  readonly orgCodg: string
  readonly orgName: string
}

export type AmountFormat = 'two-decimals' | 'shortest'

export const signedQueryOf = (org: Institution, asked: OneCodeQuestion): SignedQuery => ({
  token: asked.token,
  orgCodg: org.orgCodg,
  orgName: org.orgName,
  opterId: asked.operatorId,
  opterName: asked.operatorName,
  devId: asked.deviceId,
  devIP: asked.deviceIp,
})

export const genPayCertOf = (
  org: Institution,
  wish: CertificateWish,
  amountFormat: AmountFormat,
): GenPayCert => ({
  token: wish.token,
  ownPaySetlAmt: yuan(wish.amountFen, amountFormat),
  orgCodg: org.orgCodg,
  orgName: org.orgName,
  opterId: wish.operatorId,
  opterName: wish.operatorName,
  devId: wish.deviceId,
  devIP: wish.deviceIp,
  fixmedinsTrnsSn: wish.serialNo,
})

function yuan(amountFen: Fen, format: AmountFormat): string {
  const text = fenToYuan(amountFen)
  return format === 'shortest' ? text.replace(/\.?0+$/, '') : text
}

/** What is wrong with an input, by the document's name of it; `warning` when only its bytes are. */
export interface InputFault {
  readonly field: string
  readonly says: string
  readonly warning: boolean
}

/** Whether VARCHAR2(n) counts characters or bytes is not said: the first refuses, the second warns. */
export function faultsOf<T extends { readonly [K in keyof T]: string }>(
  input: T,
  lengths: Readonly<Record<keyof T & string, number>>,
): InputFault[] {
  return Object.entries<number>(lengths).flatMap(([field, most]) => {
    const value = Object.entries<string>(input).find(([name]) => name === field)?.[1] ?? ''
    const fault = (says: string, warning = false) => [{ field, says, warning }]
    if (value.trim() === '') return fault('is missing')
    if (/\p{C}/u.test(value)) return fault('holds a control character')
    if ([...value].length > most) return fault(`has more than ${most} characters`)
    // A zone id names an interface of one machine.
    if (field === 'devIP' && (isIP(value) === 0 || value.includes('%')))
      return fault('is no IP address')
    if (field === 'ownPaySetlAmt' && !/[1-9]/.test(value)) return fault('is nothing')
    return Buffer.byteLength(value) > most ? fault(`has more than ${most} bytes`, true) : []
  })
}

const LONGEST_SHOWN = 200
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Words from outside that a counter's page shows: short, on one line, and no mark-up. */
export const shown = (text: string | null | undefined): string =>
  [...(text ?? '').replace(/\p{C}+/gu, ' ').trim()]
    .slice(0, LONGEST_SHOWN)
    .join('')
    .replace(/[&<>"']/g, (found) => ESCAPES[found] ?? '')

/** Names are compared with the configuration as they came, never as they are shown. */
export const nameOf = (text: string | null | undefined): string =>
  [...(text ?? '')].slice(0, 40).join('')

/** A code other than 0: our text for it, and the centre's own words. */
export function saidOf(code: string, message: string | null | undefined): OneCodeAnswer<never> {
  const listed = Object.hasOwn(RETURN_CODES, code) ? RETURN_CODES[code] : undefined
  const { text, handling } = listed ?? UNLISTED
  const own = shown(message)
  const words = own === '' || own === text ? text : `${text}（${own}）`
  const said = { code, message: listed ? words : `${words}，代码 ${code}`, handling }
  return LEAVES_OPEN.has(handling)
    ? { kind: 'unknown', cause: `code ${code}`, said }
    : { kind: 'refused', ...said }
}

const STATUSES = new Map<unknown, OneCodeStatus['status']>([
  ['0', 'not-signed'],
  ['1', 'usable'],
  ['2', 'not-usable'],
])

/** Exactly the texts of the document: a number 1 is as unlisted as a 9. */
export const statusOf = (answer: z.output<typeof STATUS>): OneCodeStatus => ({
  status: STATUSES.get(answer.stasFlag) ?? 'unlisted',
  reason: shown(answer.abnRea),
  accountName: shown(answer.payChnlUserName),
  channelName: nameOf(answer.payChnlName),
})
