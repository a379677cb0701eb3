import { Secret } from '../../../src/errors.ts'
import type { OneCodeSettings } from '../../../src/upstreams/one-code/adapter.ts'
import { answering, NOW } from '../stub.ts'

export const KEY_HEX = '0123456789ABCDEFFEDCBA9876543210'

export const settingsOf = (changes: Partial<OneCodeSettings> = {}): OneCodeSettings => ({
  baseUrl: 'https://ecc.example',
  orgId: 'testOrgId',
  reqtType: 'sys&350000',
  key: new Secret(Buffer.from(KEY_HEX, 'hex')),
  institution: { orgCodg: 'H51010000001', orgName: '沙盒市第一人民医院' },
  profile: { amountFormat: 'two-decimals', lengthIn: 'characters' },
  timeoutMs: 1_000,
  send: answering(200, '{}'),
  recordExchange: () => {},
  now: () => NOW,
  warn: () => {},
  ...changes,
})

export const ASKED = {
  token: 'EC0001',
  operatorId: 'C1',
  operatorName: '收费员甲',
  deviceId: 'D1',
  deviceIp: '10.0.0.1',
}
