import { afterEach, describe, expect, it } from 'vitest'
import { ERRORS } from '../../src/errors.ts'
import { serve, type Served, testApp } from '../support/app.ts'
import { asker } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

describe('the published contract', () => {
  it('is OpenAPI 3.1 with every call, and its references lead somewhere', async () => {
    served = await serve(await testApp())
    const ask = asker(served)
    const { body, text } = await ask('GET', '/openapi.json')
    expect(body['openapi']).toBe('3.1.0')
    expect(Object.keys(body['paths'] ?? {})).toEqual([
      '/api/orders',
      '/api/orders/{id}',
      '/api/orders/{id}/authorization',
      '/api/orders/{id}/pre-settlement',
      '/api/orders/{id}/cancellation',
      '/api/orders/{id}/payment',
      '/api/orders/{id}/refresh',
      '/api/orders/{id}/refunds',
      '/api/refunds/{id}',
      '/his/orders',
      '/his/bills/{billNo}/lock',
      '/his/bills/{billNo}/unlock',
      '/his/refunds',
      '/his/one-code-offers',
      '/his/one-code-payments',
      '/his/one-code-payments/{id}',
      '/his/hrss-payments',
      '/his/hrss-payments/{id}',
      '/his/hrss-payments/{id}/close',
      '/his/hrss-payments/{id}/refunds',
      '/his/hrss-cashiers',
      '/his/own-money',
      '/callbacks/icbc/mixed-order',
      '/callbacks/icbc/self-pay',
      '/callbacks/mid-platform/settlement',
      '/callbacks/hrss-pay/order',
      '/callbacks/hrss-pay/cashier',
      '/hrss-pay/merchant-orders',
      '/callbacks/collection/charge',
    ])
    for (const [, id] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(body).toHaveProperty(['components', 'schemas', id ?? ''])
    expect(body).toHaveProperty(
      ['components', 'schemas', 'OpenOrder', 'additionalProperties'],
      false,
    )
  })

  it('is readable at /docs without anything from elsewhere', async () => {
    served = await serve(await testApp())
    const ask = asker(served)
    const { headers, text } = await ask('GET', '/docs')
    expect(headers.get('content-type')).toContain('text/html')
    expect(text).toContain('id="bill-being-paid"')
    expect(text).not.toMatch(/<script|<link|src=|https?:\/\/(?!json-schema)/)
  })

  it('says what every caller proves, and what every answer may be', async () => {
    served = await serve(await testApp())
    const { body } = await asker(served)('GET', '/openapi.json')
    const lock = ['paths', '/his/bills/{billNo}/lock', 'post']
    const signed = ['X-App-Id', 'X-Timestamp', 'X-Nonce', 'X-Signature']
    expect(body).toHaveProperty(
      [...lock, 'parameters'],
      expect.arrayContaining(signed.map((name) => expect.objectContaining({ name }))),
    )
    expect(body).toHaveProperty([...lock, 'responses', '429', 'headers', 'Retry-After'])
    expect(body).toHaveProperty([...lock, 'responses', '200', 'headers', 'X-Trace-Id'])
    const callback = ['paths', '/callbacks/icbc/self-pay', 'post', 'responses']
    for (const status of ['200', '403', '413', '415', '500'])
      expect(body).toHaveProperty([...callback, status])
    const codes = ['components', 'schemas', 'Problem', 'properties', 'code', 'enum']
    expect(body).toHaveProperty(codes, Object.keys(ERRORS))
  })
})
