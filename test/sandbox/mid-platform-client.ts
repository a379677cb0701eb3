/** A mid-platform on a stage, and the messages of one visit of two lines, 123.45 yuan in all. */
import { expect } from 'vitest'
import { createMidPlatform } from '../../src/sandbox/mid-platform.ts'
import { insuredOf, inventPerson } from '../../src/sandbox/people.ts'
import { bodyOf, createStage, midPlatformRequest, openAnswer } from './hospital-client.ts'

export const BILL = 'MZ20261121000001'
export const TOTAL_FEN = 12_345

export type Data = Record<string, unknown>

export function open(suffix = '-M') {
  const stage = createStage()
  const { context } = stage
  const platform = createMidPlatform(context)
  const billNo = `${BILL}${suffix}`
  const person = inventPerson(billNo)
  let authorised = 0
  const authorise = (): string => {
    authorised += 1
    const payAuthNo = `AUTH20261121090000${String(authorised).padStart(14, '0')}`
    context.registry.payAuthNos.set(payAuthNo, { payAuthNo, billNo, openid: 'o', person })
    return payAuthNo
  }
  const send = (name: string, data: Data) => platform.handle(midPlatformRequest(stage, name, data))
  const ok = async (name: string, data: Data): Promise<Data> =>
    openAnswer(stage, await send(name, data))
  const no = async (name: string, data: Data): Promise<string> => {
    const answer = bodyOf(await send(name, data))
    expect(answer['code']).not.toBe(0)
    expect(answer).not.toHaveProperty('encData')
    return String(answer['message'])
  }
  const fees = (payAuthNo: string, medOrgOrd: string, change: Data = {}): Data => {
    const auth = context.registry.payAuthNos.get(payAuthNo)
    const insured = insuredOf(context, auth ?? { payAuthNo, billNo, openid: 'o', person })
    return { ...feeData(billNo, payAuthNo, medOrgOrd), ...peopleData(insured), ...change }
  }
  return { stage, context, platform, person, authorise, send, ok, no, fees }
}

function peopleData(insured: ReturnType<typeof insuredOf>): Data {
  return {
    psnNo: insured.psnNo,
    insutype: insured.insutype,
    insuCode: insured.insuplcAdmdvs,
    insuplcAdmdvs: insured.insuplcAdmdvs,
    ecToken: insured.businessToken,
    idNo: insured.person.idNo,
    userName: insured.person.name,
    idType: '01',
  }
}

const line = (feedetlSn: string, detItemFeeSumamt: string): Data => ({
  feedetlSn,
  chrgBchno: 'CB1',
  feeOcurTime: '2026-11-21 08:30:00',
  medListCodg: 'XC08CAA228A001010104021',
  medinsListCodg: 'YP000101',
  detItemFeeSumamt,
  cnt: '1',
  pric: detItemFeeSumamt,
})

function feeData(billNo: string, payAuthNo: string, medOrgOrd: string): Data {
  return {
    orgCodg: 'H51010000001',
    medOrgOrd,
    payAuthNo,
    begntime: '2026-11-21 08:15:00',
    iptOtpNo: `V${billNo}`,
    deptCode: '0101',
    deptName: '心血管内科门诊',
    caty: 'A03.04',
    medType: '11',
    feeType: '01',
    medfeeSumamt: '123.45',
    psnSetlway: '01',
    chrgBchno: 'CB1',
    pubHospRfomFlag: '1',
    uldLatlnt: '104.065861,30.657401',
    mdtrtCertType: '01',
    feedetailList: [line('1', '100'), line('2', '23.45')],
  }
}

export type Opened = ReturnType<typeof open>

function orderData(uploaded: Data, payAuthNo: string, change: Data = {}): Data {
  return {
    payAuthNo,
    payOrdId: uploaded['payOrdId'],
    payToken: uploaded['payToken'],
    orgCodg: 'H51010000001',
    orgBizSer: 'BIZ1',
    chrgBchno: 'CB1',
    feeType: '01',
    mdtrtId: uploaded['mdtrtId'],
    ...change,
  }
}

const question = ({ person }: Opened, uploaded: Data, change: Data = {}): Data => ({
  payOrdId: uploaded['payOrdId'],
  payToken: uploaded['payToken'],
  orgCodg: 'H51010000001',
  idNo: person.idNo,
  userName: person.name,
  idType: '01',
  ...change,
})

export async function uploaded(opened: Opened, medOrgOrd = 'MO1') {
  const payAuthNo = opened.authorise()
  const saved = await opened.ok('uldFeeInfo', opened.fees(payAuthNo, medOrgOrd))
  return { payAuthNo, saved, ask: question(opened, saved), order: orderData(saved, payAuthNo) }
}

export const results = ({ context }: Opened): string[] =>
  context.world.calls.map(({ call, result }) => `${call} ${result}`)
