import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { plainTime } from '../../payment/numbers.ts'
import * as audits from '../../store/certificate-audits.ts'
import * as checks from '../../store/certificate-checks.ts'
import {
  type Finding,
  judgeAuthority,
  judgeHost,
  judgeKey,
  judgeServer,
  type Verdict,
  VERDICTS,
} from './judge-certificates.ts'
import type { Operator } from '../operators/operators.ts'

export type { CertificateAudit } from '../../store/certificate-audits.ts'

/** SC-T04: every year. */
const AUDIT_EVERY_MS = 365 * 86_400_000

/** Every certificate and key that is configured, worst first. Servers are connected to, all at once. */
export async function checkCertificates(app: App): Promise<Finding[]> {
  const { servers, hosts, authorities, keys } = app.certificates
  const [shown, hostKeys] = await Promise.all([
    Promise.all(servers.map(({ show }) => show())),
    Promise.all(hosts.map(async (host) => judgeHost(host, await host.show()))),
  ])
  const recorded = await audits.all(app.db)
  const now = app.clock.now()
  const findings = [
    ...servers.flatMap((server, at) => {
      const seen = shown[at]
      return seen ? [judgeServer(server, seen, now)] : []
    }),
    ...hostKeys,
    ...authorities.map(({ name, facts }) => judgeAuthority(name, facts, now)),
    ...keys.map((key) => judgeKey(key, sinceWhen(recorded, key))),
  ]
  return worstFirst(findings)
}

const rank = ({ verdict }: Finding): number => VERDICTS.indexOf(verdict)

const worstFirst = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted(
    (one, other) =>
      rank(one) - rank(other) || (one.expiresAt ?? Infinity) - (other.expiresAt ?? Infinity),
  )

/** Of all findings together: one that failed, or could not be checked, is no pass. */
export const resultOf = (findings: readonly Finding[]): Verdict =>
  VERDICTS.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? 'good'

const findingsIn = (json: string): Finding[] => JSON.parse(json)

function sinceWhen(
  recorded: readonly audits.CertificateAudit[],
  key: { readonly name: string; readonly fingerprint: string },
): string | null {
  const first = recorded.find(({ findings }) =>
    findingsIn(findings).some(
      ({ name, fingerprint }) => name === key.name && fingerprint === key.fingerprint,
    ),
  )
  return first ? plainTime(first.at).slice(0, 10) : null
}

// ---------------------------------------------------------------- signing off

const digestOf = (app: App, previous: string, audit: Omit<audits.CertificateAudit, 'digest'>) =>
  app.hash(
    JSON.stringify([previous, audit.no, audit.at, audit.operator, audit.result, audit.findings]),
  )

/** The record says what was found, good or bad; signing off is having looked, not having approved. */
export async function signOffAudit(
  app: App,
  operator: Operator,
  findings: readonly Finding[],
): Promise<audits.CertificateAudit> {
  const recorded = await audits.all(app.db)
  const audit = {
    no: (recorded.at(-1)?.no ?? 0) + 1,
    at: app.clock.now(),
    operator: operator.name,
    result: resultOf(findings),
    findings: JSON.stringify(findings),
  }
  const signed = { ...audit, digest: digestOf(app, recorded.at(-1)?.digest ?? '', audit) }
  if (!(await audits.insert(app.db, signed)))
    throw new AppError('request-in-progress', '另一名操作员刚刚签署了核查记录，请重新核查。')
  return signed
}

/**
 * Every signed record, and the number of the first that is not as it was signed; null when all are.
 * The newest digest is worth writing down elsewhere: a chain does not show that its end is missing.
 */
export async function auditRecords(
  app: App,
): Promise<{ records: audits.CertificateAudit[]; broken: number | null }> {
  const records = await audits.all(app.db)
  const broken = records.findIndex((record, at) => {
    const previous = records[at - 1]?.digest ?? ''
    return record.no !== at + 1 || record.digest !== digestOf(app, previous, record)
  })
  return { records, broken: broken === -1 ? null : broken + 1 }
}

/** When the next audit is due: a year after the last, or after the service first looked. */
export async function auditDueAt(app: App): Promise<number> {
  const last = (await audits.newestAt(app.db)) ?? (await checks.oldest(app.db))?.at
  return (last ?? app.clock.now()) + AUDIT_EVERY_MS
}

/** Told and counted; the service never stops for it. */
export const isAuditOverdue = async (app: App): Promise<boolean> =>
  app.clock.now() > (await auditDueAt(app))
