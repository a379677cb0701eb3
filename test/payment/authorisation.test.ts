import { inspect } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  asAuthCode,
  asPayAuthNo,
  type AuthCode,
  type PayAuthNo,
} from '../../src/payment/authorisation.ts'
import type { AuthorisationExchange, InsuranceOrder } from '../../src/upstreams/upstream.ts'

describe('the two values of an authorisation', () => {
  it('[SC-G02] do not compile in each other’s place, nor does a plain secret', () => {
    expectTypeOf<AuthCode>().not.toExtend<PayAuthNo>()
    expectTypeOf<PayAuthNo>().not.toExtend<AuthCode>()
    expectTypeOf<AuthorisationExchange['authCode']>().toEqualTypeOf<AuthCode>()
    expectTypeOf<InsuranceOrder['payAuthNo']>().toEqualTypeOf<PayAuthNo>()
  })

  it('[SC-G02] are never printed', () => {
    for (const value of [asAuthCode('canary-code'), asPayAuthNo('canary-number')])
      expect(`${String(value)} ${inspect({ value })} ${JSON.stringify({ value })}`).not.toContain(
        'canary',
      )
  })
})
