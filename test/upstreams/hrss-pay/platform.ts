/** The adapter in front of the pretend platform, without sockets, and calls as the platform makes them. */
import { Secret } from '../../../src/errors.ts'
import { fen } from '../../../src/payment/money.ts'
import { createHrssPay } from '../../../src/sandbox/hrss-pay/hrss-pay.ts'
import { callBody } from '../../../src/sandbox/hrss-pay/notices.ts'
import { hrssPay, type HrssPaySettings } from '../../../src/upstreams/hrss-pay/adapter.ts'
import type { HrssCall, HrssOrder } from '../../../src/upstreams/hrss-pay.ts'
import type { HttpReply, Send } from '../../../src/upstreams/http-client.ts'
import {
  NOW,
  privateKey,
  publicKey,
  sandboxContext,
  seededRandom,
  sendTo,
  watched,
} from '../stub.ts'

export const NOTIFY = 'https://pay.hospital.example/callbacks/hrss-pay/order'

export function connected(
  changes: Partial<HrssPaySettings> = {},
  change?: (reply: HttpReply) => HttpReply,
) {
  const context = sandboxContext()
  const sandbox = createHrssPay(context)
  const wire = watched(changes.send ?? sendTo(sandbox, change))
  const { hrssPay: given } = context.parameters
  const warned: unknown[] = []
  const settings: HrssPaySettings = {
    access: {
      baseUrl: 'http://sandbox/hrss-pay/engine/rest',
      accessKey: given.accessKey,
      appId: given.appId,
    },
    keys: {
      privateKey: privateKey(given.hospital),
      theirKeys: [publicKey(given.platform)],
      dataKey: new Secret(Buffer.from(given.sm4KeyHex, 'hex')),
      signatureFormat: 'der',
      signExclude: ['sign', 'access_token'],
    },
    profile: { resendOrder: false, queryWithoutPayOrderId: false },
    cashierHosts: ['cashier.hrss.example'],
    merchantAppId: given.merchantAppId,
    mchId: given.mchId,
    encrypted: true,
    signAnswer: false,
    notifyUrl: NOTIFY,
    now: () => NOW,
    random: seededRandom(3),
    timeouts: { questionMs: 4_000, effectMs: 8_000 },
    warn: (about, message) => void warned.push({ ...about, message }),
    ...changes,
    send: wire.send,
    recordExchange: wire.recordExchange,
  }
  return { platform: hrssPay(settings), sandbox, context, wire, warned, settings }
}

export const ORDER: HrssOrder = {
  way: 'online',
  mchOrderId: 'S01KAAAAAAAAAAAAAAAAAAAAAAA',
  amountFen: fen(12_345),
  orderType: '10001',
  person: { idType: '01', idNo: '510101199001011237', name: '张三' },
  createdAt: NOW,
  title: '门诊缴费',
  billNo: 'MZ1',
  qrCode: null,
  returnUrl: null,
}

type Rig = ReturnType<typeof connected>

/** As the platform would say it; `content` as an object is encrypted, a text is sent as `data`. */
export function spoken({ sandbox: { teller } }: Rig, content: unknown, forged = false): HrssCall {
  const data =
    typeof content === 'string' ? content : teller.gateway.encrypt(JSON.stringify(content))
  return { contentType: 'application/json', body: Buffer.from(callBody(teller, data, forged)) }
}

/** An answer in the platform's envelopes. */
export const saying =
  (rig: () => Rig, content: unknown, changes: { outer?: object; inner?: object } = {}): Send =>
  async (request) => {
    const form = new URLSearchParams(String(request.body))
    const asked: { aaz001: string; appid: string } = JSON.parse(form.get('biz_content') ?? '{}')
    const data = rig().sandbox.teller.gateway.encrypt(JSON.stringify(content))
    const biz_data = {
      code: '1',
      message: '',
      appid: asked.appid,
      aaz001: asked.aaz001,
      aaz002: '1',
      data,
      ...changes.inner,
    }
    const body = JSON.stringify({ code: '1', msg: '成功', biz_data, ...changes.outer })
    return { kind: 'answer', status: 200, headers: {}, body: Buffer.from(body) }
  }
