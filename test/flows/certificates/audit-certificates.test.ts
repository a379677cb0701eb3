import { describe, expect, it } from 'vitest'
import {
  auditDueAt,
  auditRecords,
  checkCertificates,
  isAuditOverdue,
  resultOf,
  signOffAudit,
} from '../../../src/flows/certificates/audit-certificates.ts'
import { addOperator, recogniseOperator } from '../../../src/flows/operators/operators.ts'
import { watchCertificates } from '../../../src/flows/certificates/watch-certificates.ts'
import { testApp } from '../../support/app.ts'
import { certificate, DAY_MS, hisShowing, KEY, shown } from '../../support/certificates-in-use.ts'
import { describeDatabases, type OpenFresh } from '../../support/database.ts'
import { MORNING, VirtualClock } from '../../support/virtual-clock.ts'

const GOOD = shown([certificate(300)])

async function hospital(openFresh: OpenFresh, certificates = hisShowing(() => GOOD)) {
  const clock = new VirtualClock()
  const app = await testApp({ db: await openFresh(), clock, certificates })
  const key = await addOperator(app, '王敏')
  const operator = await recogniseOperator(app, '王敏', key)
  const signOff = async () => signOffAudit(app, operator, await checkCertificates(app))
  return { app, clock, signOff }
}

describeDatabases((_, openFresh) => {
  describe('[SC-T04] the audit', () => {
    it('finds every certificate and key, the worst first', async () => {
      const certificates = {
        servers: [
          { name: 'HIS_URL', origin: 'https://his.example', show: async () => GOOD },
          {
            name: 'ICBC_URL',
            origin: 'https://bank.example',
            show: async () => ({ kind: 'unreachable', cause: 'ENOTFOUND' }) as const,
          },
          {
            name: 'MID_PLATFORM_URL',
            origin: 'https://bureau.example',
            show: async () => shown([certificate(-3)]),
          },
        ],
        hosts: [],
        authorities: [{ name: 'HIS_CA_FILE', facts: certificate(20) }],
        keys: [KEY],
      }
      const { app } = await hospital(openFresh, certificates)
      const findings = await checkCertificates(app)
      expect(findings.map(({ name, verdict }) => [name, verdict])).toEqual([
        ['MID_PLATFORM_URL', 'failed'],
        ['ICBC_URL', 'unchecked'],
        ['HIS_CA_FILE', 'warning'],
        ['HIS_URL', 'good'],
        ['HIS_PRIVATE_KEY', 'good'],
      ])
      expect(resultOf(findings)).toBe('failed')
    })

    it('is recorded with who signed it, and fails on record when a certificate is over', async () => {
      const expired = hisShowing(() => shown([certificate(-1)]))
      const { app, signOff } = await hospital(openFresh, expired)
      await signOff()
      const { records, broken } = await auditRecords(app)
      expect(records).toMatchObject([{ no: 1, at: MORNING, operator: '王敏', result: 'failed' }])
      expect(JSON.parse(records[0]?.findings ?? '')[0]).toMatchObject({ said: '证书已过期 1 天' })
      expect(broken).toBeNull()
    })

    it('is overdue after more than 365 days, until somebody signs again', async () => {
      const { app, clock, signOff } = await hospital(openFresh)
      await signOff()
      await clock.advance(365 * DAY_MS)
      expect(await isAuditOverdue(app)).toBe(false)
      await clock.advance(DAY_MS)
      expect(await isAuditOverdue(app)).toBe(true)
      await signOff()
      expect(await isAuditOverdue(app)).toBe(false)
    })

    it('is due a year after the service first looked, where none was ever signed', async () => {
      const { app, clock } = await hospital(openFresh)
      expect(await isAuditOverdue(app)).toBe(false)
      await watchCertificates(app, { start: true })
      await clock.advance(366 * DAY_MS)
      await watchCertificates(app, { start: true })
      expect(await auditDueAt(app)).toBe(MORNING + 365 * DAY_MS)
      expect(await isAuditOverdue(app)).toBe(true)
    })

    it('remembers since when a key is in use, and a new key begins anew', async () => {
      let keys = [KEY]
      const certificates = { ...hisShowing(() => GOOD), keys }
      const { app, clock, signOff } = await hospital(openFresh, certificates)
      await signOff()
      await clock.advance(300 * DAY_MS)
      const saidOfKey = async () =>
        (await checkCertificates({ ...app, certificates: { ...certificates, keys } })).find(
          ({ name }) => name === KEY.name,
        )?.said
      expect(await saidOfKey()).toBe('SM2 256 位，自 2026-11-20 起在用')
      keys = [{ ...KEY, fingerprint: 'c'.repeat(64) }]
      expect(await saidOfKey()).toBe('SM2 256 位，此前未核查过')
    })
  })

  describe('[SC-T04] the chain of signed records', () => {
    it.each([
      ['operator', '李强'],
      ['result', 'failed'],
      ['findings', '[]'],
      ['at', MORNING + 1],
    ])('shows that %s of one was changed, even with its digest', async (column, value) => {
      const { app, signOff } = await hospital(openFresh)
      for (let i = 0; i < 3; i += 1) await signOff()
      expect((await auditRecords(app)).broken).toBeNull()
      const second = app.db.q('certificate_audits').where({ no: 2 })
      await second.clone().update({ [column]: value })
      expect((await auditRecords(app)).broken).toBe(2)
      await second.clone().update({ digest: 'd'.repeat(64) })
      expect((await auditRecords(app)).broken).toBe(2)
    })

    it('shows that one was taken out', async () => {
      const { app, signOff } = await hospital(openFresh)
      for (let i = 0; i < 3; i += 1) await signOff()
      await app.db.q('certificate_audits').where({ no: 2 }).delete()
      expect((await auditRecords(app)).broken).toBe(2)
    })

    it('has one record a number: of two who sign at once, at most one gets it', async () => {
      const { app, signOff } = await hospital(openFresh)
      const signed = await Promise.allSettled([signOff(), signOff()])
      const { records, broken } = await auditRecords(app)
      expect(records.length).toBe(signed.filter(({ status }) => status === 'fulfilled').length)
      expect(records.map(({ no }) => no)).toEqual(records.map((_, at) => at + 1))
      expect(broken).toBeNull()
    })
  })
})
