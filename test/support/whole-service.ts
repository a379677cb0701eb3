/** The whole service in front of the whole sandbox, over HTTP both ways, in this process. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { expect } from 'vitest'
import { Patient, patientToken } from '../../scripts/matrix/patient.ts'
import { sandboxEnvironment } from '../../scripts/sandbox-environment.ts'
import { buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { createHttp } from '../../src/http/server.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import {
  DEFAULT_PROFILES,
  makeParameters,
  type SandboxProfiles,
} from '../../src/sandbox/parameters.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { runWorker } from '../../src/worker/worker.ts'
import { UNLIMITED } from './http-client.ts'

const SECRET = 'a-secret-of-the-online-platform-32'

type Channel = 'wechat' | 'alipay'

export type WholeService = Awaited<ReturnType<typeof startWholeService>>

/**
 * @param environment beside what fits the sandbox, Alipay included.
 * @param folder where settlement files are kept, once the sandbox serves them.
 */
export async function startWholeService(
  environment: Record<string, string> = {},
  parameters = makeParameters(Math.random, { alipay: true }),
  profiles: Partial<SandboxProfiles> = {},
  folder?: string,
) {
  const sandbox = await startSandbox({
    parameters,
    profiles: { ...DEFAULT_PROFILES, ...profiles },
    ...(folder !== undefined && { sftp: { bank: 0, insurance: 0 } }),
    timeScale: 0.01,
  })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  const serviceUrl = `http://127.0.0.1:${address.port}`
  const fitting = sandboxEnvironment(parameters, {
    sandboxUrl: sandbox.url,
    publicUrl: serviceUrl,
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: SECRET,
    ...(folder !== undefined &&
      sandbox.hosts !== null && { settlementFiles: { ports: sandbox.hosts.ports, folder } }),
  })
  const settings = readSettings({ ...fitting, ...UNLIMITED, ...environment })
  const built = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  const http = createHttp(built.app)
  server.on('request', (request, response) => http.emit('request', request, response))
  let stopping = false
  const working = runWorker(built.app, () => stopping)
  const patientOf = async (
    { billNo, patientId }: { billNo: string; patientId: string },
    { channel, openid = `o${billNo}` }: { channel: Channel; openid?: string },
  ): Promise<Patient> => {
    const token = await patientToken(SECRET, { openid, patientIds: [patientId] })
    return new Patient({ serviceUrl, sandboxUrl: sandbox.url, billNo, token, channel, openid })
  }
  let bills = 0
  return {
    sandbox,
    app: built.app,
    patientOf,
    patientWith: async (channel: Channel, suffix: string) => {
      bills += 1
      const billNo = `MZ20261121${String(bills).padStart(6, '0')}-${suffix}`
      const bill = addBill(sandbox.context, { billNo, businessType: 'consultation' })
      return { bill, patient: await patientOf(bill, { channel }) }
    },
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

/** The password in the cashier, and then the service says paid. */
export async function paysUp(patient: Patient): Promise<void> {
  await entersPassword(patient)
  await becomes(patient, 'paid')
}

export async function entersPassword(patient: Patient): Promise<void> {
  const cashier = await patient.checkOut()
  if (cashier === null) throw new Error(patient.codes.join() || 'no cashier')
  expect(await patient.payOnPhone(cashier)).toBe(true)
}

export async function becomes(patient: Patient, state: string): Promise<void> {
  const status = async () => (await patient.look()).status
  await expect.poll(status, { timeout: 10_000, interval: 20 }).toBe(state)
}
