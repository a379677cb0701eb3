import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { environmentOf } from '../../src/config/endpoints.ts'
import { ALIPAY } from '../support/keys.ts'
import { refusal } from '../support/refusal.ts'
import { ROOT } from '../support/source-files.ts'

const PRODUCTION = {
  ENVIRONMENT: 'production',
  KEY_ENCRYPTION_KEY: '5f0d31b7c6a94e2280d7193c4ab6ee58',
}

const TEST_ADDRESSES = [
  ['ICBC_URL', 'https://gw-sandbox.open.icbc.com.cn', {}],
  ['ICBC_URL', 'https://apipcs3.dccnet.com.cn/', {}],
  ['WECHAT_AUTH_PAGE_URL', 'https://mitest.wecity.qq.com/oauth/code', {}],
  ['WECHAT_USER_QUERY_URL', 'https://test-receiver.wecity.qq.com/api', {}],
  ['WECHAT_USER_QUERY_URL', 'https://mip-receiver.tengmed.com/testapi', {}],
  ['ALIPAY_GATEWAY_URL', 'https://openapi-sandbox.dl.alipaydev.com/gateway.do', ALIPAY],
] as const

const PRODUCTION_ADDRESSES = [
  ['ICBC_URL', 'https://gw.open.icbc.com.cn', {}],
  ['WECHAT_AUTH_PAGE_URL', 'https://card.wecity.qq.com/oauth/code', {}],
  ['ALIPAY_GATEWAY_URL', 'https://openapi.alipay.com/gateway.do', ALIPAY],
] as const

describe('production', () => {
  it.each(TEST_ADDRESSES)('[SC-O14] refuses one test address among its own: %s=%s', (...given) => {
    const [name, address, besides] = given
    expect(refusal({ ...PRODUCTION, ...besides, [name]: address })).toBe(
      `${name} is a test address: not in ENVIRONMENT=production`,
    )
    expect(refusal({ ...besides, [name]: address })).toBe('accepted')
  })

  it('[SC-O14] takes its own', () => {
    const own = PRODUCTION_ADDRESSES.map(([name, address, besides]) => ({
      ...besides,
      [name]: address,
    }))
    expect(refusal(Object.assign({}, PRODUCTION, ...own))).toBe('accepted')
  })

  it('[SC-O14] ends with exit code 2 and the one sentence that names the setting', () => {
    const example = parseEnv(readFileSync(join(ROOT, '.env.example'), 'utf8'))
    const env = {
      ...example,
      ICBC_URL: 'https://gw.open.icbc.com.cn',
      DATABASE_URL: 'sqlite::memory:',
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/main.ts'], {
      cwd: ROOT,
      env,
    })
    expect({ status, stdout: String(stdout), stderr: String(stderr) }).toEqual({
      status: 2,
      stdout: '',
      stderr: 'ICBC_URL is a production address: not in ENVIRONMENT=sandbox\n',
    })
  })
})

describe.each(['test', 'sandbox'])('ENVIRONMENT=%s', (ENVIRONMENT) => {
  it.each(PRODUCTION_ADDRESSES)('[SC-O14] refuses one production address: %s=%s', (...given) => {
    const [name, address, besides] = given
    expect(refusal({ ENVIRONMENT, ...besides, [name]: address })).toBe(
      `${name} is a production address: not in ENVIRONMENT=${ENVIRONMENT}`,
    )
  })
})

it('an address that only looks like a known one is not judged', () => {
  for (const address of [
    'https://gw.open.icbc.com.cn.proxy.example/api',
    'https://proxy.example/gw-sandbox.open.icbc.com.cn/',
    'https://mip-receiver.tengmed.com/api',
    'https://bank.internal',
  ])
    expect(environmentOf(address)).toBeNull()
  expect(environmentOf('https://GW.open.icbc.com.cn:443')).toBe('production')
})
