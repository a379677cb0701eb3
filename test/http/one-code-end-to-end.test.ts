import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desk, deskOf, SHOWN } from '../../scripts/one-code/his-desk.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { startWholeService, type WholeService } from '../support/whole-service.ts'

let service: WholeService
let desk: Desk

beforeAll(async () => {
  const parameters = makeParameters(Math.random)
  service = await startWholeService({}, parameters)
  const { PUBLIC_URL: serviceUrl } = service.app.settings
  desk = deskOf({ serviceUrl, sandboxUrl: service.sandbox.url, parameters })
})
afterAll(() => service.stop())

async function pay(billNo: string): Promise<Record<string, unknown>> {
  const body = { billNo, desk: '门诊1号窗', token: await desk.scan(billNo), ...SHOWN }
  const { body: begun } = await desk.ask('POST', '/his/one-code-payments', body)
  const path = `/his/one-code-payments/${String(begun['id'])}?wait=20`
  return (await desk.ask('GET', path)).body
}

describe('over HTTP, signed both ways, with the worker at work', () => {
  it.each([
    ['MZ20261121000001-MY', 'done'],
    ['MZ20261121000002-LY', 'settle-insurance'],
    ['MZ20261121000003-SY09', 'done'],
    ['MZ20261121000004-MY10', 'done'],
    ['MZ20261121000005-MY11', 'done'],
    ['MZ20261121000006-MY24', 'done'],
  ])('[YM-41, YM-45, YM-46] %s is paid once, and HIS goes on with %s', async (billNo, next) => {
    const paid = await pay(billNo)
    expect(paid).toMatchObject({ status: 'paid', next })
    expect(await desk.collected(billNo)).toBe(paid['selfPayFen'])
  })
})
