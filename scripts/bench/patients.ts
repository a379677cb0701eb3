/** Patients who pay: the service's own HTTP interface, then the pretend phone. */
import { Agent, request } from 'node:http'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { PATIENT_SECRET } from './rig.ts'

export interface OpenBill {
  readonly billNo: string
  readonly patientId: string
}

const ORDER = z.object({ id: z.string() })
const PAYMENT = z.object({ cashier: z.record(z.string(), z.unknown()).optional() })

export interface Addresses {
  readonly serviceUrl: string
  readonly sandboxUrl: string
}

interface Line extends Addresses {
  readonly agent: Agent
}

const AT_ONCE = 16
/** 202 means that an answer is unknown and the worker goes on: a front end asks again. */
const ASK_AGAIN_MS = 500
const PATIENCE = 60

/**
 * Each bill once, all own money: order, cash order, mixed order, cashier, password.
 * @returns how often the cashier was not ready at once
 */
export async function payAll(to: Addresses, bills: readonly OpenBill[]): Promise<number> {
  // Lines of its own: a server closes a line that was idle between two batches.
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  let next = 0
  let again = 0
  const patient = async (): Promise<void> => {
    for (let at = next++; at < bills.length; at = next++) {
      const bill = bills[at]
      const more = bill ? await payBill({ ...to, agent }, bill) : 0
      again += more
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, patient))
  agent.destroy()
  return again
}

async function payBill({ serviceUrl, sandboxUrl, agent }: Line, bill: OpenBill): Promise<number> {
  const authorization = `Bearer ${await tokenOf(bill)}`
  const headers = {
    authorization,
    'content-type': 'application/json',
    'x-device-id': 'bench-device-0001',
  }
  const choice = { channel: 'wechat', surface: 'mini-program', payMode: 'self-pay' }
  const opening = { billNo: bill.billNo, ...choice }
  const post = (url: string, value: unknown): Promise<unknown> =>
    posted({ url, agent, headers }, JSON.stringify(value))
  const order = ORDER.parse(await post(`${serviceUrl}/api/orders`, opening))
  for (let tries = 0; tries < PATIENCE; tries += 1) {
    const paying = await post(`${serviceUrl}/api/orders/${order.id}/payment`, {})
    const { cashier } = PAYMENT.parse(paying)
    if (cashier !== undefined) {
      await post(`${sandboxUrl}/phone/pay`, cashier)
      return tries
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
  throw new Error(`${bill.billNo}: no cashier`)
}

function tokenOf({ billNo, patientId }: OpenBill): Promise<string> {
  return new SignJWT({ openid: `openid-${billNo}`, patientIds: [patientId] })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(`bench-${billNo}`)
    .setAudience('jianlian')
    .setExpirationTime('1h')
    .sign(Buffer.from(PATIENT_SECRET))
}

/** @throws Error for anything but a success: a benchmark of failures measures nothing. */
function posted(
  { url, agent, headers }: { url: string; agent: Agent; headers: Record<string, string> },
  body: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode < 300) resolve(JSON.parse(text))
        else reject(new Error(`${url}: ${statusCode} ${text}`))
      })
    })
    // A line that the server closed in the very moment of its re-use: nothing was read from it.
    call.on('error', (error) => {
      if (call.reusedSocket) resolve(posted({ url, agent, headers }, body))
      else reject(error)
    })
    call.end(body)
  })
}
