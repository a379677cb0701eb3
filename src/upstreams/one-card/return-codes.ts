/** What the platform refuses with, and what follows (README.md 4): one row a code and message. */

/**
 * `alarm`: nothing was done and a person must look; `stop-all`, `stop-service`: and nothing of it is
 * called for a while; `back-off`: not carried out, later it may be; `sign-again`: once, with a fresh
 * timestamp; `ask`: it may have been carried out.
 */
export type Handling = 'alarm' | 'stop-all' | 'stop-service' | 'back-off' | 'sign-again' | 'ask'

export interface CodeRow {
  readonly id: string
  readonly code: string
  readonly message: string
  /** Of a question; and of a call that changes something, where that differs. */
  readonly handling: Handling
  readonly effect: Handling
}

type Short = readonly [code: string, message: string, handling: Handling, effect?: Handling]

const ROWS: readonly Short[] = [
  ['95279401', '缺少服务网关的请求头!', 'alarm'],
  ['95279401', '签名时间戳超时!', 'sign-again'],
  ['95279401', '重复的请求!', 'sign-again', 'ask'],
  ['95279401', '非法用户!', 'alarm'],
  ['95279401', '签名不一致!', 'alarm'],
  ['95279403', '无权调用服务!', 'alarm'],
  ['95279403', '账户已过期!', 'stop-all'],
  ['95279403', '错误的请求路径!', 'alarm'],
  ['95279403', 'Illegal IP!', 'alarm'],
  ['95279404', '请求没有匹配到相应服务!', 'alarm'],
  ['95279404', '无效的请求路径!', 'alarm'],
  ['95279404', '您所调用的服务已注销!', 'stop-service'],
  ['95279429', '您调用的服务流量过大,请稍后重试!', 'back-off'],
  ['95279429', '您已经被限流,请稍后重试!', 'back-off'],
  ['95279500', '网关发生异常!', 'back-off', 'ask'],
  ['95279500', '调用后端服务发生异常!', 'ask'],
  ['95279500', '调用dubbo服务失败!', 'ask'],
  ['95279500', '调用后端服务失败!', 'ask'],
  ['95279500', '您调用的服务已被熔断,请稍后重试!', 'back-off'],
  ['95279502', '无效响应!', 'ask'],
  ['95279503', '后端服务不可用,请您稍后重试!', 'back-off'],
  ['95279504', '后端服务响应超时!', 'ask'],
  ['95270711', '获取不到平台账户!', 'alarm'],
  ['95270712', '获取不到平台AK!', 'alarm'],
  ['95270713', '平台账户或AK错误!', 'alarm'],
  ['95270714', '获取不到签名!', 'alarm'],
  ['95270715', '获取不到时间戳!', 'alarm'],
  ['95270716', '数字签名错误!', 'alarm'],
  ['95270717', '时间戳错误!', 'sign-again'],
  ['95270718', '获取不到系统编码!', 'alarm'],
  ['95270719', '获取不到节点端点!', 'alarm'],
  ['95270720', '获取不到调用协议!', 'alarm'],
  ['95270721', '系统编码错误!', 'alarm'],
  ['95270722', '节点编码错误!', 'alarm'],
  ['95270723', '调用协议错误!', 'alarm'],
  ['95270724', '没有系统权限!', 'alarm'],
  ['95270725', '没有节点权限!', 'alarm'],
  ['95270726', '没有接口权限!', 'alarm'],
  ['95270727', '接口编码错误!', 'alarm'],
  ['95270728', '重复请求，请稍后再试!', 'back-off', 'ask'],
  ['95270729', '调用协议和节点协议不一致!', 'alarm'],
  ['95270777', '执行解码过滤器出错!', 'alarm'],
  ['95270787', '执行编码过滤器出错!', 'ask'],
  ['95270001', '提取参数出错!', 'alarm'],
  ['95270007', '平台未知异常!', 'ask'],
]

/** HN-40 to HN-84, in the document's order. */
export const CODES: readonly CodeRow[] = ROWS.map(([code, message, handling, effect], at) => ({
  id: `HN-${40 + at}`,
  code,
  message,
  handling,
  effect: effect ?? handling,
}))

/** Printed without its first digits in the document; the platform may have copied it. */
const MISPRINTED = new Map([['270718', '95270718']])

/** A word of a known code that nobody lists: the safest that its code may mean. */
const BY_CODE = new Map<string, Handling>([
  ['95279401', 'alarm'],
  ['95279403', 'alarm'],
  ['95279404', 'alarm'],
  ['95279429', 'back-off'],
])

/** Full-width and half-width marks are the same mark. */
const plain = (message: string): string =>
  message.normalize('NFKC').replaceAll(/[\s!,.，。！]/g, '')

/** @returns null for a code that no table lists: then nothing is known. */
export function handlingOf(
  refusal: { readonly code: string; readonly message: string },
  isEffect: boolean,
): Handling | null {
  const code = MISPRINTED.get(refusal.code) ?? refusal.code
  const ofCode = CODES.filter((row) => row.code === code)
  const said = plain(refusal.message)
  const row = ofCode.find(({ message }) => plain(message) === said) ?? only(ofCode)
  if (row !== undefined) return isEffect ? row.effect : row.handling
  return ofCode.length === 0 ? null : (BY_CODE.get(code) ?? 'ask')
}

const only = (rows: readonly CodeRow[]): CodeRow | undefined =>
  rows.length === 1 && rows[0]?.code.startsWith('952707') ? rows[0] : undefined
