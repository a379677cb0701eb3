/**
 * Our own refusals. An upstream's answer is a value (`Outcome`); a bug is a plain throw;
 * only what we ourselves refuse is an `AppError`, and only the HTTP edge turns it into a status.
 */

/** Every stable `code` of the HTTP contract with its status and the Chinese sentence a patient may read. */
export const ERRORS = {
  'invalid-request': [400, '请求内容不完整或格式不正确，请检查后重试。'],
  unauthenticated: [401, '登录已失效，请重新登录。'],
  forbidden: [403, '您没有权限进行此操作。'],
  'not-found': [404, '没有找到您要的内容。'],
  'order-not-found': [404, '没有找到这笔订单。'],
  'bill-not-found': [404, '没有找到这张账单。'],
  'refund-not-found': [404, '没有找到这笔退款。'],
  'bill-being-paid': [409, '这张账单正在支付中，请勿重复付款。'],
  'bill-already-paid': [409, '这张账单已经支付。'],
  'bill-changed': [409, '账单内容已变化，请重新发起支付。'],
  'payment-in-progress': [409, '支付正在进行中，请勿重复操作。'],
  'already-paid': [409, '这笔订单已经支付。'],
  'not-pre-settled': [409, '请先完成医保授权和费用预结算。'],
  'order-expired': [409, '订单已过期，请重新发起支付。'],
  'not-refundable': [409, '这笔订单不能退款。'],
  'refund-in-progress': [409, '退款正在进行中，请勿重复操作。'],
  'request-in-progress': [409, '相同的请求正在处理中，请稍候。'],
  'method-not-allowed': [405, '不支持这种请求方式。'],
  'body-too-large': [413, '请求内容过大。'],
  'unsupported-media-type': [415, '请求的内容类型不受支持。'],
  'bill-invalid': [422, '账单内容有误，请联系收费窗口。'],
  'authorisation-state-invalid': [422, '医保授权已失效，请重新授权。'],
  'authorisation-failed': [422, '医保授权未成功，请重新授权。'],
  'authorisation-lost': [422, '未能确认医保授权结果，请重新授权。'],
  'person-mismatch': [422, '医保参保人与就诊人不一致，请核对后重试。'],
  'amounts-mismatch': [422, '医保结算金额与账单不符，已停止支付，请联系收费窗口。'],
  'partial-refund-not-allowed': [422, '含医保的订单只能全额退款。'],
  'idempotency-key-reused': [422, '相同的请求编号被用于不同的内容。'],
  'too-many-requests': [429, '操作过于频繁，请稍后再试。'],
  'internal-error': [500, '系统繁忙，请稍后再试。'],
  'upstream-refused': [502, '医保或银行系统未受理此次请求。'],
  'upstream-unavailable': [503, '医保或银行系统暂时不可用，请稍后再试。'],
  'entry-closed': [503, '线上支付暂未开放，请到窗口缴费。'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

export type ErrorCode = keyof typeof ERRORS

/** @param sentence replaces the code's own Chinese sentence when more can be said. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode
  readonly sentence: string
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    sentence: string = ERRORS[code][1],
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(`${code}: ${sentence}`, { cause: options.cause })
    this.code = code
    this.sentence = sentence
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** A value that cannot be printed: `String`, `JSON`, templates and `util.inspect` all show `***`. */
export class Secret<T = string> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself; call it only where it is sealed, signed, or put on the wire. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***'
  }
}
