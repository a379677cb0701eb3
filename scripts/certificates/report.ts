/** The findings as the hospital's operators read them: worst first, each with what to do. */
import {
  type Finding,
  daysLeft,
  type Verdict,
} from '../../src/flows/certificates/judge-certificates.ts'
import type { CertificateAudit } from '../../src/flows/certificates/audit-certificates.ts'
import { plainTime } from '../../src/payment/numbers.ts'
import type { CertificateFacts } from '../../src/upstreams/certificates.ts'
import { aligned } from '../parts/aligned.ts'

export const IN_WORDS: Record<Verdict, string> = {
  failed: '不合格',
  unchecked: '未核查',
  warning: '注意',
  good: '合格',
}

/** Everything that `npm run certificates` has to say. */
export interface Report {
  readonly now: number
  readonly findings: readonly Finding[]
  /** When the next audit must be signed off. */
  readonly dueAt: number
  /** The number of the first record that is not as it was signed. */
  readonly broken: number | null
  readonly last: CertificateAudit | null
}

/** 0: all is well; 1: somebody has to do something. */
export const exitCodeOf = ({ findings, dueAt, now, broken }: Report): 0 | 1 =>
  findings.every(({ verdict }) => verdict === 'good') && now <= dueAt && broken === null ? 0 : 1

/** For `--json`. */
export function presented(report: Report) {
  const { now, findings, dueAt, broken, last } = report
  return {
    at: plainTime(now),
    findings: findings.map((finding) => ({
      ...finding,
      daysLeft: finding.expiresAt === null ? null : daysLeft(finding.expiresAt, now),
    })),
    audit: {
      dueAt: plainTime(dueAt),
      overdue: now > dueAt,
      tamperedRecord: broken,
      last: last && {
        no: last.no,
        at: plainTime(last.at),
        operator: last.operator,
        digest: last.digest,
      },
    },
  }
}

const COLUMNS = ['结论', '项目', '剩余天数', '情况'] as const

export function listed(report: Report): string {
  const { findings, now } = report
  const rows = findings.map(({ verdict, name, expiresAt, said }) => [
    IN_WORDS[verdict],
    name,
    expiresAt === null ? '－' : String(daysLeft(expiresAt, now)),
    said,
  ])
  const [head = '', ...lines] = aligned([COLUMNS, ...rows])
  const listing = findings.flatMap((finding, at) => ['', lines[at] ?? '', ...detailsOf(finding)])
  return [head, ...listing, '', ...auditLines(report)].join('\n')
}

function detailsOf(finding: Finding): string[] {
  const todo = finding.todo === '' ? [] : [`要做：${finding.todo}`]
  return [...todo, ...evidenceOf(finding)].map((line) => `    ${line}`)
}

function evidenceOf({ about, evidence }: Finding): string[] {
  if ('subject' in evidence) return certificateLines(evidence)
  if ('owner' in evidence) {
    const digest = evidence.algorithm === 'SM2' ? 'SM3' : 'SHA-256'
    return [`${about}，公钥指纹（${digest}）${evidence.fingerprint}`]
  }
  if (evidence.kind !== 'shown') return [about]
  const { chain, protocol, suite } = evidence
  return [`${about}，${protocol} ${suite}`, ...chain.flatMap(certificateLines)]
}

function certificateLines(facts: CertificateFacts): string[] {
  const { subject, issuer, hosts, notBefore, notAfter, key, signature, fingerprint } = facts
  return [
    `证书 ${subject}，签发者 ${issuer}`,
    `  有效期 ${plainTime(notBefore)} 至 ${plainTime(notAfter)}，主机名 ${hosts === '' ? '（无）' : hosts}`,
    `  ${key.algorithm} ${key.bits ?? '？'} 位，${signature}，公钥指纹（SHA-256）${fingerprint}`,
  ]
}

function auditLines({ now, dueAt, broken, last }: Report): string[] {
  const signed = last
    ? `上次签署：第 ${last.no} 号，${plainTime(last.at)}，${last.operator}，结论${wordOf(last)}，摘要 ${last.digest}`
    : '尚无签署的核查记录。'
  const due = plainTime(dueAt).slice(0, 10)
  return [
    signed,
    ...(broken === null
      ? []
      : [`第 ${broken} 号核查记录与签署时不一致，可能被改动：请与抄存的摘要核对。`]),
    now > dueAt
      ? `年度核查已逾期（应于 ${due} 前完成）：npm run certificates -- --sign-off 姓名`
      : `下次年度核查应于 ${due} 前完成。`,
  ]
}

const wordOf = ({ result }: CertificateAudit): string =>
  Object.entries(IN_WORDS).find(([verdict]) => verdict === result)?.[1] ?? result
