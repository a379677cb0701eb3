import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { App } from '../app.ts'
import type { ErrorCode } from '../errors.ts'
import { entryNow } from '../flows/entry.ts'
import { openPercent } from '../payment/entry.ts'
import { isAuditOverdue } from '../flows/certificates/audit-certificates.ts'
import { certificateDays } from '../flows/certificates/watch-certificates.ts'

interface Metrics {
  readonly registry: Registry
  readonly requests: Counter
  readonly seconds: Histogram
  readonly refusals: Counter
  readonly entry: Gauge
  readonly breakers: Gauge
}

/** One set an app: two apps in one process (a rehearsal) must not add up. */
const ALL = new WeakMap<App, Metrics>()

function metricsOf(app: App): Metrics {
  const known = ALL.get(app)
  if (known) return known
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const metrics: Metrics = {
    registry,
    requests: new Counter({
      name: 'http_requests_total',
      help: 'Answered requests.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
    }),
    seconds: new Histogram({
      name: 'http_request_seconds',
      help: 'Time to the answer; long polls are part of it.',
      labelNames: ['method', 'route'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 3, 5, 10, 25],
      registers: [registry],
    }),
    refusals: new Counter({
      name: 'refusals_total',
      help: 'Requests that were refused, by the code of the answer.',
      labelNames: ['code'],
      registers: [registry],
    }),
    entry: new Gauge({
      name: 'entry_open_percent',
      help: 'For how many of the users (in its departments) new orders are open, and by which mode.',
      labelNames: ['mode'],
      registers: [registry],
    }),
    breakers: new Gauge({
      name: 'breaker_open',
      help: 'Upstreams that new orders are spared because they do not answer: 1, else 0.',
      labelNames: ['upstream'],
      registers: [registry],
    }),
  }
  const legacy = new Gauge({
    name: 'legacy_links',
    help: 'Links that run on legacy protection, with the day on which it must end (SC-B02).',
    labelNames: ['link', 'deadline'],
    registers: [registry],
  })
  for (const gauge of [...certificateGauges(app), alarmsRaised(app)]) registry.registerMetric(gauge)
  for (const { link, deadline } of app.legacyLinks) legacy.set({ link, deadline }, 1)
  ALL.set(app, metrics)
  return metrics
}

function alarmsRaised({ alarms }: App): Counter {
  return new Counter({
    name: 'alarms_total',
    help: 'What a person should look into, by its name: an unlisted return code, a refused configuration.',
    labelNames: ['name'],
    registers: [],
    collect() {
      this.reset()
      for (const [name, times] of alarms) this.inc({ name }, times)
    },
  })
}

const STORE_WITHIN_MS = 2_000

/** Asked for at each reading, so that every process tells the same; without the store, nothing. */
function certificateGauges(app: App): Gauge[] {
  const asking = async (work: Promise<void>): Promise<void> => {
    const told = work.catch((error: unknown) =>
      app.log.warn({ err: error }, 'certificates not read'),
    )
    await Promise.race([told, app.clock.sleep(STORE_WITHIN_MS)])
  }
  const left = new Gauge({
    name: 'certificate_days_left',
    help: 'Days until the first certificate behind each setting ends, by the last daily look (SC-T04).',
    labelNames: ['name'],
    registers: [],
    async collect() {
      this.reset()
      await asking(
        certificateDays(app).then((days) => days.forEach((of, name) => this.set({ name }, of))),
      )
    },
  })
  const overdue = new Gauge({
    name: 'certificate_audit_overdue',
    help: '1 when the yearly audit of certificates is not signed off (SC-T04).',
    registers: [],
    async collect() {
      this.set(Number.NaN)
      await asking(isAuditOverdue(app).then((is) => this.set(Number(is))))
    },
  })
  return [left, overdue]
}

/** `route` is the pattern, never the path: paths hold numbers and are without end. */
export function countRequest(
  app: App,
  request: { method: string; route: string; status: number; ms: number },
): void {
  const { method, route, status, ms } = request
  const { requests, seconds } = metricsOf(app)
  requests.inc({ method, route, status: String(status) })
  seconds.observe({ method, route }, ms / 1_000)
}

export function countRefusal(app: App, code: ErrorCode): void {
  metricsOf(app).refusals.inc({ code })
}

export async function metricsText(app: App): Promise<{ contentType: string; body: string }> {
  const { registry } = metricsOf(app)
  showBreakers(app)
  await showEntry(app)
  return { contentType: registry.contentType, body: await registry.metrics() }
}

function showBreakers(app: App): void {
  const { breakers: gauge } = metricsOf(app)
  for (const [upstream, { standing }] of Object.entries(app.breakers))
    gauge.set({ upstream }, standing().restsUntil === null ? 0 : 1)
}

/** Without a database there is nothing to show, and everything else is wanted the more. */
async function showEntry(app: App): Promise<void> {
  const { entry: gauge } = metricsOf(app)
  gauge.reset()
  const entry = await entryNow(app).catch(() => null)
  if (entry) gauge.set({ mode: entry.mode }, openPercent(entry))
}
