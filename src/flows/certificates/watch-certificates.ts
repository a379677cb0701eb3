import type { App } from '../../app.ts'
import { businessDate, ulid } from '../../payment/numbers.ts'
import * as checks from '../../store/certificate-checks.ts'
import * as workItems from '../../store/work-items.ts'
import { auditDueAt, checkCertificates, isAuditOverdue } from './audit-certificates.ts'
import { daysLeft, type Finding, WARNING_DAYS } from './judge-certificates.ts'

/** Longer than a look at everything takes; then another process may try. */
const TURN_MS = 300_000

/**
 * The day's look (SC-T04): one process a business day warns of what ends within 60, 30 and 7 days,
 * and a person is asked at the last. An audit that is overdue is told at start, too.
 */
export async function watchCertificates(app: App, at: { start: boolean }): Promise<void> {
  const now = app.clock.now()
  const day = businessDate(now)
  const mine = await checks.takeTurn(app.db, { businessDate: day, now, until: now + TURN_MS })
  if (mine || at.start) await tellOverdue(app)
  if (!mine) return
  const findings = await checkCertificates(app)
  for (const finding of findings) {
    warn(app, finding)
    if (endsSoon(finding, now)) await askForRenewal(app, finding)
  }
  await checks.finish(app.db, day, { at: now, findings: JSON.stringify(findings) })
}

async function tellOverdue(app: App): Promise<void> {
  if (!(await isAuditOverdue(app))) return
  const dueAt = await auditDueAt(app)
  const overdueDays = -daysLeft(dueAt, app.clock.now())
  app.log.error({ event: 'certificate.audit.overdue', overdueDays }, 'the yearly audit is overdue')
}

const endsSoon = ({ expiresAt }: Finding, now: number): boolean =>
  expiresAt !== null && daysLeft(expiresAt, now) <= WARNING_DAYS.last

function warn(app: App, finding: Finding): void {
  const { name, about, verdict, expiresAt, said } = finding
  // Plain http was opted into, and is told at start with its deadline.
  if (verdict === 'good' || (verdict === 'warning' && expiresAt === null)) return
  const left = expiresAt === null ? null : daysLeft(expiresAt, app.clock.now())
  const isUrgent = verdict === 'failed' || endsSoon(finding, app.clock.now())
  const event = { event: 'certificate.warning', name, about, verdict, daysLeft: left, said }
  app.log[isUrgent ? 'error' : 'warn'](event, 'a certificate or key needs attention')
}

/** Once a certificate: its renewal is another one. */
async function askForRenewal(app: App, finding: Finding): Promise<void> {
  const now = app.clock.now()
  const { name, about, fingerprint, expiresAt, said } = finding
  await workItems.create(app.db, {
    id: ulid(now, app.random),
    subject: app.hash(`${name} ${fingerprint} ${expiresAt}`),
    kind: 'certificate-ending',
    orderId: null,
    sentence: `${name}（${about.slice(0, 200)}）：${said.slice(0, 200)}。不更换证书，此链路将无法支付或退款。`,
    actions: ['note'],
    createdAt: now,
    opensAgain: false,
  })
}

/** What the last look found, by setting: the certificate that ends first. */
export async function certificateDays(app: App): Promise<ReadonlyMap<string, number>> {
  const newest = await checks.newest(app.db)
  const findings: Finding[] = JSON.parse(newest?.findings ?? '[]')
  const days = new Map<string, number>()
  for (const { name, expiresAt } of findings) {
    if (expiresAt === null) continue
    const left = daysLeft(expiresAt, app.clock.now())
    days.set(name, Math.min(left, days.get(name) ?? left))
  }
  return days
}
