/**
 * How the platform misbehaves, by the suffix of the bill number: `MZ1-S20R` loses the answer of a
 * refund. The letter names the call: O order (when there is none), Q order query, C close, R refund,
 * T refund query.
 */

export type CallLetter = 'O' | 'Q' | 'C' | 'R' | 'T'

export interface GatewayCode {
  readonly code: string
  readonly msg: string
  readonly subCode: string
  readonly subMsg: string
  /** It passes: the first two calls meet it, the third does not. */
  readonly passes: boolean
}

const gateway = (code: string, texts: readonly [string, string, string], passes = false) => {
  const [msg, subCode, subMsg] = texts
  return { code, msg, subCode, subMsg, passes }
}

/** The public return codes, in the order of the document (upstreams/hrss-pay/README.md 3). */
export const GATEWAY_CODES: Readonly<Record<string, GatewayCode>> = {
  S01: gateway('-101', ['缺少必要参数', 'check.param.missing', '缺少 orderAmount 参数']),
  S02: gateway('-102', ['参数格式异常', 'check.param.invalid', 'orderAmount 参数格式异常']),
  S03: gateway('-103', ['服务不可用', 'check.service.server_busy', '服务器繁忙'], true),
  S04: gateway('-103', ['服务不可用', 'check.service.undefine', '服务未定义或已下线']),
  S05: gateway('-103', ['服务不可用', 'check.service.error_status', '服务未处于运行状态'], true),
  S06: gateway('-103', ['服务不可用', 'check.service.access_limit', '服务访问规则限制'], true),
  S07: gateway('-103', ['服务不可用', 'check.service.limit_ip', '服务访问 IP 受限']),
  S08: gateway('-104', ['访问受限', 'check.system.forbidden', '接入系统不存在或已被禁用']),
  S09: gateway('-104', ['访问受限', 'check.system.limit_ip', '接入系统绑定 IP 受限']),
  S10: gateway('-105', ['认证失败', 'check.aop.invalid_sign', '数字证书签名验证失败']),
  S11: gateway('-200', ['权限不足', 'auth.insufficient.service_permissions', '无访问交易服务']),
  S12: gateway('-200', ['权限不足', 'auth.insufficient.code_permissions', '无服务字段访问权限']),
  S13: gateway('-300', ['运行错误', 'run.error.internal', '服务内部运行错误'], true),
  S14: gateway('-300', ['运行错误', 'run.error.circuit_breaker', '服务处于熔断状态'], true),
}

/** Each the first time only, unless it says otherwise. */
export const MISBEHAVIOURS = {
  S20: 'effect done, answer lost',
  S21: 'request lost before any effect',
  S22: 'data under another key',
  S23: 'the answer repeats another serial number',
  S24: 'the business says no (code 0)',
  S25: 'refunds never tell refundOrderId',
  S26: 'a paid order is abnormal (payStatus 5) until it was asked for twice',
  S27: 'the patient pays in the instant of the close',
  S28: 'query and notice tell one fen more, always',
  S29: 'payUrl is javascript:',
  S30: 'qrImage is HTML',
  S31: 'the notice is sent ten times at once',
  S32: 'the notice is never sent',
  S33: 'the patient pays, and the notice comes, before the answer of the order',
  S34: 'the refund fails finally',
  S35: 'the refund is under way until it was asked for twice',
  S36: 'the notice is forged',
} as const
export type Misbehaviour = keyof typeof MISBEHAVIOURS

export interface Wish {
  readonly letter: CallLetter
  readonly gateway: GatewayCode | null
  readonly misbehaviour: Misbehaviour | null
}

const LETTERS: readonly CallLetter[] = ['O', 'Q', 'C', 'R', 'T']
const isMisbehaviour = (code: string): code is Misbehaviour => code in MISBEHAVIOURS

export function wishOf(billNo: string): Wish {
  const [, code = '', letter] = /-(S\d\d)([OQCRT])?$/.exec(billNo) ?? []
  return {
    letter: LETTERS.find((one) => one === letter) ?? 'O',
    gateway: GATEWAY_CODES[code] ?? null,
    misbehaviour: isMisbehaviour(code) ? code : null,
  }
}
