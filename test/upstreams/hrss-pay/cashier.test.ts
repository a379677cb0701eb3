import { describe, expect, it } from 'vitest'
import { cashierOf, qrImageOf } from '../../../src/upstreams/hrss-pay/cashier.ts'

const HOSTS = ['cdsmk.cdrsigc.com']
const URL = 'https://cdsmk.cdrsigc.com/entrance?payNo=9d2c'
const GIVEN = {
  path: '/pages/payment/part/defray/entrance',
  extraData: { payNo: '9d2c' },
  appid: 'wx077f64368494ccef',
  type: 'miniProgram',
  url: URL,
}
const CASHIER = {
  kind: 'cashier',
  appId: 'wx077f64368494ccef',
  path: '/pages/payment/part/defray/entrance',
  url: URL,
  miniProgramUrl: `${URL}&appid=wx077f64368494ccef&path=%2Fpages%2Fpayment%2Fpart%2Fdefray%2Fentrance`,
  extraData: { payNo: '9d2c' },
}

describe('the cashier', () => {
  it('[RS-61] is read as an object, as its text, and as that text written once more', () => {
    const text = JSON.stringify(GIVEN)
    for (const payUrl of [GIVEN, text, JSON.stringify(text)])
      expect(cashierOf(payUrl, HOSTS)).toEqual(CASHIER)
    const { extraData: _none, ...older } = GIVEN
    expect(cashierOf(older, HOSTS)).toEqual({ ...CASHIER, extraData: null })
  })

  it('[RS-62] opens for a mini-program with appid and path, for H5 as it is', () => {
    const url = 'https://cdsmk.cdrsigc.com/entrance'
    const plain = cashierOf({ ...GIVEN, url }, HOSTS)
    expect(plain).toMatchObject({ url, miniProgramUrl: expect.stringContaining(`${url}?appid=wx`) })
    const hashed = cashierOf({ ...GIVEN, url: `${url}?a=1#/pay` }, HOSTS)
    expect(hashed).toMatchObject({ miniProgramUrl: expect.stringMatching(/\?a=1&appid=.*#\/pay$/) })
  })

  it('[RS-64] may hold a code besides', () => {
    expect(cashierOf({ ...GIVEN, qrCode: '123' }, HOSTS)).toEqual(CASHIER)
  })

  it.each([
    'javascript:alert(1)',
    'http://cdsmk.cdrsigc.com/entrance',
    'https://evil.example/entrance',
    'https://cdsmk.cdrsigc.com.evil.example/',
    'https://cdsmk.cdrsigc.com:444/',
    'https://cdsmk.cdrsigc.com@evil.example/',
    'https://user:pw@cdsmk.cdrsigc.com/',
    '//cdsmk.cdrsigc.com/',
    '',
  ])('[RS-63] is never opened at %j', (url) => {
    expect(cashierOf({ ...GIVEN, url }, HOSTS)).toBeNull()
  })

  it.each([
    'no json',
    '[]',
    '"no json"',
    '7',
    JSON.stringify({ ...GIVEN, type: 'page' }),
    JSON.stringify({ ...GIVEN, appid: '' }),
    JSON.stringify({ ...GIVEN, extraData: { long: 'x'.repeat(3_000) } }),
  ])('[RS-61] is no redirect when it reads %j', (payUrl) => {
    expect(cashierOf(payUrl, HOSTS)).toBeNull()
  })
})

describe('the picture of a dynamic code', () => {
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(600, 7)])
  const base64 = png.toString('base64')

  it('[RS-53] may have a blank after the comma and be longer than the table says', () => {
    const picture = { kind: 'qr-image', image: `data:image/png;base64,${base64}` }
    expect(qrImageOf(`data:image/png;base64,${base64}`)).toEqual(picture)
    expect(qrImageOf(`data:image/png;base64, ${base64}`)).toEqual(picture)
  })

  it.each([
    ['HTML', Buffer.from('<html><script>alert(1)</script></html>').toString('base64')],
    ['nothing', ''],
    ['no Base64', '<svg onload=alert(1)>'],
    ['too much', Buffer.concat([png, Buffer.alloc(1_048_576)]).toString('base64')],
  ])('[RS-53] is not shown when it is %s', (_what, content) => {
    expect(qrImageOf(`data:image/png;base64,${content}`)).toBeNull()
  })

  it('[RS-53] is not shown as another type', () => {
    expect(qrImageOf(`data:image/svg+xml;base64,${base64}`)).toBeNull()
    expect(qrImageOf(base64)).toBeNull()
  })
})
