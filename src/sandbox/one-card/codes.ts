/** Suffixes K01 to K45: the document's errors in its order; K51 and later: how things go wrong beside. */

export const REFUSALS: readonly (readonly [code: string, message: string])[] = [
  ['95279401', '缺少服务网关的请求头!'],
  ['95279401', '签名时间戳超时!'],
  ['95279401', '重复的请求!'],
  ['95279401', '非法用户!'],
  ['95279401', '签名不一致!'],
  ['95279403', '无权调用服务!'],
  ['95279403', '账户已过期!'],
  ['95279403', '错误的请求路径!'],
  ['95279403', 'Illegal IP!'],
  ['95279404', '请求没有匹配到相应服务!'],
  ['95279404', '无效的请求路径!'],
  ['95279404', '您所调用的服务已注销!'],
  ['95279429', '您调用的服务流量过大,请稍后重试!'],
  ['95279429', '您已经被限流,请稍后重试!'],
  ['95279500', '网关发生异常!'],
  ['95279500', '调用后端服务发生异常!'],
  ['95279500', '调用dubbo服务失败!'],
  ['95279500', '调用后端服务失败!'],
  ['95279500', '您调用的服务已被熔断,请稍后重试!'],
  ['95279502', '无效响应!'],
  ['95279503', '后端服务不可用,请您稍后重试!'],
  ['95279504', '后端服务响应超时!'],
  ['95270711', '获取不到平台账户!'],
  ['95270712', '获取不到平台AK!'],
  ['95270713', '平台账户或AK错误!'],
  ['95270714', '获取不到签名!'],
  ['95270715', '获取不到时间戳!'],
  ['95270716', '数字签名错误!'],
  ['95270717', '时间戳错误!'],
  ['270718', '获取不到系统编码!'],
  ['95270719', '获取不到节点端点!'],
  ['95270720', '获取不到调用协议!'],
  ['95270721', '系统编码错误!'],
  ['95270722', '节点编码错误!'],
  ['95270723', '调用协议错误!'],
  ['95270724', '没有系统权限!'],
  ['95270725', '没有节点权限!'],
  ['95270726', '没有接口权限!'],
  ['95270727', '接口编码错误!'],
  ['95270728', '重复请求，请稍后再试!'],
  ['95270729', '调用协议和节点协议不一致!'],
  ['95270777', '执行解码过滤器出错!'],
  ['95270787', '执行编码过滤器出错!'],
  ['95270001', '提取参数出错!'],
  ['95270007', '平台未知异常!'],
]

export const MISBEHAVIOURS = {
  K51: 'done, the answer lost',
  K52: 'the request lost, the first time only',
  K53: 'IsSuccess "Y"',
  K54: 'HTML with status 502',
  K55: 'the holder refuses',
  K56: 'done, answered 95279504 the first time',
  K57: 'another amount in the answer',
  K58: 'every second row of a grant fails',
  K59: 'the card is lost',
  K60: 'the holder never answers',
} as const

export interface Steering {
  /** `K16`, or null. */
  readonly suffix: string | null
  /** `-K16-once`: the first time only. */
  readonly once: boolean
}

/** Wherever a text of the request ends with it: a name, a business type, a title. */
export function steeringOf(content: unknown): Steering {
  const texts = textsIn(content)
  for (const text of texts) {
    const match = /-(K\d\d)(-once)?$/.exec(text)
    if (match) return { suffix: match[1] ?? null, once: match[2] !== undefined }
  }
  return { suffix: null, once: false }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((member: unknown) => textsIn(member))
}

export const refusalOf = (suffix: string | null): readonly [string, string] | null =>
  REFUSALS[Number(suffix?.slice(1) ?? 0) - 1] ?? null
