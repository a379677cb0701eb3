import { describe, expect, it } from 'vitest'
import { watchCertificates } from '../../../src/flows/certificates/watch-certificates.ts'
import { metricsText } from '../../../src/http/metrics.ts'
import * as workItems from '../../../src/store/work-items.ts'
import { runWorker } from '../../../src/worker/worker.ts'
import { testApp } from '../../support/app.ts'
import { certificate, DAY_MS, hisShowing, shown } from '../../support/certificates-in-use.ts'
import { describeDatabases, type OpenFresh, secondHandle } from '../../support/database.ts'
import { databaseIsBusy, VirtualClock } from '../../support/virtual-clock.ts'

/** HIS with a certificate that ends so many days after the morning; how often it was looked at. */
async function hospital(openFresh: OpenFresh, days: number) {
  const clock = new VirtualClock()
  const db = await openFresh()
  clock.alsoWaitsFor(databaseIsBusy(db))
  const his = { looks: 0, chain: [certificate(days)] }
  const certificates = hisShowing(() => {
    his.looks += 1
    return shown(his.chain)
  })
  const app = await testApp({ db, clock, certificates })
  const watch = (start = false) => watchCertificates(app, { start })
  const warnings = () =>
    app.logged.map((line) => JSON.parse(line)).filter(({ event }) => event !== undefined)
  return { app, clock, his, certificates, watch, warnings }
}

const nextDay = (clock: VirtualClock, days = 1) => clock.advance(days * DAY_MS)

describeDatabases((_, openFresh) => {
  describe('[SC-T04] the daily look', () => {
    it('is made once a business day, by one of several processes', async () => {
      const { app, clock, his, certificates, watch } = await hospital(openFresh, 300)
      const other = await testApp({ db: secondHandle(app.db), clock, certificates })
      await Promise.all([watch(), watchCertificates(other, { start: true })])
      await watch(true)
      expect(his.looks).toBe(1)
      await nextDay(clock)
      await Promise.all([watch(), watchCertificates(other, { start: false })])
      expect(his.looks).toBe(2)
    })

    it('is made by another process when the first one died over it', async () => {
      const { app, clock, his, watch } = await hospital(openFresh, 300)
      const dying = await testApp({
        db: app.db,
        clock,
        certificates: hisShowing(() => {
          throw new Error('the process is dead')
        }),
      })
      await expect(watchCertificates(dying, { start: false })).rejects.toThrow('dead')
      await watch()
      expect(his.looks).toBe(0)
      await clock.advance(300_000)
      await watch()
      expect(his.looks).toBe(1)
    })

    it('is silent before 60 days, warns from then on, and shouts at 7', async () => {
      const { clock, watch, warnings } = await hospital(openFresh, 61)
      await watch()
      expect(warnings()).toEqual([])
      await nextDay(clock)
      await watch()
      expect(warnings()).toMatchObject([
        { level: 40, event: 'certificate.warning', name: 'HIS_URL', daysLeft: 60 },
      ])
      await nextDay(clock, 53)
      await watch()
      expect(warnings().at(-1)).toMatchObject({ level: 50, daysLeft: 7 })
    })

    it('asks a person once at 7 days, not daily, and anew only for the next certificate', async () => {
      const { app, clock, his, watch } = await hospital(openFresh, 8)
      const items = () => workItems.list(app.db, 'open')
      await watch()
      expect(await items()).toEqual([])
      for (let day = 0; day < 12; day += 1) {
        await nextDay(clock)
        await watch()
      }
      const [item, ...others] = await items()
      expect(item).toMatchObject({ kind: 'certificate-ending', orderId: null, actions: ['note'] })
      expect(item?.sentence).toContain('HIS_URL（https://his.example）：证书将在 7 天后到期')
      expect(others).toEqual([])
      his.chain = [certificate(13, { fingerprint: 'c'.repeat(64) })]
      await nextDay(clock)
      await watch()
      expect(await items()).toHaveLength(2)
    })

    it('tells that the audit is overdue at every start and daily, and then the metric is 1', async () => {
      const { app, clock, watch, warnings } = await hospital(openFresh, 3_000)
      const overdue = async () =>
        /^certificate_audit_overdue (\d)$/m.exec((await metricsText(app)).body)?.[1]
      await watch(true)
      expect(await overdue()).toBe('0')
      await nextDay(clock, 366)
      await watch()
      await watch(true)
      expect(await overdue()).toBe('1')
      expect(warnings()).toMatchObject([
        { level: 50, event: 'certificate.audit.overdue', overdueDays: 1 },
        { level: 50, event: 'certificate.audit.overdue', overdueDays: 1 },
      ])
    })

    it('gives every process the days that are left, counted at the time of asking', async () => {
      const { app, clock, certificates, watch } = await hospital(openFresh, 40)
      await watch()
      const other = await testApp({ db: secondHandle(app.db), clock, certificates })
      expect((await metricsText(other)).body).toContain(
        'certificate_days_left{name="HIS_URL"} 40\n',
      )
      await nextDay(clock, 45)
      expect((await metricsText(other)).body).toContain(
        'certificate_days_left{name="HIS_URL"} -5\n',
      )
    })

    it('is made by the worker at its start and every day after', async () => {
      const { app, clock, his } = await hospital(openFresh, 300)
      let stopped = false
      const worker = runWorker({ ...app, woken: () => clock.sleep(600_000) }, () => stopped)
      await clock.advance(60_000)
      expect(his.looks).toBe(1)
      await nextDay(clock, 2)
      expect(his.looks).toBe(3)
      stopped = true
      await clock.advance(600_000)
      await worker
    })
  })
})
