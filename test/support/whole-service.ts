/** The whole service in front of the whole sandbox, over HTTP both ways, on the real clock. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { Patient, patientToken } from '../../scripts/matrix/patient.ts'
import { sandboxEnvironment } from '../../scripts/sandbox-environment.ts'
import { type App, buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { createHttp } from '../../src/http/server.ts'
import { addBill, type HisBill } from '../../src/sandbox/his-bills.ts'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { runWorker } from '../../src/worker/worker.ts'
import { UNLIMITED } from './http-client.ts'

const SECRET = 'a-secret-of-the-online-platform-32'

export interface WholeService {
  readonly app: App
  readonly sandbox: Sandbox
  readonly serviceUrl: string
  /** A patient with a new bill; the suffix says how the upstreams behave. */
  readonly patientWith: (
    channel: 'wechat' | 'alipay',
    suffix: string,
  ) => Promise<{ bill: HisBill; patient: Patient }>
  readonly tokenOf: (claims: { openid: string; patientIds: string[] }) => Promise<string>
  readonly stop: () => Promise<void>
}

/** @param given settings beside those that fit the sandbox */
export async function startWhole(
  parameters: SandboxParameters,
  given: Record<string, string> = {},
): Promise<WholeService> {
  const sandbox = await startSandbox({ parameters, timeScale: 0.01 })
  // The address is part of the settings, so the door stands before the house.
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  const serviceUrl = `http://127.0.0.1:${address.port}`
  const environment = sandboxEnvironment(parameters, {
    sandboxUrl: sandbox.url,
    publicUrl: serviceUrl,
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: SECRET,
  })
  const settings = readSettings({ ...environment, ...UNLIMITED, ...given })
  const { app, stop } = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  const http = createHttp(app)
  server.on('request', (request, response) => http.emit('request', request, response))
  let stopping = false
  const working = runWorker(app, () => stopping)
  const tokenOf: WholeService['tokenOf'] = (claims) => patientToken(SECRET, claims)
  let bills = 0
  return {
    app,
    sandbox,
    serviceUrl,
    tokenOf,
    patientWith: async (channel, suffix) => {
      bills += 1
      const billNo = `MZ20261121${String(bills).padStart(6, '0')}-${suffix}`
      const bill = addBill(sandbox.context, { billNo, businessType: 'consultation' })
      const token = await tokenOf({ openid: `o${billNo}`, patientIds: [bill.patientId] })
      const sandboxUrl = sandbox.url
      return { bill, patient: new Patient({ serviceUrl, sandboxUrl, billNo, token, channel }) }
    },
    stop: async () => {
      stopping = true
      app.wake()
      await working
      server.closeAllConnections()
      server.close()
      await stop()
      await sandbox.stop()
    },
  }
}
