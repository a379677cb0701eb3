import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Given, hisStub, serve, type Served, testApp, type TestApp } from '../support/app.ts'
import { asPatient, DEVICE, OPENING, patientToken } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(given: Given = {}) {
  const app = await testApp(given)
  served = await serve(app)
  return { app, served, ask: await asPatient(app, served) }
}

const lines = (app: TestApp): Record<string, unknown>[] =>
  app.logged.map((line) => JSON.parse(line))

describe('every answer', () => {
  it('carries a trace id and the security headers, refusals too', async () => {
    const { ask } = await start()
    for (const path of ['/api/orders', '/nowhere', '/openapi.json']) {
      const { headers } = await ask('GET', path)
      expect(headers.get('x-trace-id')).toMatch(/^[0-9A-Z]{32}$/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  it('takes over the trace id of a trusted proxy, and of nobody else', async () => {
    const given = { 'x-trace-id': 'trace-of-the-proxy' }
    const trusting = await start({ settings: { TRUSTED_PROXIES: '127.0.0.1' } })
    const { headers } = await trusting.ask('GET', '/api/orders', { headers: given })
    expect(headers.get('x-trace-id')).toBe('trace-of-the-proxy')
    const odd = await trusting.ask('GET', '/api/orders', { headers: { 'x-trace-id': 'a b"c' } })
    expect(odd.headers.get('x-trace-id')).toMatch(/^[0-9A-Z]{32}$/)
    await trusting.served.close()
    const other = await start()
    const heard = await other.ask('GET', '/api/orders', { headers: given })
    expect(heard.headers.get('x-trace-id')).not.toBe('trace-of-the-proxy')
  })

  it('is logged by route, without path, query, token, device or person', async () => {
    const { app, ask } = await start()
    await ask('GET', '/api/orders/01JD0000000000000000000000?wait=0&version=1')
    const [line] = lines(app)
    expect(line).toMatchObject({ route: '/api/orders/{id}', status: 404, method: 'GET' })
    expect(app.logged.join()).not.toMatch(/01JD0000|openid-1|Bearer|127\.0\.0\.1/)
    expect(app.logged.join()).not.toContain(DEVICE)
  })

  it('to an unknown path is 404, to an unknown method 405 with the known ones', async () => {
    const { ask } = await start()
    expect((await ask('GET', '/api/nothing')).body['code']).toBe('not-found')
    const wrong = await ask('DELETE', '/api/orders')
    expect(wrong.status).toBe(405)
    expect(wrong.body['code']).toBe('method-not-allowed')
    expect(wrong.headers.get('allow')).toContain('POST')
  })
})

/** Sends `text` as it is. @returns what came back until the line was closed */
function said(to: Served, text: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(Number(new URL(to.url).port), '127.0.0.1', () => socket.end(text))
    socket.on('data', (bytes) => (heard += bytes.toString()))
    socket.on('close', () => resolve(heard))
  })
}

describe('a refusal', () => {
  it('of what is no HTTP has the same form, and the next caller is served', async () => {
    const { served, ask } = await start()
    for (const text of ['GARBAGE\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`]) {
      const heard = await said(served, text)
      expect(heard).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json/)
      expect(heard).toContain('"code":"invalid-request"')
    }
    expect((await ask('GET', '/api/orders')).status).toBe(200)
  })

  it('is a problem with code, Chinese sentence and trace id', async () => {
    const { ask } = await start()
    const { status, headers, body } = await ask('GET', '/api/orders/01JD0000000000000000000000')
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(body).toEqual({
      type: '/docs#order-not-found',
      title: '没有找到这笔订单。',
      status: 404,
      detail: '没有找到这笔订单。',
      code: 'order-not-found',
      traceId: headers.get('x-trace-id'),
    })
  })

  it('names every wrong member and repeats none of their values', async () => {
    const { ask } = await start()
    const body = { ...OPENING, channel: '张三的通道', amountFen: 1 }
    const heard = await ask('POST', '/api/orders', { body })
    expect(heard.status).toBe(400)
    expect(heard.body['errors']).toEqual([
      { path: 'channel', message: '须为以下之一：wechat、alipay' },
      { path: 'amountFen', message: '不接受此字段' },
    ])
    expect(heard.text).not.toContain('张三')
  })

  it('[SC-S08] that is a bug tells its trace id and nothing else, and is logged once', async () => {
    const secret = 'canary-6c1f'
    const bug = async (): Promise<never> => {
      throw new TypeError(secret)
    }
    const { app, ask } = await start({ his: hisStub({ bill: bug }) })
    const heard = await ask('POST', '/api/orders', { body: OPENING })
    expect(heard.status).toBe(500)
    expect(heard.body).toMatchObject({ code: 'internal-error', detail: '系统繁忙，请稍后再试。' })
    expect(heard.text).not.toContain(secret)
    const errors = lines(app).filter((line) => line['level'] === 50)
    expect(errors).toHaveLength(1)
    expect(errors[0]?.['traceId']).toBe(heard.body['traceId'])
  })

  it('[SC-S04] of the limiter is 429 with Retry-After, for the next request as well', async () => {
    const { ask } = await start({ settings: { LIMIT_PER_DEVICE: '2' } })
    await ask('GET', '/api/orders')
    await ask('GET', '/api/orders')
    for (let i = 0; i < 2; i += 1) {
      const { status, headers, body } = await ask('GET', '/api/orders')
      expect([status, body['code']]).toEqual([429, 'too-many-requests'])
      expect(headers.get('retry-after')).toBe('600')
    }
  })

  it('[SC-S05] of the limiter is not escaped by forging X-Forwarded-For', async () => {
    const { ask } = await start({ settings: { LIMIT_PER_IP: '5' } })
    const statuses: number[] = []
    for (let i = 0; i < 6; i += 1) {
      const headers = {
        'x-forwarded-for': `198.51.100.${i}`,
        'x-device-id': `rotating-device-000${i}`,
      }
      statuses.push((await ask('GET', '/api/orders', { headers })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
  })
})

/** Sends 50 MB as fast as the line takes it. @returns what came back before the line was cut */
async function overTheWire(to: Served, token: string, length: string): Promise<string> {
  const part = Buffer.alloc(65_536, 32)
  const chunked = Buffer.concat([Buffer.from('10000\r\n'), part, Buffer.from('\r\n')])
  const line = length.startsWith('Transfer') ? chunked : part
  return new Promise((resolve) => {
    let heard = ''
    let sent = 0
    const socket = connect(Number(new URL(to.url).port), '127.0.0.1')
    const pump = (): void => {
      while (sent < 800 && !socket.destroyed) {
        sent += 1
        if (!socket.write(line)) return void socket.once('drain', pump)
      }
    }
    socket.on('data', (bytes) => (heard += bytes.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard))
    socket.write(
      `POST /api/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nX-Device-Id: ${DEVICE}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`,
    )
    pump()
  })
}

describe('a body', () => {
  const post = { 'content-type': 'application/json' }

  it('of another type, charset or encoding is 415', async () => {
    const { ask } = await start()
    const wrongs = [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/json; charset=gbk' },
      { ...post, 'content-encoding': 'gzip' },
    ]
    for (const headers of wrongs)
      expect((await ask('POST', '/api/orders', { raw: '{}', headers })).status).toBe(415)
  })

  it('that is no JSON, no UTF-8, too deep, or carries __proto__ is 400 and changes no object', async () => {
    const { ask } = await start()
    const wrongs = [
      '{',
      '"\\',
      Buffer.from([0x22, 0xff, 0x22]),
      '['.repeat(100_000),
      `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`,
      JSON.stringify(OPENING).replace('{', '{"__proto__":{"admin":true},'),
      JSON.stringify(OPENING).replace('{', '{"constructor":{"prototype":{"admin":true}},'),
    ]
    for (const raw of wrongs) {
      const heard = await ask('POST', '/api/orders', { raw, headers: post })
      expect([heard.status, heard.body['code']]).toEqual([400, 'invalid-request'])
    }
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
  })

  it('with a name twice has one reading: the last', async () => {
    const { ask } = await start()
    const raw = JSON.stringify(OPENING).replace('{', '{"billNo":"OTHER",')
    const heard = await ask('POST', '/api/orders', { raw, headers: post })
    expect(heard.body['billNo']).toBe(OPENING.billNo)
  })

  it('over 256 KiB is 413, announced or not, and the next request is served', async () => {
    const { app, ask, served } = await start()
    const token = await patientToken(app)
    const raw = Buffer.alloc(300_000, 32)
    expect((await ask('POST', '/api/orders', { raw })).body['code']).toBe('body-too-large')
    const announced = await overTheWire(served, token, 'Content-Length: 52428800')
    expect(announced).toContain('413 Payload Too Large')
    const endless = await overTheWire(served, token, 'Transfer-Encoding: chunked')
    expect(endless).toContain('413 Payload Too Large')
    expect((await ask('GET', '/api/orders')).status).toBe(200)
  })
})
