/** The adapter in front of the strict pretend bank, and a listener for its callbacks. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asPayAuthNo } from '../../../src/payment/authorisation.ts'
import { Secret } from '../../../src/errors.ts'
import { allSelfPay } from '../../../src/payment/amounts.ts'
import { fen } from '../../../src/payment/money.ts'
import {
  DEFAULT_PROFILES,
  type IcbcProfile as SandboxProfile,
  type IcbcParameters,
  makeParameters,
} from '../../../src/sandbox/parameters.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts'
import type { Exchange } from '../../../src/upstreams/exchange.ts'
import { httpSend, type Send } from '../../../src/upstreams/http-client.ts'
import { icbcBank, type IcbcSettings } from '../../../src/upstreams/icbc/adapter.ts'
import { type IcbcSecurity, icbcSecurity } from '../../../src/upstreams/icbc/security.ts'
import type { Bank, MixedOrder, RawNotice, SelfPayOrder } from '../../../src/upstreams/bank.ts'

export const NOW = Date.parse('2026-11-21T10:00:00+08:00')

export const parameters = makeParameters(Math.random, { rsa: true, alipay: true })
export const icbc: IcbcParameters = parameters.icbc

/** What the hospital holds: its own private key and the gateway's public one. */
export function hospitalSecurity(profile: SandboxProfile = DEFAULT_PROFILES.icbc): IcbcSecurity {
  const sm2 = profile.signType === 'SM2'
  const keyFor = (alg: SandboxProfile['gatewaySignAlg']): string =>
    alg === 'SM2' ? icbc.gateway.sm2.publicKeyHex : (icbc.gateway.rsa?.publicKeyPem ?? '')
  return icbcSecurity({
    signType: profile.signType,
    appPrivateKey: new Secret(
      sm2 ? icbc.app.sm2.privateKeyHex : (icbc.app.rsa?.privateKeyPem ?? ''),
    ),
    gatewaySignAlg: profile.gatewaySignAlg,
    gatewayPublicKeys: [keyFor(profile.gatewaySignAlg)],
    callback: { signAlg: profile.callbackSignAlg, publicKeys: [keyFor(profile.callbackSignAlg)] },
    encryptType: profile.encryptType,
    cipherKey: new Secret(profile.encryptType === 'SM4' ? icbc.sm4KeyHex : icbc.aesKeyBase64),
  })
}

export function settings(send: Send, change: Partial<IcbcSettings> = {}): IcbcSettings {
  return {
    baseUrl: 'https://gw.bank.test',
    appId: icbc.appId,
    merId: icbc.merId,
    merPrtclNo: icbc.merPrtclNo,
    hospitalId: icbc.hospitalId,
    subMchid: icbc.subMchid,
    subAppid: icbc.subAppid,
    alipayAppid: null,
    cityId: icbc.cityId,
    medInstName: icbc.medInstName,
    medInstNo: icbc.medInstNo,
    mixedCallbackUrl: 'https://pay.hospital.test/api/callbacks/icbc/mixed-order',
    selfPayCallbackUrl: 'https://pay.hospital.test/api/callbacks/icbc/self-pay',
    security: hospitalSecurity(),
    send,
    recordExchange: () => {},
    now: () => NOW,
    random: Math.random,
    profile: {
      name: 'test',
      queryByOutTradeNo: false,
      merchantNo: icbc.subMchid,
      institutionNumberTemplate: '{merchantNo}{yyyyMMddHHmmss}{seq:6}',
    },
    ...change,
  }
}

export interface Rig {
  readonly bank: Bank
  readonly sandbox: Sandbox
  readonly exchanges: Exchange[]
  readonly callbacks: RawNotice[]
  /** What the hospital answered to each of them. */
  stop(): Promise<void>
}

export async function startRig(options: {
  profile?: SandboxProfile
  queryByOutTradeNo?: boolean
  alipay?: boolean
}): Promise<Rig> {
  const profile = {
    ...(options.profile ?? DEFAULT_PROFILES.icbc),
    queryByOutTradeNo: options.queryByOutTradeNo ?? false,
  }
  const profiles = { ...DEFAULT_PROFILES, icbc: profile }
  const sandbox = await startSandbox({ parameters, profiles, timeScale: 0.001, now: () => NOW })
  const callbacks: RawNotice[] = []
  const exchanges: Exchange[] = []
  const hospital = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      const kind = path.endsWith('mixed-order') ? 'mixed-order' : 'self-pay'
      const raw: RawNotice = { kind, path, headers: {}, body: Buffer.concat(chunks) }
      callbacks.push(raw)
      const notice = bank.readNotice(raw)
      const { contentType, body } = bank.acknowledge(notice, notice.verified)
      response.writeHead(200, { 'content-type': contentType }).end(body)
    })
  })
  await new Promise<void>((resolve) => hospital.listen(0, '127.0.0.1', resolve))
  const ours = `http://127.0.0.1:${portOf(hospital.address())}/public`
  const send = httpSend({
    allowed: [{ origin: sandbox.url, pathPrefix: '/icbc/', plainHttp: true }],
  })
  const base = settings(send)
  const bank = icbcBank({
    ...base,
    baseUrl: `${sandbox.url}/icbc`,
    alipayAppid: options.alipay ? (parameters.alipay?.appId ?? null) : null,
    mixedCallbackUrl: `${ours}/mixed-order`,
    selfPayCallbackUrl: `${ours}/self-pay`,
    security: hospitalSecurity(profile),
    recordExchange: (exchange) => exchanges.push(exchange),
    profile: { ...base.profile, queryByOutTradeNo: profile.queryByOutTradeNo },
  })
  return {
    bank,
    sandbox,
    exchanges,
    callbacks,
    stop: async () => {
      await sandbox.stop()
      await new Promise((resolve) => {
        hospital.close(resolve)
        hospital.closeAllConnections()
      })
    },
  }
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

export function selfPayOrder(change: Partial<SelfPayOrder> = {}): SelfPayOrder {
  return {
    outTradeNo: '01JD0000000000000000000000C1T1',
    amountFen: fen(12_345),
    billNo: 'MZ20261121000001',
    channel: 'wechat',
    surface: 'mini-program',
    userId: 'o4GgauInH_RCEdvrrNGrntXDuXXX',
    clientIp: '203.0.113.7',
    deviceId: 'device-1',
    orderedAt: NOW,
    expiresAt: NOW + 1_800_000,
    ...change,
  }
}

export function cashOnly(change: Partial<MixedOrder> = {}): MixedOrder {
  return {
    serialNo: '20261121100000000001',
    institutionNo: 'unknown',
    mixPayType: 'CASH_ONLY',
    businessType: 'consultation',
    channel: 'wechat',
    userId: 'o4GgauInH_RCEdvrrNGrntXDuXXX',
    payer: { name: '张三', idNo: '44030019000101123x' },
    relative: null,
    amounts: allSelfPay(fen(12_345)),
    insurance: null,
    medicalSerialNo: '20261121100000ABCDEF',
    prepayId: null,
    billNo: 'MZ20261121000001',
    ...change,
  }
}

/** Puts at the bureau what steps 4 to 7 would have put there, and orders accordingly. */
export function insured(sandbox: Sandbox, change: Partial<MixedOrder> = {}): MixedOrder {
  const person = { name: '张三', idType: '01', idNo: '44030019000101123X', phone: '19900000001' }
  const child = { ...person, name: '张小三', idNo: '440300190001011237' }
  const payAuthNo = 'AUTH510100202611211000000000001'
  const order = cashOnly({
    mixPayType: 'INSURANCE_ONLY',
    institutionNo: `${icbc.subMchid}20261121100000000001`,
    amounts: {
      totalFen: fen(10_000),
      fundFen: fen(6_000),
      accountFen: fen(3_500),
      otherFen: fen(500),
      selfPayFen: fen(0),
    },
    insurance: {
      medOrgOrd: '20261121100000ABCDEF',
      payOrdId: 'ORD510100202611211000000000001',
      payAuthNo: asPayAuthNo(payAuthNo),
      location: '104.065735,30.659462',
      orderedAt: NOW,
    },
    ...change,
  })
  const { registry } = sandbox.context
  registry.payAuthNos.set(payAuthNo, {
    payAuthNo,
    billNo: order.billNo,
    openid: order.userId,
    ...(order.relative === null ? { person } : { person: child, payer: person, family: true }),
  })
  const { amounts, insurance } = order
  registry.uploads.set(insurance?.payOrdId ?? '', {
    billNo: order.billNo,
    medOrgOrd: order.medicalSerialNo,
    payOrdId: insurance?.payOrdId ?? '',
    payAuthNo,
    person: order.relative === null ? person : child,
    amounts: {
      totalFen: amounts.totalFen,
      fundFen: amounts.fundFen,
      accountFen: amounts.accountFen,
      otherFen: amounts.otherFen,
      cashFen: amounts.selfPayFen,
    },
    revoked: false,
    settlement: 'none',
  })
  return order
}
