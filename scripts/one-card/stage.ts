/** The service and the pretend world in one process, over HTTP both ways, on a database in memory. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { createHttp } from '../../src/http/server.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import type { OneCardProfile } from '../../src/sandbox/one-card/parameters.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { runWorker } from '../../src/worker/worker.ts'
import { sandboxEnvironment } from '../sandbox-environment.ts'
import { type Desk, deskAt } from './desk.ts'

export interface Stage {
  readonly desk: Desk
  /** A fresh bill at HIS. @returns its number */
  readonly bill: () => string
  readonly stop: () => Promise<void>
}

export async function oneCardService(
  keyEncryptionKey: string,
  profile: Partial<OneCardProfile> = {},
): Promise<Stage> {
  const made = makeParameters(secureRandom)
  const { oneCard } = made
  const parameters = {
    ...made,
    oneCard: { ...oneCard, profile: { ...oneCard.profile, ...profile } },
  }
  const sandbox = await startSandbox({ parameters, timeScale: 0.01 })
  const { server, url: serviceUrl } = await listening()
  const fitting = sandboxEnvironment(parameters, {
    sandboxUrl: sandbox.url,
    publicUrl: serviceUrl,
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey,
    patientSecret: randomBytes(32).toString('hex'),
  })
  const clock = systemClock()
  const built = await buildApp(readSettings(fitting), { clock, random: secureRandom })
  const http = createHttp(built.app)
  server.on('request', (request, response) => http.emit('request', request, response))
  let stopping = false
  const working = runWorker(built.app, () => stopping)
  return {
    desk: deskAt({
      serviceUrl,
      sandboxUrl: sandbox.url,
      parameters,
      now: clock.now,
      random: secureRandom,
    }),
    bill: () => newBill(sandbox),
    stop: async () => {
      stopping = true
      built.app.wake()
      await working
      server.closeAllConnections()
      server.close()
      await built.stop()
      await sandbox.stop()
    },
  }
}

/** The address is known before the service is built: its own settings name it. */
async function listening(): Promise<{ server: Server; url: string }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return { server, url: `http://127.0.0.1:${address.port}` }
}

/** Under both numbers: the suffix steers what becomes of its payment. */
function newBill({ context }: Sandbox): string {
  const no = context.registry.bills.size + 1
  const billNo = `MZ20261121${String(no).padStart(6, '0')}`
  for (const suffix of ['', '-K56'])
    addBill(context, { billNo: billNo + suffix, businessType: 'consultation' })
  return billNo
}
