import { asPayAuthNo } from '../../../src/payment/authorisation.ts'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { billOf } from '../../../src/sandbox/his-bills.ts'
import { createInsuranceBaseline } from '../../../src/sandbox/insurance-baseline.ts'
import type { SandboxProfiles } from '../../../src/sandbox/parameters.ts'
import type { SandboxContext } from '../../../src/sandbox/registry.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { insuranceCore } from '../../../src/upstreams/insurance-baseline/adapter.ts'
import {
  type Authenticator,
  csbAuthenticator,
  noAuthenticator,
  tifAuthenticator,
} from '../../../src/upstreams/insurance-baseline/authenticators.ts'
import { personOf, refusalOf } from '../../../src/upstreams/insurance-baseline/mapping.ts'
import { answering, failing, NOW, sandboxContext, seededRandom, sendTo, watched } from '../stub.ts'

const PAY_AUTH_NO = 'AUTH2026112009000012345678901234'

const now = () => NOW

function authenticatorOf(context: SandboxContext): Authenticator {
  const { tif, csb } = context.parameters.insurance
  const secret = new Secret(tif.secret)
  const secretKey = new Secret(csb.secretKey)
  const random = seededRandom(3)
  return {
    none: noAuthenticator,
    'x-tif': tifAuthenticator({ paasId: tif.paasId, secret, now, random }),
    csb: csbAuthenticator({ accessKey: csb.accessKey, secretKey, apiVersion: '1.0.0', now }),
  }[context.profiles.insurance.authenticator]
}

function build(send: Send, context = sandboxContext()) {
  const { insurance } = context.parameters
  const watch = watched(send)
  const adapter = insuranceCore({
    hospital: {
      fixmedinsCode: insurance.orgCodg,
      fixmedinsName: insurance.orgName,
      mdtrtareaAdmvs: insurance.mdtrtareaAdmvs,
      recerSysCode: insurance.recerSysCode,
      operator: insurance.operator,
      operatorName: insurance.operatorName,
    },
    callServiceUrl: 'http://sandbox/insurance/fsi/api/rsfComIfsService/callService/{infno}',
    personByChannelUrl: 'http://sandbox/insurance/queryPsninfobyZFB',
    terminal: { ip: '10.0.0.1', mac: '00:00:00:00:00:00' },
    profile: { personQuery: context.profiles.insurance.personQuery },
    timeoutMs: 1000,
    authenticate: authenticatorOf(context),
    send: watch.send,
    recordExchange: watch.recordExchange,
    now,
    random: seededRandom(),
  })
  return { ...watch, adapter }
}

function real(
  insurance: SandboxProfiles['insurance'] = { authenticator: 'none', personQuery: '1101' },
  billNo = 'MZ20261120000123-M',
) {
  const context = sandboxContext({ insurance })
  const bill = billOf(context, billNo)
  if (!bill) throw new Error(billNo)
  const auth = { payAuthNo: PAY_AUTH_NO, billNo, openid: 'o', person: bill.patient }
  context.registry.payAuthNos.set(PAY_AUTH_NO, auth)
  const link = build(sendTo(createInsuranceBaseline(context)), context)
  const person = (signNo: string) =>
    link.adapter.person({
      signNo,
      payAuthNo: asPayAuthNo(PAY_AUTH_NO),
      name: bill.patient.name,
      idNo: bill.patient.idNo,
      patientId: bill.patientId,
    })
  const signNo = async () => {
    const outcome = await link.adapter.signIn()
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    return outcome.value.signNo
  }
  return { ...link, person, signNo, bill }
}

const query = {
  signNo: 'Q',
  payAuthNo: asPayAuthNo(PAY_AUTH_NO),
  name: '甲',
  idNo: '1',
  patientId: 'P',
}

describe('the insured person', () => {
  it.each(['1101', 'queryPsninfobyZFB'] as const)(
    'is found by %s after a sign-in, whichever way the gateway knows us [SC-P05]',
    async (personQuery) => {
      for (const authenticator of ['none', 'x-tif', 'csb'] as const) {
        const core = real({ authenticator, personQuery })
        const outcome = await core.person(await core.signNo())
        if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
        const { name, idNo, insutype, ecToken } = outcome.value
        expect({ name, idNo }).toEqual({
          name: core.bill.patient.name,
          idNo: core.bill.patient.idNo,
        })
        expect(insutype).toBe('310')
        expect(ecToken?.reveal()).toMatch(/^ECT/)
        for (const secret of [PAY_AUTH_NO, name, idNo, ecToken?.reveal() ?? '?'])
          expect(core.written()).not.toContain(secret)
      }
    },
  )

  it('is not asked for with a dead sign-in [SC-P05]', async () => {
    const core = real()
    const old = await core.signNo()
    const newest = await core.signNo()
    expect(await core.person(old)).toMatchObject({ kind: 'refused', code: 'invalid-sign-no' })
    expect((await core.person(newest)).kind).toBe('done')
  })

  it('is asked for again after the first call called the sign-in invalid (F35)', async () => {
    const core = real(undefined, 'MZ20261120000123-MF35')
    expect(await core.person(await core.signNo())).toMatchObject({ code: 'invalid-sign-no' })
    expect((await core.person(await core.signNo())).kind).toBe('done')
  })

  it('has no two messages under one msgid', async () => {
    const core = real()
    const signNo = await core.signNo()
    for (let i = 0; i < 50; i += 1) await core.person(signNo)
    const ids = core.sent.map((request) => JSON.parse(String(request.body)).msgid)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids[0]).toMatch(/^H51010000001\d{18}$/)
  })
})

const insured = (insuinfo: readonly object[], exp: unknown = '') =>
  personOf({
    baseinfo: { psn_no: '1', certno: '2', psn_name: '甲', exp_content: exp },
    insuinfo,
  })
const row = (insutype: unknown, status: unknown) => ({
  insutype,
  psn_insu_stas: status,
  insuplc_admdvs: '510100',
})

describe('the insurance taken', () => {
  it('is an active 310 before 390, and never 510', () => {
    expect(insured([row('510', '1'), row('390', '1'), row('310', '1')])).toMatchObject({
      value: { insutype: '310' },
    })
    expect(insured([row(310, 2), row(390, 1)])).toMatchObject({ value: { insutype: '390' } })
    expect(insured([row('510', '1'), row('310', '4')])).toMatchObject({ kind: 'refused' })
  })

  it('has an ecToken only when exp_content tells one', () => {
    const rows = [row('310', '1')]
    expect(insured(rows, { business_token: 'T' })).toMatchObject({ kind: 'done' })
    const without = insured(rows, 'not json')
    expect(without.kind === 'done' && without.value.ecToken).toBeNull()
  })
})

describe('answers of the core', () => {
  it('may carry output as JSON text and infcode as text', async () => {
    const output = JSON.stringify({ signinoutb: { sign_no: 'QD1', sign_time: '' } })
    const body = JSON.stringify({ infcode: '0', output })
    expect(await build(answering(200, body)).adapter.signIn()).toEqual({
      kind: 'done',
      value: { signNo: 'QD1' },
    })
  })

  it('that say no are refused in their own words', () => {
    expect(refusalOf('-1', '人员不存在')).toEqual({
      kind: 'refused',
      code: '-1',
      message: '人员不存在',
    })
    for (const message of ['签到流水号无效', '操作员未签到', '签到信息已失效，请重新签到'])
      expect(refusalOf('-1', message)).toMatchObject({ code: 'invalid-sign-no' })
  })

  it('never throw and are never done when they are hostile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(fc.json(), fc.string()),
        async (status, body) => {
          const { adapter } = build(answering(status, body))
          expect((await adapter.signIn()).kind).toBe('unknown')
          expect((await adapter.person(query)).kind).toBe('unknown')
        },
      ),
    )
  })

  it('that never came say whether the question left', async () => {
    expect((await build(failing('unsent')).adapter.person(query)).kind).toBe('unsent')
    expect((await build(failing('unknown')).adapter.person(query)).kind).toBe('unknown')
  })
})
