import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { createInsuranceBaseline, INVALID_SIGN_NO } from '../../src/sandbox/insurance-baseline.ts'
import { inventPerson } from '../../src/sandbox/people.ts'
import {
  bodyOf,
  createStage,
  insuranceRequest,
  part,
  personInput,
  signInInput,
  told,
} from './hospital-client.ts'

const AUTH = 'AUTH2026112109000000000000000001'

function open(
  options: { billNo?: string; profile?: { authenticator?: 'none' | 'x-tif' | 'csb' } } = {},
) {
  const stage = createStage({
    profiles: { insurance: { authenticator: 'none', personQuery: '1101', ...options.profile } },
  })
  const insurance = createInsuranceBaseline(stage.context)
  const billNo = options.billNo ?? 'MZ20261121000001-M'
  const person = inventPerson(billNo)
  const auth = { payAuthNo: AUTH, billNo, openid: 'openid-1', person }
  stage.context.registry.payAuthNos.set(AUTH, auth)
  const ask = async (
    asked: Parameters<typeof insuranceRequest>[1],
    headers: Record<string, string> = {},
  ) => bodyOf(await insurance.handle(insuranceRequest(stage, asked, headers)))
  const signIn = async (): Promise<string> => {
    const reply = await ask({ infno: '9001', input: signInInput(stage) })
    return String(part(part(reply, 'output'), 'signinoutb')['sign_no'])
  }
  const insured = (signNo: string, payAuthNo = AUTH) =>
    ask({ infno: '1101', input: personInput(payAuthNo), signNo })
  return { stage, insurance, person, ask, signIn, insured }
}

it('tells the authorised person with one active 310 and a paused 390', async () => {
  const { person, signIn, insured } = open()
  const reply = await insured(await signIn())
  expect(reply['infcode']).toBe(0)
  const output = part(reply, 'output')
  expect(part(output, 'baseinfo')).toMatchObject({ certno: person.idNo, psn_name: person.name })
  expect(JSON.parse(String(part(output, 'baseinfo')['exp_content']))).toHaveProperty(
    'business_token',
  )
  expect(output['insuinfo']).toMatchObject([
    { insutype: '390', psn_insu_stas: '2' },
    { insutype: '310', psn_insu_stas: '1' },
  ])
})

it('only the newest sign-in number is good', async () => {
  const { signIn, insured } = open()
  expect((await insured(''))['err_msg']).toBe(INVALID_SIGN_NO)
  const old = await signIn()
  const newest = await signIn()
  expect((await insured(old))['err_msg']).toBe(INVALID_SIGN_NO)
  expect((await insured(newest))['infcode']).toBe(0)
})

it('refuses an unknown payAuthNo and an unopened infno', async () => {
  const { ask, signIn, insured } = open()
  const signNo = await signIn()
  expect((await insured(signNo, 'AUTH0'))['infcode']).toBe(-1)
  expect((await ask({ infno: '2201', input: {}, signNo }))['infcode']).toBe(-1)
})

it.each([
  ['another institution', { fixmedins_code: 'H51010000002' }],
  ['another receiver', { recer_sys_code: 'OTHER' }],
  ['a short msgid', { msgid: 'H5101000000120261121' }],
  ['an infno that is not the path', { infno: '9002' }],
  ['another interface version', { infver: 'V2.0' }],
  ['a clock of yesterday', { inf_time: '2026-11-20 09:00:00' }],
  ['a missing operator', { opter: '' }],
])('refuses %s', async (_, change) => {
  const { stage, ask } = open()
  const reply = await ask({ infno: '9001', input: signInInput(stage), change })
  expect(reply['infcode']).toBe(-1)
  expect(stage.context.world.calls).toEqual([])
})

it('refuses the same msgid twice', async () => {
  const { stage, insurance } = open()
  const request = insuranceRequest(stage, { infno: '9001', input: signInInput(stage) })
  expect(bodyOf(await insurance.handle(request))['infcode']).toBe(0)
  expect(bodyOf(await insurance.handle(request))['infcode']).toBe(-1)
})

it('F33: another person is insured; F35: the first number is invalid until a new sign-in', async () => {
  const stranger = open({ billNo: 'MZ20261121000001-MF33' })
  const told = part(await stranger.insured(await stranger.signIn()), 'output')
  expect(part(told, 'baseinfo')['certno']).not.toBe(stranger.person.idNo)
  const { signIn, insured } = open({ billNo: 'MZ20261121000001-MF35' })
  const first = await signIn()
  expect((await insured(first))['err_msg']).toBe(INVALID_SIGN_NO)
  expect((await insured(first))['err_msg']).toBe(INVALID_SIGN_NO)
  expect((await insured(await signIn()))['infcode']).toBe(0)
})

it('queryPsninfobyZFB answers only where the profile asks for it', async () => {
  const stage = createStage({
    profiles: { insurance: { authenticator: 'none', personQuery: 'queryPsninfobyZFB' } },
  })
  const insurance = createInsuranceBaseline(stage.context)
  const signedIn = bodyOf(
    await insurance.handle(insuranceRequest(stage, { infno: '9001', input: signInInput(stage) })),
  )
  const signNo = String(part(part(signedIn, 'output'), 'signinoutb')['sign_no'])
  const billNo = 'MZ20261121000001-M'
  const person = inventPerson(billNo)
  stage.context.registry.payAuthNos.set(AUTH, { payAuthNo: AUTH, billNo, openid: 'o', person })
  const asked = { infno: '1101', input: personInput(AUTH), signNo }
  expect(bodyOf(await insurance.handle(insuranceRequest(stage, asked)))['infcode']).toBe(-1)
  const request = { ...insuranceRequest(stage, asked), path: '/queryPsninfobyZFB' }
  expect(bodyOf(await insurance.handle(request))['infcode']).toBe(0)
})

it('x-tif: a right signature opens, a flipped one and a replayed nonce do not', async () => {
  const { stage, insurance } = open({ profile: { authenticator: 'x-tif' } })
  const { paasId, secret } = stage.context.parameters.insurance.tif
  const timestamp = String(Math.floor(stage.context.world.now() / 1000))
  const sign = (nonce: string) => ({
    'x-tif-paasid': paasId,
    'x-tif-timestamp': timestamp,
    'x-tif-nonce': nonce,
    'x-tif-signature': createHash('sha256')
      .update(timestamp + secret + nonce + timestamp)
      .digest('hex'),
  })
  const status = async (headers: Record<string, string>): Promise<number> => {
    const asked = { infno: '9001', input: signInInput(stage) }
    return told(await insurance.handle(insuranceRequest(stage, asked, headers))).status
  }
  expect(await status({ ...sign('n1'), 'x-tif-nonce': 'n2' })).toBe(401)
  expect(await status(sign('n1'))).toBe(200)
  expect(await status(sign('n1'))).toBe(401)
  expect(await status({})).toBe(401)
})

it('csb: a right signature opens, another service name under it does not', async () => {
  const { stage, insurance } = open({ profile: { authenticator: 'csb' } })
  const { accessKey, secretKey } = stage.context.parameters.insurance.csb
  const api = {
    _api_access_key: accessKey,
    _api_name: 'fsi-9001',
    _api_timestamp: String(Math.floor(stage.context.world.now() / 1000)),
    _api_version: '1.0.0',
  }
  const text = Object.entries(api)
    .map(([key, value]) => `${key}=${value}`)
    .join('&')
  const signature = createHmac('sha1', secretKey).update(text).digest('base64')
  const headers: Record<string, string> = { ...api, _api_signature: signature }
  const status = async (headers: Record<string, string>): Promise<number> => {
    const asked = { infno: '9001', input: signInInput(stage) }
    return told(await insurance.handle(insuranceRequest(stage, asked, headers))).status
  }
  expect(await status(headers)).toBe(200)
  expect(await status({ ...headers, _api_name: 'fsi-1101' })).toBe(401)
})
