/** The whole service in front of the whole sandbox, and its patients. */
import { expect } from 'vitest'
import { Patient, patientToken } from '../../scripts/matrix/patient.ts'
import { startWholeService as start } from '../../scripts/parts/whole-service.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { makeParameters, type SandboxProfiles } from '../../src/sandbox/parameters.ts'
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
  const whole = await start({
    environment: { ...UNLIMITED, ...environment },
    parameters,
    profiles,
    patientSecret: SECRET,
    ...(folder !== undefined && { settlementFilesIn: folder }),
  })
  const { sandbox, serviceUrl } = whole
  const patientOf = async (
    { billNo, patientId }: { billNo: string; patientId: string },
    { channel, openid = `o${billNo}` }: { channel: Channel; openid?: string },
  ): Promise<Patient> => {
    const token = await patientToken(SECRET, { openid, patientIds: [patientId] })
    return new Patient({ serviceUrl, sandboxUrl: sandbox.url, billNo, token, channel, openid })
  }
  let bills = 0
  return {
    ...whole,
    patientOf,
    patientWith: async (channel: Channel, suffix: string) => {
      bills += 1
      const billNo = `MZ20261121${String(bills).padStart(6, '0')}-${suffix}`
      const bill = addBill(sandbox.context, { billNo, businessType: 'consultation' })
      return { bill, patient: await patientOf(bill, { channel }) }
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
