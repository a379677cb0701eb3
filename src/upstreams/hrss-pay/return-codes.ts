/** Every public return code of the platform with its text and what it proves (README.md 3). */

/**
 * - `done`: look at the business code · `ours`: refused before anything was done, and nothing will be:
 *   a person must look · `turned-away`: not taken in, may be sent again
 * - `busy`: may or may not have been taken in · `unsure`: it may have happened
 */
export type Handling = 'done' | 'ours' | 'turned-away' | 'busy' | 'unsure'

export interface ReturnCode {
  readonly code: string
  readonly msg: string
  /** Decides, because -103 is of both kinds. */
  readonly subCode: string
  readonly subMsg: string
  readonly handling: Handling
}

const row = (
  [code, msg]: readonly [string, string],
  [subCode, subMsg]: readonly [string, string],
  handling: Handling,
): ReturnCode => ({ code, msg, subCode, subMsg, handling })

const UNAVAILABLE = ['-103', '服务不可用'] as const
const LIMITED = ['-104', '访问受限'] as const
const FORBIDDEN = ['-200', '权限不足'] as const
const BROKEN = ['-300', '运行错误'] as const

/** In the order of the document's table, its broken words joined. */
export const RETURN_CODES: readonly ReturnCode[] = [
  row(['1', '调用成功'], ['', ''], 'done'),
  row(['-101', '缺少必要参数'], ['check.param.missing', '缺少必要参数'], 'ours'),
  row(['-102', '参数格式异常'], ['check.param.invalid', '参数格式异常'], 'ours'),
  row(UNAVAILABLE, ['check.service.server_busy', '服务器繁忙'], 'busy'),
  row(UNAVAILABLE, ['check.service.undefine', '服务未定义或已下线'], 'ours'),
  row(UNAVAILABLE, ['check.service.error_status', '服务未处于运行状态'], 'turned-away'),
  row(UNAVAILABLE, ['check.service.access_limit', '服务访问规则限制'], 'turned-away'),
  row(UNAVAILABLE, ['check.service.limit_ip', '服务访问 IP 受限'], 'ours'),
  row(LIMITED, ['check.system.forbidden', '接入系统不存在或已被禁用'], 'ours'),
  row(LIMITED, ['check.system.limit_ip', '接入系统绑定 IP 受限'], 'ours'),
  row(['-105', '认证失败'], ['check.aop.invalid_sign', '数字证书签名验证失败'], 'ours'),
  row(FORBIDDEN, ['auth.insufficient.service_permissions', '无访问交易服务'], 'ours'),
  row(FORBIDDEN, ['auth.insufficient.code_permissions', '无服务字段访问权限'], 'ours'),
  row(BROKEN, ['run.error.internal', '服务内部运行错误'], 'unsure'),
  row(BROKEN, ['run.error.circuit_breaker', '服务处于熔断状态'], 'turned-away'),
]

/** As it may also be spelt: the print breaks these words, and which letters it lost is not certain. */
const SPELLINGS = new Map([
  ['check.service.undefined', 'check.service.undefine'],
  ['heck.service.limit_ip', 'check.service.limit_ip'],
])

/** @returns null for what no table lists: that proves nothing. */
export function returnCode(code: string, subCode: string): ReturnCode | null {
  const spelt = SPELLINGS.get(subCode) ?? subCode
  const found = RETURN_CODES.find((known) => known.code === code && known.subCode === spelt)
  // What a success says besides is nowhere described.
  return found ?? (code === '1' ? (RETURN_CODES[0] ?? null) : null)
}
