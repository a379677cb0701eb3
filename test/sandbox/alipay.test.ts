import { createSign, createVerify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAlipay } from '../../src/sandbox/alipay.ts'
import { alipayOf } from '../../src/sandbox/alipay-gateway.ts'
import { confirmOn } from '../../src/sandbox/alipay-phone.ts'
import { billOf } from '../../src/sandbox/his-bills.ts'
import { createBank } from '../../src/sandbox/bank/book.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import type { SandboxContext } from '../../src/sandbox/registry.ts'
import { consent, createStage, part, told } from './hospital-client.ts'

const parameters = makeParameters(Math.random, { alipay: true })
const BILL = 'MZ20261121000001-M'
const TOKEN = 'alipay.system.oauth.token'
const QUERY = 'alipay.commerce.medical.authinfo.auth.query'

type Form = Record<string, string>

function open(billNo = BILL) {
  const stage = createStage()
  const context: SandboxContext = { ...stage.context, parameters }
  const alipay = createAlipay(context)
  const pack = alipayOf(context)
  billOf(context, billNo)
  const code = consent(stage, billNo)
  const common = {
    app_id: pack.appId,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: '2026-11-21 09:00:00',
    version: '1.0',
  }
  const ask = async (form: Form, change: { after?: Form; key?: string } = {}) => {
    const all: Form = { ...common, ...form }
    const text = Object.keys(all)
      .sort()
      .map((name) => `${name}=${all[name] ?? ''}`)
      .join('&')
    const key = change.key ?? pack.hospital.privateKeyPem
    const sign = createSign('RSA-SHA256').update(text).sign(key, 'base64')
    const body = new URLSearchParams({ ...all, sign, ...change.after }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const request = { method: 'POST', path: '/gateway.do', headers, body: Buffer.from(body) }
    return alipay.handle(request)
  }
  const question = (change: object = {}) => ({
    method: QUERY,
    biz_content: JSON.stringify({
      alipay_user_id: 'openid-1',
      req_biz_no: 'REQ1',
      call_url: `alipays://platformapi/startapp?appId=${pack.appId}&page=p`,
      ol_biz_type_code: '04107',
      org_code: pack.orgCode,
      org_chnl_crtf_code: pack.orgChnlCrtfCode,
      org_app_id: pack.orgAppId,
      ...change,
    }),
  })
  return { context, pack, code, ask, question, stage }
}

type Opened = ReturnType<typeof open>

/** The one member of an answer, after its signature was verified by this test. */
function contentOf({ pack }: Opened, reply: Awaited<ReturnType<Opened['ask']>>) {
  const { body } = told(reply)
  const [, member = '', raw = '', sign = ''] =
    /^\{"(\w+)":(.*),"sign":"([^"]+)"\}$/.exec(body) ?? []
  const verify = createVerify('RSA-SHA256').update(raw)
  expect(verify.verify(pack.alipay.publicKeyPem, sign, 'base64')).toBe(true)
  const content: Form & { data?: Form } = JSON.parse(raw)
  return { member, content }
}

describe('the gateway', () => {
  it.each<[string, Form, { after?: Form }, string]>([
    ['another application', { app_id: '2021' }, {}, 'isv.invalid-app-id'],
    ['another algorithm', { sign_type: 'RSA' }, {}, 'isv.invalid-sign_type'],
    ['an old clock', { timestamp: '2026-11-21 08:44:59' }, {}, 'isv.invalid-timestamp'],
    ['a changed parameter', {}, { after: { code: 'other' } }, 'isv.invalid-signature'],
    ['an unknown parameter', { extra: '1' }, {}, 'isv.invalid-parameter'],
    ['an unknown method', { method: 'alipay.trade.pay' }, {}, 'isv.invalid-method'],
    ['nothing to exchange', { code: '' }, {}, 'isv.missing-code'],
  ])('refuses %s', async (_what, change, after, subCode) => {
    const opened = open()
    const form = { method: TOKEN, grant_type: 'authorization_code', code: opened.code, ...change }
    const { member, content } = contentOf(opened, await opened.ask(form, after))
    expect([member, content['sub_code']]).toEqual(['error_response', subCode])
    expect(opened.context.world.calls).toEqual([])
  })

  it.each([
    ['another hospital', { org_code: 'H0' }],
    ['another certificate', { org_chnl_crtf_code: 'C0' }],
    ['another business', { ol_biz_type_code: '04108' }],
    ['nowhere to come back to', { call_url: 'http://plain.example' }],
    ['an unknown member', { patient_name: '张三' }],
  ])('refuses a question for %s', async (_what, change) => {
    const opened = open()
    const { content } = contentOf(opened, await opened.ask(opened.question(change)))
    expect(content['code']).toBe('40002')
  })
})

describe('the medical authorisation', () => {
  it('names a page first, and a payAuthNo once its own user has confirmed there', async () => {
    const opened = open()
    const ask = async () => contentOf(opened, await opened.ask(opened.question())).content
    const first = part(await ask(), 'data')
    expect(first).toMatchObject({ auth_stas: '0', req_biz_no: 'REQ1' })
    const bank = createBank(opened.context)
    const url = String(first['auth_url'])
    const confirm = (change: object) =>
      confirmOn(bank, { url, userId: 'openid-1', billNo: BILL, ...change })
    expect(confirm({ userId: 'somebody' })).toBe('url')
    expect(confirm({ url: url.replace('auth_no=', 'auth_no=9') })).toBe('url')
    expect(confirm({})).toBeNull()
    const then = part(await ask(), 'data')
    expect(then).toMatchObject({ auth_stas: '1', rels_pay_flag: '0' })
    expect(part(await ask(), 'data')['pay_auth_no']).toBe(then['pay_auth_no'])
    const other = await opened.ask(opened.question({ req_biz_no: 'REQ2' }))
    const numbers = part(contentOf(opened, other).content, 'data')
    expect(numbers['pay_auth_no']).not.toBe(then['pay_auth_no'])
  })

  it('tells with family payment who pays and for whom', async () => {
    const opened = open(`${BILL}F41`)
    const { users } = opened.context.registry.alipay
    users.set('openid-1', { userId: 'openid-1', billNo: `${BILL}F41`, confirmed: true })
    const { content } = contentOf(opened, await opened.ask(opened.question()))
    const auth = opened.context.registry.payAuthNos.get(content.data?.['pay_auth_no'] ?? '')
    expect(content.data?.['rels_pay_flag']).toBe('1')
    expect(auth?.family && auth.payer?.idNo !== auth.person.idNo).toBe(true)
  })
})

describe('the OAuth code', () => {
  it('is good for one token, also when the answer was lost (F05)', async () => {
    const opened = open(`${BILL}F05`)
    const { users } = opened.context.registry.alipay
    users.set('openid-1', { userId: 'openid-1', billNo: `${BILL}F05`, confirmed: true })
    const form = { method: TOKEN, grant_type: 'authorization_code', code: opened.code }
    expect((await opened.ask(form)).kind).toBe('lost')
    const { content } = contentOf(opened, await opened.ask(form))
    expect(content['sub_code']).toBe('isv.code-invalid')
    expect(opened.context.world.calls.map(({ result }) => result)).toEqual(['effect', 'refused'])
  })
})
