/**
 * The suffix of a bill that is paid at a counter: `-Y05` a misbehaviour, `-YS500243` this return
 * code to every signedQuery, `-YC500319` to every genPayCert; `m1` writes the code -1. A letter before
 * the Y is the share that HIS tells: M insurance settled (default), L insurance later, S all own
 * money, I nothing left to take.
 */

export const COUNTER_MISBEHAVIOURS = {
  Y01: '患者未开通一码付（stasFlag 0）',
  Y02: '已开通但不可用（stasFlag 2，原因带标签）',
  Y03: '未列出的 stasFlag 9',
  Y04: '缺少 stasFlag',
  Y05: '未登记的支付渠道',
  Y06: '两次应答的支付渠道不一致',
  Y07: 'genPayCert：已生效，应答丢失（首次）',
  Y08: 'genPayCert：请求未到达（首次）',
  Y09: '扣款：已生效，应答丢失',
  Y10: '扣款：首次请求未到达',
  Y11: '扣款：患者输入密码一段时间后成功',
  Y12: '扣款被拒绝：余额不足',
  Y13: '扣款金额与请求不符',
  Y14: '扣款已生效，应答丢失，前三次查询无应答',
  Y15: '凭证中心返回 HTML 502',
  Y16: 'encData 被截断',
  Y17: 'code 0 而无 data',
  Y18: '以另一密钥加密',
  Y19: 'encData 为小写十六进制，其余正常',
  Y20: 'code 0 而 success 为 false',
  Y21: 'code 为文本 "0"，其余正常',
  Y22: '前两次限流（-6），之后正常',
  Y23: '首次 500320（无需密码），之后正常',
  Y24: '扣款前收到伪造的成功通知',
  Y25: '首次 -1（未知异常），之后正常',
  Y26: '扣款：首次请求未到达，且凭据随即失效',
  Y27: 'encData 长达 10 MB',
} as const

export type CounterMisbehaviour = keyof typeof COUNTER_MISBEHAVIOURS

export interface CounterScenario {
  readonly share: 'settled' | 'later' | 'none' | 'nothing'
  readonly misbehaviour: CounterMisbehaviour | null
  /** Return codes on demand. */
  readonly status: number | null
  readonly certificate: number | null
}

const SHARES: Record<string, CounterScenario['share']> = {
  M: 'settled',
  L: 'later',
  S: 'none',
  I: 'nothing',
}

const isKnown = (code: string): code is CounterMisbehaviour => code in COUNTER_MISBEHAVIOURS

/** Null for a bill of the other kind: HIS tells no share of it. */
export function counterScenarioOf(billNo: string): CounterScenario | null {
  const match = /-([MLSI])?Y(?:(\d\d)|([SC])(m?\d+))?$/.exec(billNo)
  if (match === null) return null
  const [, share = 'M', number = '', call, code = ''] = match
  const demanded = Number(code.replace('m', '-'))
  const misbehaviour = `Y${number}`
  return {
    share: SHARES[share] ?? 'settled',
    misbehaviour: isKnown(misbehaviour) ? misbehaviour : null,
    status: call === 'S' ? demanded : null,
    certificate: call === 'C' ? demanded : null,
  }
}
