/** The desk as HIS: signed calls to the service, and what the sandbox's phone does. */
import { z } from 'zod'
import type { SandboxParameters } from '../../src/sandbox/parameters.ts'
import { type HisCall, hisCalls } from '../his-calls.ts'

const PAYMENT = z.object({
  id: z.string(),
  status: z.string(),
  mchOrderId: z.string(),
  amountFen: z.number(),
})
type Payment = z.output<typeof PAYMENT>
const BILL = z.object({ billNo: z.string() })
const TYPED = z.object({ mchOrderId: z.string() })
const RECEIPTS = z.object({ items: z.array(z.object({ mchOrderId: z.string() })) })

/** The sandbox makes everybody's bills for this patient unless it is told another one. */
const PATIENT = { name: '李演示', idType: '01', idNo: '510101198002022345', phone: '13800000000' }

export type Desk = ReturnType<typeof deskOf>

export function deskOf(from: {
  sandboxUrl: string
  serviceUrl: string
  parameters: SandboxParameters
}) {
  const { sandboxUrl } = from
  const his = signedCalls(from)
  let bills = 0
  const look = async (id: string): Promise<Payment> =>
    PAYMENT.parse(await his('GET', `/his/hrss-payments/${id}`))
  return {
    look,
    bill: async (suffix: string) => {
      bills += 1
      const billNo = `SBK${String(bills).padStart(6, '0')}${suffix}`
      const wish = { billNo, businessType: 'consultation', patient: PATIENT }
      return { ...BILL.parse(await posted(`${sandboxUrl}/sandbox/bills`, wish)), patient: PATIENT }
    },
    open: async (billNo: string, way: string): Promise<Payment> => {
      const qrCode = way === 'presented' ? { qrCode: '5101001234567890' } : {}
      return PAYMENT.parse(await his('POST', '/his/hrss-payments', { billNo, way, ...qrCode }))
    },
    close: (id: string) => his('POST', `/his/hrss-payments/${id}/close`, {}),
    refund: (id: string, wish: { refundNo: string; amountFen: number }) =>
      his('POST', `/his/hrss-payments/${id}/refunds`, { ...wish, reason: '退号' }),
    receipts: async (): Promise<string[]> => {
      const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)
      const told = RECEIPTS.parse(await his('GET', `/his/hrss-receipts?date=${today}`))
      return told.items.map(({ mchOrderId }) => mchOrderId)
    },
    becomes: async (id: string, status: string): Promise<void> => {
      const giveUpAt = Date.now() + 10_000
      while ((await look(id)).status !== status) {
        if (Date.now() > giveUpAt) throw new Error(`没有变为 ${status}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    ...patientsOf(from),
  }
}

/** What patients do, and where their money is. */
function patientsOf({ sandboxUrl, serviceUrl }: { sandboxUrl: string; serviceUrl: string }) {
  const phone = (path: string, body: unknown): Promise<unknown> =>
    posted(`${sandboxUrl}/hrss-pay${path}`, body)
  return {
    pay: (mchOrderId: string) => phone('/phone/pay', { mchOrderId }),
    typed: async (amountFen: number) => {
      const notifyUrl = `${serviceUrl}/callbacks/hrss-pay/order`
      return TYPED.parse(await phone('/phone/typed', { amountFen, notifyUrl }))
    },
    choose: (mchOrderId: string, { idType, idNo }: typeof PATIENT) =>
      phone('/phone/choose', {
        mchOrderId,
        url: `${serviceUrl}/hrss-pay/merchant-orders`,
        idTypeOrder: idType,
        idNumberOrder: idNo,
      }),
    ledger: async (billNo: string): Promise<unknown> =>
      (await fetch(`${sandboxUrl}/hrss-pay/ledger?bill=${billNo}`)).json(),
  }
}

async function posted(url: string, body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

function signedCalls(from: { serviceUrl: string; parameters: SandboxParameters }) {
  const call = hisCalls(from.serviceUrl, from.parameters)
  return async (...asked: Parameters<HisCall>): Promise<unknown> => {
    const { status, body } = await call(...asked)
    if (status >= 400) throw new Error(JSON.stringify(body))
    return body
  }
}
