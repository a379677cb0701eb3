/** The pretend centre is as strict as the document: a client of these tests' own, with OpenSSL's cipher. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createOneCodeCenter } from '../../src/sandbox/one-code/center.ts'
import { MESSAGES } from '../../src/sandbox/one-code/codes.ts'
import { counterScenarioOf } from '../../src/sandbox/one-code/scenario.ts'
import { inventPerson } from '../../src/sandbox/people.ts'
import { sandboxContext } from '../upstreams/stub.ts'

const TYPE = 'application/json; charset=utf-8'

function client(billNo = 'MZ20261121000001-MY') {
  const context = sandboxContext()
  const { oneCode } = context.parameters
  const key = Buffer.from(oneCode.sm4KeyHex, 'hex')
  const center = createOneCodeCenter(context)
  context.registry.ecTokens.set('T1', { billNo, person: inventPerson(billNo) })
  const input = {
    token: 'T1',
    orgCodg: oneCode.orgCodg,
    orgName: '沙盒市第一人民医院',
    opterId: 'C1',
    opterName: '收费员',
    devId: 'D1',
    devIP: '10.0.0.1',
  }
  const seal = (text: string, under = key): string => {
    const cipher = createCipheriv('sm4-ecb', under, null)
    return Buffer.concat([cipher.update(text), cipher.final()])
      .toString('hex')
      .toUpperCase()
  }
  const envelope = {
    reqtType: `${oneCode.orgId}&${oneCode.province}`,
    encData: seal(JSON.stringify(input)),
    version: '1.0.0',
    orgId: oneCode.orgId,
    timestamp: '1623225113340',
  }
  const ask = async (
    changes: object = {},
    to: { path?: string; type?: string; method?: string } = {},
  ): Promise<Record<string, unknown>> => {
    const { path = '/cfc/api/signedQuery', type = TYPE, method = 'POST' } = to
    const body = Buffer.from(JSON.stringify({ ...envelope, ...changes }))
    const reply = await center.handle({ method, path, headers: { 'content-type': type }, body })
    return reply.kind === 'lost' ? { lost: true } : JSON.parse(reply.body)
  }
  const open = (encData: string): unknown => {
    const decipher = createDecipheriv('sm4-ecb', key, null)
    return JSON.parse(Buffer.concat([decipher.update(encData, 'hex'), decipher.final()]).toString())
  }
  return { ask, open, seal, input, context }
}

describe('the pretend certificate centre', () => {
  it('answers what the document makes, sealed', async () => {
    const { ask, open } = client()
    const { code, data } = await ask()
    expect(code).toBe(0)
    expect(open(Object(data).encData)).toMatchObject({ stasFlag: '1', payChnlName: '微信支付' })
  })

  it('refuses what the document does not make, with its code', async () => {
    const { ask, seal, input } = client()
    const sealed = (value: unknown, text = JSON.stringify(value)) => ({ encData: seal(text) })
    const wrongs: [number, object, Parameters<typeof ask>[1]?][] = [
      [-5, {}, { path: '/cfc/api/other' }],
      [-2, {}, { method: 'GET' }],
      [-2, {}, { type: 'application/json' }],
      [-2, { extra: '1' }],
      [-2, { version: '1.0' }],
      [-2, { timestamp: 1_623_225_113_340 }],
      [-2, { encData: seal(JSON.stringify(input)).toLowerCase() }],
      [-4, { orgId: 'other' }],
      [-4, { reqtType: 'other&510000' }],
      [-4, { encData: seal(JSON.stringify(input), Buffer.alloc(16, 1)) }],
      [-2, sealed(input, JSON.stringify(input, null, 2))],
      [-2, sealed({ ...input, extra: '1' })],
      [-2, sealed({ ...input, opterName: '名'.repeat(41) })],
      [-2, sealed({ ...input, devIP: 'fe80::1%eth0' })],
      [500316, sealed({ ...input, orgCodg: 'H2' })],
      [500001, sealed({ ...input, token: 'T2' })],
    ]
    for (const [code, changes, to] of wrongs)
      expect(await ask(changes, to), JSON.stringify([changes, to])).toMatchObject({ code })
  })

  it('takes a serial number once, and yuan with two decimals', async () => {
    const { ask, seal, input } = client()
    const path = '/cfc/api/genPayCert'
    const wish = (ownPaySetlAmt: string, fixmedinsTrnsSn = 'S1') => ({
      encData: seal(JSON.stringify({ ...input, ownPaySetlAmt, fixmedinsTrnsSn })),
    })
    for (const amount of ['1', '1.5', '01.00', '1e2', '-1.00', '1.000'])
      expect(await ask(wish(amount), { path }), amount).toMatchObject({ code: -2 })
    expect(await ask(wish('1.00'), { path })).toMatchObject({ code: 0 })
    expect(await ask(wish('1.00'), { path })).toMatchObject({ code: 500014 })
    expect(await ask(wish('1.00', 'S2'), { path })).toMatchObject({ code: 0 })
  })

  it('[YM-60] has every code of the document on demand', async () => {
    const codes = Object.keys(MESSAGES)
    expect(codes).toHaveLength(33)
    for (const code of codes.filter((one) => one !== '0')) {
      const { ask } = client(`MZ20261121000001-YS${code.replace('-', 'm')}`)
      expect(await ask(), code).toMatchObject({
        code: Number(code),
        message: MESSAGES[Number(code)],
      })
    }
  })

  it('reads the suffix of the bill, and leaves other bills alone', () => {
    expect(counterScenarioOf('MZ1-LY09')).toMatchObject({ share: 'later', misbehaviour: 'Y09' })
    expect(counterScenarioOf('MZ1-YCm6')).toMatchObject({ share: 'settled', certificate: -6 })
    expect(counterScenarioOf('MZ1-MF08')).toBeNull()
    expect(counterScenarioOf('MZ1')).toBeNull()
  })
})
