import type { CertificateFacts, HostShown, KeyInUse, Shown } from '../../upstreams/certificates.ts'

/** Worst first. What could not be looked at is no pass. */
export const VERDICTS = ['failed', 'unchecked', 'warning', 'good'] as const
export type Verdict = (typeof VERDICTS)[number]

/** One certificate, server or key, as the audit records it. */
export interface Finding {
  /** The setting. */
  readonly name: string
  /** The address, or whose key. */
  readonly about: string
  readonly verdict: Verdict
  /** Of the first certificate to end; null for what has no end, or was not seen. */
  readonly expiresAt: number | null
  readonly fingerprint: string | null
  /** What was found, in Chinese. */
  readonly said: string
  /** What a person has to do, in Chinese; empty when nothing. */
  readonly todo: string
  readonly evidence: CertificateFacts | HostShown | KeyInUse | Shown
}

const DAY_MS = 86_400_000

/** Whole days; negative once it is over. */
export const daysLeft = (expiresAt: number, now: number): number =>
  Math.floor((expiresAt - now) / DAY_MS)

/** SC-T04: days before the end at which a warning grows louder; at the last a person is asked. */
export const WARNING_DAYS = { first: 60, second: 30, last: 7 } as const

const LEAST_BITS: Readonly<Record<string, number>> = { RSA: 2_048, EC: 256, ED25519: 256, SM2: 256 }
const WEAK_SIGNATURE = /md5|sha1(?!\d)/i

export function judgeServer(
  server: { readonly name: string; readonly origin: string },
  shown: Shown,
  now: number,
): Finding {
  const about = { name: server.name, about: server.origin, evidence: shown } as const
  const unseen = { ...about, expiresAt: null, fingerprint: null }
  switch (shown.kind) {
    case 'plain-http':
      return {
        ...unseen,
        verdict: 'warning',
        said: '明文 http，没有证书',
        todo: '只限沙盒或限期保留的专网；请对方开通 https',
      }
    case 'unreachable':
      return { ...unseen, ...unreached(shown.cause) }
    case 'refused':
      return {
        ...unseen,
        verdict: 'failed',
        said: `未能建立安全的 TLS 连接（${shown.cause}）`,
        todo: '请对方启用 TLS 1.2 及以上的安全套件并检查其证书',
      }
    case 'shown': {
      const { chain, fault } = shown
      const judged = judgeChain(chain, now)
      const fingerprint = chain[0]?.fingerprint ?? null
      const isOver = judged.verdict === 'failed'
      return fault === null || isOver
        ? { ...about, fingerprint, ...judged }
        : { ...about, fingerprint, ...judged, ...distrusted(fault) }
    }
  }
}

export function judgeAuthority(name: string, facts: CertificateFacts, now: number): Finding {
  const { fingerprint, subject } = facts
  return { name, about: subject, fingerprint, evidence: facts, ...judgeChain([facts], now) }
}

/** A host key has no end of its own: it is right as long as it is the pinned one (SC-T02). */
export function judgeHost(
  host: { readonly name: string; readonly origin: string; readonly pinned: readonly string[] },
  shown: HostShown,
): Finding {
  const about = { name: host.name, about: host.origin, expiresAt: null, evidence: shown } as const
  if (shown.kind === 'unreachable')
    return { ...about, fingerprint: null, ...unreached(shown.cause) }
  if (shown.kind === 'refused') {
    const said = `未能协商出安全的 SSH 算法（${shown.cause}）`
    const todo = '请对方启用 SHA-2 与 CTR 或 GCM 的算法'
    return { ...about, fingerprint: null, verdict: 'failed', said, todo }
  }
  const { algorithm, bits, fingerprint } = shown
  const said = `${algorithm} ${bits} 位主机密钥`
  if (!host.pinned.includes(fingerprint)) {
    const todo = '停止接收文件，向对方核实；属实后更改该配置'
    const other = `${said}与配置的指纹不符：${fingerprint}`
    return { ...about, fingerprint, verdict: 'failed', said: other, todo }
  }
  if (bits < (LEAST_BITS[algorithm] ?? 0)) {
    const todo = '请对方更换为更长的主机密钥'
    return { ...about, fingerprint, verdict: 'failed', said: `${said}，长度不足`, todo }
  }
  return { ...about, fingerprint, verdict: 'good', said: `${said}，与配置的指纹一致`, todo: '' }
}

const unreached = (cause: string) =>
  ({
    verdict: 'unchecked',
    said: `未能连接（${cause}），未核查`,
    todo: '查明网络原因后重新核查；未核查不等于合格',
  }) as const

/** @param since when the same key was first recorded by an audit; null when it never was. */
export function judgeKey(key: KeyInUse, since: string | null): Finding {
  const { name, owner, algorithm, bits, fingerprint, published } = key
  const known = since === null ? '此前未核查过' : `自 ${since} 起在用`
  const said = `${algorithm} ${bits} 位，${known}`
  const about = owner === 'ours' ? '本方密钥' : '对方公钥'
  const finding = { name, about, expiresAt: null, fingerprint, evidence: key } as const
  const todo = '按 docs/key-rotation.md 更换'
  if (published) return { ...finding, verdict: 'failed', said: `${said}；是公开的示例密钥`, todo }
  if (bits < (LEAST_BITS[algorithm] ?? 0))
    return { ...finding, verdict: 'failed', said: `${said}；长度不足`, todo }
  return { ...finding, verdict: 'good', said, todo: '' }
}

type Judged = Pick<Finding, 'verdict' | 'expiresAt' | 'said' | 'todo'>

/** By the certificate that ends first: without it the others are worth nothing. */
function judgeChain(chain: readonly CertificateFacts[], now: number): Judged {
  const [first] = chain.toSorted((one, other) => one.notAfter - other.notAfter)
  if (first === undefined)
    return { verdict: 'failed', expiresAt: null, said: '没有证书', todo: '请对方安装证书' }
  const expiresAt = first.notAfter
  const left = daysLeft(expiresAt, now)
  const whose = first === chain[0] ? '' : `（证书链中的 ${first.subject}）`
  const weak = chain.flatMap(weaknessOf)[0]
  const early = chain.find(({ notBefore }) => notBefore > now)
  if (left < 0) return failed(expiresAt, `证书已过期 ${-left} 天${whose}`, '立即更换证书')
  if (early) return failed(expiresAt, `证书尚未生效（${early.subject}）`, '检查证书与本机时间')
  if (weak !== undefined) return failed(expiresAt, weak, '请更换为 RSA 2048 位或 SM2 及以上的证书')
  if (left > WARNING_DAYS.first)
    return { verdict: 'good', expiresAt, said: `有效，剩余 ${left} 天`, todo: '' }
  const said = `证书将在 ${left} 天后到期${whose}`
  const soon = left <= WARNING_DAYS.second ? '尽快更换证书' : '安排更换证书'
  return {
    verdict: 'warning',
    expiresAt,
    said,
    todo: left <= WARNING_DAYS.last ? '立即更换证书' : soon,
  }
}

const failed = (expiresAt: number, said: string, todo: string): Judged => ({
  verdict: 'failed',
  expiresAt,
  said,
  todo,
})

function weaknessOf({ subject, key, signature }: CertificateFacts): string[] {
  const least = LEAST_BITS[key.algorithm]
  if (least !== undefined && key.bits !== null && key.bits < least)
    return [`${key.algorithm} 密钥只有 ${key.bits} 位（${subject}）`]
  return WEAK_SIGNATURE.test(signature) ? [`签名算法过弱：${signature}（${subject}）`] : []
}

const FAULTS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: '证书与主机名不符',
  DEPTH_ZERO_SELF_SIGNED_CERT: '自签证书，未列为可信',
  SELF_SIGNED_CERT_IN_CHAIN: '证书链的根不可信',
  UNABLE_TO_GET_ISSUER_CERT: '证书链不完整或签发机构不可信',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: '证书链不完整或签发机构不可信',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: '证书链不完整或签发机构不可信',
}

const distrusted = (fault: string) =>
  ({
    verdict: 'failed',
    said: `${FAULTS[fault] ?? '证书未通过校验'}（${fault}）`,
    todo: '请对方更正证书；专网机构证书在 …_CA_FILE 中配置',
  }) as const
