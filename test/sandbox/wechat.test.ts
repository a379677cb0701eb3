import { expect, it } from 'vitest'
import { createWechat } from '../../src/sandbox/wechat.ts'
import { bodyOf, consent, createStage, wechatRequest } from './hospital-client.ts'

function open(billNo = 'MZ20261121000001-M') {
  const stage = createStage()
  const wechat = createWechat(stage.context)
  const qrcode = consent(stage, billNo)
  const ask = (change: Partial<Parameters<typeof wechatRequest>[1]> = {}) =>
    wechat.handle(wechatRequest(stage, { qrcode, ...change }))
  return { stage, wechat, qrcode, ask }
}

it('gives one payAuthNo for one code and nothing the second time', async () => {
  const { stage, ask } = open()
  const first = bodyOf(await ask())
  expect(first).toMatchObject({ code: 0, message: 'success', family_pay_auth_no: '' })
  expect(first['pay_auth_no']).toMatch(/^AUTH[0-9A-Z]{1,36}$/)
  expect(bodyOf(await ask())['code']).not.toBe(0)
  expect(stage.context.registry.payAuthNos.size).toBe(1)
  const patient = stage.context.registry.bills.get('MZ20261121000001-M')?.patient
  expect(first).toMatchObject({ user_name: patient?.name, user_card_no: patient?.idNo })
})

it('refuses an unknown code and a foreign openid without burning the code', async () => {
  const { ask } = open()
  expect(bodyOf(await ask({ qrcode: 'never-made' }))['code']).not.toBe(0)
  expect(bodyOf(await ask({ openid: 'openid-2' }))['code']).not.toBe(0)
  expect(bodyOf(await ask())['code']).toBe(0)
})

it('refuses another secret, a 15 minutes old timestamp and a short request id', async () => {
  const { stage, wechat, qrcode, ask } = open()
  expect(bodyOf(await ask({ secret: 'other' }))['message']).toBe('signature error')
  const old = stage.context.world.now() - 15 * 60_000 - 1
  expect(bodyOf(await ask({ timestamp: old }))['message']).toBe('timestamp expired')
  const request = wechatRequest(stage, { qrcode })
  const headers = { ...request.headers, 'god-portal-request-id': 'abc' }
  expect(bodyOf(await wechat.handle({ ...request, headers }))['code']).not.toBe(0)
  expect(stage.context.world.calls).toEqual([])
})

it('F05: the code is burnt although the answer was lost', async () => {
  const { stage, ask } = open('MZ20261121000001-MF05')
  expect((await ask()).kind).toBe('lost')
  expect(bodyOf(await ask())['message']).toBe('qrcode used')
  expect(stage.context.world.calls.map(({ result }) => result)).toEqual(['effect', 'refused'])
})
