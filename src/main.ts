import type { Server } from 'node:http'
import { type App, buildApp, type Parts } from './app.ts'
import { secureRandom, systemClock } from './clock.ts'
import { ConfigError, readSettings } from './config.ts'
import { createProbes } from './http/probes.ts'
import { createHttp } from './http/server.ts'
import { claimDatabase } from './store/claim.ts'
import { runWorker } from './worker/worker.ts'

export interface Service {
  readonly app: App
  readonly url: string
  readonly stop: () => Promise<void>
}

/** One process: listeners and worker. Everything it knows is in the store, so it may end at any line. */
export async function startService(
  environment?: Record<string, string | undefined>,
  parts: Partial<Parts> = {},
): Promise<Service> {
  const settings = readSettings(environment)
  const claim = claimDatabase(settings.DATABASE_URL.reveal())
  const built = await buildApp(settings, {
    clock: systemClock(),
    random: secureRandom,
    ...parts,
  })
  const { app } = built
  const listener = createHttp(app)
  const probes = createProbes(app)
  await listen(listener, settings.HTTP_PORT, settings.HTTP_HOST)
  await listen(probes, settings.PROBE_PORT, settings.PROBE_HOST)
  let stopping = false
  const worker = runWorker(app, () => stopping)
  const stop = async (): Promise<void> => {
    stopping = true
    app.wake()
    await Promise.all([close(listener, app), close(probes, app)])
    await worker
    await built.stop()
    claim.release()
  }
  const url = `http://${settings.HTTP_HOST}:${settings.HTTP_PORT}`
  app.log.info({ url, environment: settings.ENVIRONMENT }, 'started')
  return { app, url, stop }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

/** Patients who wait for a change would hold the door open: whoever is not answered by then asks again. */
const LAST_ANSWERS_MS = 5_000

async function close(server: Server, app: App): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  await Promise.race([closed, app.clock.sleep(LAST_ANSWERS_MS)])
  server.closeAllConnections()
}

async function untilSignal(): Promise<void> {
  const service = await startService()
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (asked) process.exit(130)
      asked = true
      void service.stop().then(() => process.exit(0))
    })
}

/** The process itself: says in words which setting is wrong, and ends. */
export async function serve(): Promise<void> {
  try {
    await untilSignal()
  } catch (error) {
    const known = error instanceof ConfigError
    console.error(known ? error.message : error)
    process.exit(known ? 2 : 1)
  }
}

if (import.meta.main) await serve()
