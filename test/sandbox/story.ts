/** One bill's way through the pretend bank, as far as a test wants to go. */
import { createHash } from 'node:crypto'
import type { SandboxParameters, SandboxProfiles } from '../../src/sandbox/parameters.ts'
import { DEFAULT_PROFILES, makeParameters } from '../../src/sandbox/parameters.ts'
import type { Person, SettledAmounts } from '../../src/sandbox/registry.ts'
import type { Sandbox } from '../../src/sandbox/server.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import type { Client, Fields, Heard } from './client.ts'
import { B2C, MIX, createClient, listenForCallbacks } from './client.ts'

export const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const AMOUNTS: SettledAmounts = {
  totalFen: 12_345,
  fundFen: 8000,
  accountFen: 2000,
  otherFen: 0,
  cashFen: 2345,
}
const PERSON: Person = {
  name: '张沙盒',
  idType: '01',
  idNo: '51019919900101123X',
  phone: '19900000001',
}

export interface StoryOptions {
  readonly profiles?: SandboxProfiles
  readonly parameters?: SandboxParameters
  readonly answer?: (right: string, heard: Heard) => string
  readonly timeScale?: number
}

export async function startStory(options: StoryOptions = {}) {
  const profiles = options.profiles ?? DEFAULT_PROFILES
  const parameters = options.parameters ?? makeParameters(Math.random)
  const timeScale = options.timeScale ?? 0.001
  const sandbox = await startSandbox({ parameters, profiles, timeScale })
  const client = createClient(sandbox, { parameters, profiles })
  const hospital = await listenForCallbacks(client, options.answer)
  hospital.registeredAs(profiles.icbc.signType)
  const contents = contentsOf(client, hospital.url)
  const uploadedBill = (suffix: string, amounts = AMOUNTS) => upload(sandbox, suffix, amounts)

  const placeCash = async (bill: Uploaded, change: Fields = {}): Promise<Placed> => {
    const content = contents.consumption(bill, change)
    const { fields } = await client.call(`${B2C}/consumepurchase/V1`, content)
    const wx: Fields = JSON.parse(textOf(fields['wx_data_package']))
    return {
      orderId: textOf(fields['order_id']),
      outTradeNo: textOf(fields['out_trade_no']),
      prepayId: textOf(wx['package']).replace('prepay_id=', ''),
      callUp: Object.fromEntries(Object.entries(wx).filter(([name]) => name !== 'appId')),
    }
  }

  /** Cash order, mixed order and cashier parameters. */
  const place = async (suffix: string) => {
    const bill = uploadedBill(suffix)
    const cash = await placeCash(bill)
    const { fields } = await client.call(`${MIX}/submitorder/V1`, contents.submission(bill, cash))
    const mixTradeNo = textOf(fields['mix_trade_no'])
    const pay = () => client.post('/phone/pay', { mixTradeNo, ...cash.callUp })
    return { bill, cash, mixTradeNo, pay }
  }

  return {
    sandbox,
    client,
    hospital,
    uploadedBill,
    placeCash,
    place,
    ...contents,
    ...questionsOf(client),
    bankHolds: (billNo: string) => sandbox.world.ledger.balance(billNo, 'bank'),
    stop: async () => {
      hospital.stop()
      await sandbox.stop()
    },
  }
}

export type Story = Awaited<ReturnType<typeof startStory>>

export interface Placed {
  readonly orderId: string
  readonly outTradeNo: string
  readonly prepayId: string
  readonly callUp: Fields
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('the answer lacks a text')
  return value
}

let sequence = 0
function next(letter: string): string {
  sequence += 1
  return `${letter}${Date.now()}${sequence}`
}

/** A bill whose fees the bureau already knows and has divided. */
function upload({ context: { registry } }: Sandbox, suffix: string, amounts: SettledAmounts) {
  const billNo = next('MZ') + suffix
  const [payAuthNo, payOrdId, medOrgOrd] = [next('AUTH'), next('ORD'), next('M')]
  registry.bills.set(billNo, {
    billNo,
    businessType: 'consultation',
    totalFen: amounts.totalFen,
    patient: PERSON,
  })
  registry.payAuthNos.set(payAuthNo, { payAuthNo, billNo, openid: OPENID, person: PERSON })
  const numbers = { billNo, payAuthNo, payOrdId, medOrgOrd, amounts }
  const fresh = { person: PERSON, revoked: false, settlement: 'none' } as const
  registry.uploads.set(payOrdId, { ...numbers, ...fresh })
  return numbers
}
type Uploaded = ReturnType<typeof upload>

function contentsOf({ icbc }: Client, hospitalUrl: string) {
  const consumption = (bill: Uploaded, change: Fields = {}): Fields => ({
    mer_id: icbc.merId,
    mer_prtcl_no: icbc.merPrtclNo,
    out_trade_no: next('C'),
    pay_mode: '9',
    access_type: '9',
    orig_date_time: '2026-11-21T09:00:00',
    decive_info: 'device-0000000001',
    body: '门诊缴费',
    fee_type: '001',
    spbill_create_ip: '10.0.0.8',
    total_fee: String(bill.amounts.cashFen),
    mer_url: `${hospitalUrl}/callbacks/icbc/self-pay`,
    shop_appid: icbc.subAppid,
    icbc_appid: icbc.appId,
    open_id: OPENID,
    expire_time: '1800',
    notify_type: 'HS',
    result_type: '0',
    order_apd_inf: bill.billNo,
    ...change,
  })
  const submission = (bill: Uploaded, cash: Placed | null, change: Fields = {}): Fields => ({
    icbc_serial_no: next('S'),
    hospital_id: icbc.hospitalId,
    mix_pay_type: cash === null ? 'INSURANCE_ONLY' : 'CASH_AND_INSURANCE',
    order_type: 'DIAG_PAY',
    sub_openid: OPENID,
    sub_appid: icbc.subAppid,
    sub_mchid: icbc.subMchid,
    payer: payerOf(PERSON),
    pay_for_relatives: false,
    out_trade_no: cash?.orderId ?? next('I'),
    ...insurancePart(bill),
    city_id: icbc.cityId,
    med_inst_name: icbc.medInstName,
    med_inst_no: icbc.medInstNo,
    total_fee: bill.amounts.totalFen,
    ...(cash && { wechat_pay_cash_fee: bill.amounts.cashFen, prepay_id: cash.prepayId }),
    callback_url: `${hospitalUrl}/callbacks/icbc/mixed-order`,
    attach: bill.billNo,
    ...change,
  })
  return { consumption, submission }
}

function insurancePart(bill: Uploaded): Fields {
  return {
    serial_no: bill.medOrgOrd,
    pay_order_id: bill.payOrdId,
    pay_auth_no: bill.payAuthNo,
    geo_location: '104.065861,30.657401',
    med_ins_order_create_time: '2026-11-21T09:00:00+08:00',
    med_ins_gov_fee: bill.amounts.fundFen,
    med_ins_self_fee: bill.amounts.accountFen,
    med_ins_other_fee: bill.amounts.otherFen,
    med_ins_cash_fee: bill.amounts.cashFen,
  }
}

function payerOf({ name, idNo }: Person): Fields {
  return { name, id_digest: createHash('md5').update(idNo).digest('hex'), card_type: 'ID_CARD' }
}

function questionsOf({ call, icbc }: Client) {
  const merchant = { mer_id: icbc.merId, icbc_appid: icbc.appId }
  return {
    question: (mixTradeNo: string) =>
      call(`${MIX}/queryorder/V1`, {
        hospital_id: icbc.hospitalId,
        mix_trade_no: mixTradeNo,
        sub_mchid: icbc.subMchid,
      }),
    askCash: (outTradeNo: string, dealFlag = '0') =>
      call(`${B2C}/orderqry/V1`, {
        ...merchant,
        out_trade_no: outTradeNo,
        deal_flag: dealFlag,
        mer_prtcl_no: icbc.merPrtclNo,
      }),
    refund: (cash: Placed, refundNo: string, amountFen: number) =>
      call(`${B2C}/merrefund/V1`, {
        ...merchant,
        outtrx_serial_no: refundNo,
        out_trade_no: cash.outTradeNo,
        ret_total_amt: String(amountFen),
        trnsc_ccy: '001',
      }),
    askRefund: (cash: Placed, refundNo: string) =>
      call(`${B2C}/refundqry/V1`, {
        mer_id: icbc.merId,
        out_trade_no: cash.outTradeNo,
        outtrx_serial_no: refundNo,
      }),
  }
}
