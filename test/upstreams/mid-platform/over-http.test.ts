import { afterAll, beforeAll, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts'
import { httpSend } from '../../../src/upstreams/http-client.ts'
import { hospitalSystem } from '../../../src/upstreams/his/adapter.ts'
import { hisProtection } from '../../../src/upstreams/his/transport.ts'
import { MID_PLATFORM_PROFILE, midPlatform } from '../../../src/upstreams/mid-platform/adapter.ts'
import { envelopeKeys } from '../../../src/upstreams/mid-platform/envelope.ts'
import { privateKey, publicKey, seededRandom } from '../stub.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: 0.01 })
})
afterAll(() => sandbox.stop())

const link = () => ({
  timeoutMs: 3000,
  send: httpSend({ allowed: [{ origin: sandbox.url, pathPrefix: '/', plainHttp: true }] }),
  recordExchange: () => {},
  now: Date.now,
  random: seededRandom(Date.now()),
})

it('HIS is read, held and given up over real sockets [SC-S01]', async () => {
  const { his } = sandbox.context.parameters
  const adapter = hospitalSystem({
    ...link(),
    baseUrl: `${sandbox.url}/his`,
    token: new Secret(his.token),
    protection: hisProtection({
      appId: his.appId,
      theirAppId: his.hisAppId,
      privateKey: privateKey(his.hospital),
      theirKeys: [publicKey(his.his)],
      fieldKey: new Secret(Buffer.from(his.sm4KeyHex, 'hex')),
    }),
  })
  const billNo = 'MZ20261120000777-M'
  expect((await adapter.bill(billNo)).kind).toBe('done')
  expect(await adapter.hold(billNo, 'O1', Date.now())).toEqual({ kind: 'done' })
  expect(await adapter.release(billNo, 'O1')).toEqual({ kind: 'done' })
})

it('the mid-platform refuses an unknown order in words over real sockets', async () => {
  const { midPlatform: parameters } = sandbox.context.parameters
  const adapter = midPlatform({
    ...link(),
    baseUrl: `${sandbox.url}/mid-platform`,
    keys: envelopeKeys({
      appId: parameters.appId,
      appSecret: new Secret(parameters.appSecret),
      privateKey: privateKey(parameters.hospital),
      platformKeys: [publicKey(parameters.platform)],
    }),
    profile: MID_PLATFORM_PROFILE,
    hospital: {
      orgCodg: parameters.orgCodg,
      orgId: parameters.orgId,
      acctUsedFlag: '1',
      pubHospRfomFlag: '1',
    },
    warn: () => {},
  })
  const question = { payOrdId: 'ORD1', payToken: new Secret('PT'), name: '甲', idNo: '1' }
  expect((await adapter.revoke(question)).kind).toBe('refused')
  expect((await adapter.query(question)).kind).toBe('unknown')
})
