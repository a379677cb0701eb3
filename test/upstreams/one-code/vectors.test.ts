/** Known answers, and what goes over the wire as other implementations read it. */
import { execFileSync } from 'node:child_process'
import { sm4 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { issuedKey } from '../../../src/config/issued-key.ts'
import { Secret } from '../../../src/errors.ts'
import { fen } from '../../../src/payment/money.ts'
import { oneCodePay, type OneCodeSettings } from '../../../src/upstreams/one-code/adapter.ts'
import { open, seal } from '../../../src/upstreams/one-code/transport.ts'
import { answering, watched } from '../stub.ts'
import { ASKED, KEY_HEX, settingsOf } from './one-code-settings.ts'

const KEY = Buffer.from(KEY_HEX, 'hex')
const ANSWER = { chkFlag: '1', resBizNo: '161665488196720210609155618' }
const ANSWER_SEALED =
  '4CF02652FF56E3B826504D9E0D9A98531F8F5816823AFDB6A2C770AF517D017F' +
  '429841F11498124CD7CD4AC79DAD06216DD3F78C84E613413F298F30A3E7B094'
const REQUEST = {
  idType: '01',
  reqBizNo: '1616654881967',
  userPwd: 'C7F66BEEE198FB411C8623E53CBBC6EB1E0F078B5D68ED7F10D02FFB0AF46D44',
  userName: '测试',
  idNo: '350501199911173510',
}
const REQUEST_SEALED =
  '9D4CA856DC41E4B1BCADAA65707A556BA0D55112E90C351B25087B3D4CB46CB56099C66E1921948C056953356A777DD2' +
  '2DB816554158248AC5DA6A1F9414DA789D299EE437695D8D48CF41181D4865ADB52292BC48E647C0A0683C4183245B74' +
  '0687CC1F9D3C99CEAD97EA5CF3BE08DD6B0024718AD4883AFFE6178CCAE5165153BFFE5A641ACE0B0737D0CAD0F2C339' +
  'E2C65CEC35227DEF588AA444F57B8D6A0F4876F945E4BCA4FAB54B28A268D76F'

/** OpenSSL's own command, which shares no line with us. */
const openssl = (how: '-e' | '-d', input: Buffer): Buffer =>
  execFileSync('openssl', ['enc', how, '-sm4-ecb', '-K', KEY_HEX], { input })

describe('the cipher of 一码付', () => {
  it.each([
    ['an answer', ANSWER, ANSWER_SEALED, 128],
    ['a request', REQUEST, REQUEST_SEALED, 352],
  ])('[YM-03, YM-05, YM-08] %s is the known answer, both ways', (_, clear, sealed, length) => {
    expect(seal(clear, KEY)).toBe(sealed)
    expect(sealed).toHaveLength(length)
    expect(open(sealed, KEY)).toEqual(clear)
    expect(open(sealed.toLowerCase(), KEY)).toEqual(clear)
  })

  it('[YM-03] is read by OpenSSL and by sm-crypto, and reads them', () => {
    const bytes = Buffer.from(REQUEST_SEALED, 'hex')
    expect(openssl('-d', bytes).toString()).toBe(JSON.stringify(REQUEST))
    const theirs = openssl('-e', Buffer.from(JSON.stringify(ANSWER)))
      .toString('hex')
      .toUpperCase()
    expect(theirs).toBe(ANSWER_SEALED)
    expect(sm4.decrypt(REQUEST_SEALED, KEY_HEX)).toBe(JSON.stringify(REQUEST))
  })

  it('[YM-03] takes the issued key in the form in which it is issued, 16 bytes or none', () => {
    const text = issuedKey(new Secret('0123456789abcdef'), 'utf8')?.reveal() ?? KEY
    expect(seal(ANSWER, text)).toMatch(/^53D52B25D887631591C040FD0E3EF9D9AB4952E196146BAB/)
    expect(issuedKey(new Secret(KEY_HEX), 'hex')?.reveal()).toEqual(KEY)
    expect(issuedKey(new Secret(KEY.toString('base64')), 'base64')?.reveal()).toEqual(KEY)
    const wrong = [KEY_HEX.slice(2), `${KEY_HEX}00`, 'g'.repeat(32), '']
    for (const text of wrong) expect(issuedKey(new Secret(text), 'hex')).toBeNull()
    expect(issuedKey(new Secret('短'), 'utf8')).toBeNull()
  })

  it('[YM-08] opens whole or not at all', () => {
    const damaged = [
      '',
      ANSWER_SEALED.slice(1),
      ANSWER_SEALED.slice(2),
      ANSWER_SEALED.slice(0, -32),
      `${ANSWER_SEALED.slice(0, -1)}G`,
      `${ANSWER_SEALED} `,
      'AB'.repeat(16),
      'AB'.repeat(5_000_000),
      seal([], KEY),
    ]
    for (const text of damaged) expect(open(text, KEY)).toBeNull()
    expect(open(ANSWER_SEALED, Buffer.alloc(16, 7))).toBeNull()
  })
})

const wire = async (changes: Partial<OneCodeSettings> = {}) => {
  const watch = watched(answering(200, '{}'))
  const { send, recordExchange } = watch
  const pay = oneCodePay(settingsOf({ send, recordExchange, ...changes }))
  const wish = { ...ASKED, amountFen: fen(10_050), serialNo: 'SN1' }
  return { ...watch, pay, wish }
}

describe('a request on the wire', () => {
  it('[YM-01, YM-02, YM-04, YM-06] is a POST of five texts; the rest is sealed, compact and in order', async () => {
    const { pay, sent, wish } = await wire()
    await pay.certificate(wish)
    const [request] = sent
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://ecc.example/cfc/api/genPayCert',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    const text = String(request?.body)
    const body = JSON.parse(text)
    expect(Object.keys(body)).toEqual(['reqtType', 'encData', 'version', 'orgId', 'timestamp'])
    expect(body).toMatchObject({ reqtType: 'sys&350000', version: '1.0.0', orgId: 'testOrgId' })
    expect(body.timestamp).toMatch(/^\d{13}$/)
    expect(text).not.toMatch(/EC0001|收费员|&amp;/)
    const clear = openssl('-d', Buffer.from(body.encData, 'hex')).toString()
    expect(clear).toBe(
      '{"token":"EC0001","ownPaySetlAmt":"100.50","orgCodg":"H51010000001","orgName":"沙盒市第一人民医院",' +
        '"opterId":"C1","opterName":"收费员甲","devId":"D1","devIP":"10.0.0.1","fixmedinsTrnsSn":"SN1"}',
    )
  })

  it('[YM-20] signedQuery has its seven inputs, and names cannot break out of them', async () => {
    const { pay, sent } = await wire()
    const name = '","token":"x'
    await pay.status({ ...ASKED, operatorName: name })
    const body = JSON.parse(String(sent[0]?.body))
    const clear = JSON.parse(openssl('-d', Buffer.from(body.encData, 'hex')).toString())
    expect(clear).toEqual({
      token: 'EC0001',
      orgCodg: 'H51010000001',
      orgName: '沙盒市第一人民医院',
      opterId: 'C1',
      opterName: name,
      devId: 'D1',
      devIP: '10.0.0.1',
    })
  })

  it('[YM-06] never carries one timestamp twice', async () => {
    const { pay, sent } = await wire()
    for (let times = 0; times < 3; times += 1) await pay.status(ASKED)
    const stamps = sent.map(({ body }) => JSON.parse(String(body)).timestamp)
    expect(new Set(stamps).size).toBe(3)
  })

  it.each([
    [1, '0.01', '0.01'],
    [10_000, '100.00', '100'],
    [10_050, '100.50', '100.5'],
  ])(
    '[YM-30, YM-33] %i fen are %s yuan, or %s where a region wants it',
    async (amount, two, short) => {
      for (const [amountFormat, text] of [
        ['two-decimals', two],
        ['shortest', short],
      ] as const) {
        const profile = { amountFormat, lengthIn: 'characters' } as const
        const { pay, sent, wish } = await wire({ profile })
        await pay.certificate({ ...wish, amountFen: fen(amount) })
        const { encData } = JSON.parse(String(sent[0]?.body))
        expect(JSON.parse(openssl('-d', Buffer.from(encData, 'hex')).toString())).toMatchObject({
          ownPaySetlAmt: text,
        })
      }
    },
  )

  it('[YM-37] leaves neither token nor certificate in the record', async () => {
    const { pay, written, wish } = await wire({
      send: answering(
        200,
        JSON.stringify({ code: 0, data: { encData: seal({ payCert: 'CERT-1' }, KEY) } }),
      ),
    })
    expect(await pay.certificate(wish)).toMatchObject({ kind: 'done' })
    expect(written()).not.toMatch(/EC0001|CERT-1|收费员甲/)
    expect(written()).toContain('fixmedinsTrnsSn')
  })
})
