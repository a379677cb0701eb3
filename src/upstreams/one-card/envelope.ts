/** The answer around every answer, in either of the document's two spellings (README.md 4.1), both ways. */
import { parseObject, utf8 } from '../content.ts'

export type Envelope =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly code: string; readonly message: string }

/** @returns null for what is neither a success nor a refusal beyond doubt. */
export function readEnvelope(body: Buffer): Envelope | null {
  const content = parseObject(utf8(body) ?? '')
  if (content === null) return null
  const members = new Map(
    Object.entries(content).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const success = String(members.get('issuccess')).toLowerCase()
  const code = textOf(members.get('errorcode') ?? members.get('code'))
  const message = textOf(members.get('message'))
  // Whoever says yes and names an error said nothing.
  if (success === 'true')
    return code === '' || code === '0' ? { success: true, data: members.get('data') } : null
  const isRefusal = /^\d{4,10}$/.test(code) && (success === 'false' || !members.has('issuccess'))
  return isRefusal ? { success: false, code, message } : null
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** How the hospital answers as a provider: what the sources leave open is a switch. */
export interface AnswerForm {
  /** Texts, as the table says, and not the boolean and number of its sample. */
  readonly stringly: boolean
  /** An HTTP status by the code; a gateway in front tends to hide what is not 200. */
  readonly statusFromCode: boolean
}

export interface Answered {
  readonly status: number
  readonly body: string
}

/** Both spellings at once: `ErrorCode` and `Message` of table 1, `code` and `message` of 6.6.2. */
export function failure(form: AnswerForm, code: string, message: string): Answered {
  const body = {
    IsSuccess: form.stringly ? 'false' : false,
    Message: message,
    ErrorCode: form.stringly ? code : Number(code),
    Data: null,
    code,
    message,
  }
  return { status: form.statusFromCode ? statusOf(code) : 200, body: JSON.stringify(body) }
}

export function success(form: AnswerForm, data: unknown): Answered {
  const text = typeof data === 'string' || data === null ? data : JSON.stringify(data)
  const body = form.stringly
    ? { IsSuccess: 'true', Message: '', ErrorCode: '0', Data: text }
    : { IsSuccess: true, Message: '', ErrorCode: 0, Data: data }
  return { status: 200, body: JSON.stringify(body) }
}

const FORBIDDEN: ReadonlySet<string> = new Set(['95270724', '95270725', '95270726'])
const UNAUTHENTICATED = /^9527071[1-7]$/

function statusOf(code: string): number {
  if (code.startsWith('95279')) return Number(code.slice(-3))
  if (FORBIDDEN.has(code)) return 403
  return UNAUTHENTICATED.test(code) ? 401 : 400
}
