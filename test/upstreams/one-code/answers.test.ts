import { describe, expect, it } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { HANDLING_RULES } from '../../../src/payment/one-code.ts'
import { oneCodePay, type OneCodeSettings } from '../../../src/upstreams/one-code/adapter.ts'
import { RETURN_CODES } from '../../../src/upstreams/one-code/return-codes.ts'
import { seal } from '../../../src/upstreams/one-code/transport.ts'
import { answering, failing, watched } from '../stub.ts'
import { ASKED, settingsOf } from './one-code-settings.ts'

const KEY = settingsOf().key.reveal()
const USABLE = { stasFlag: '1', abnRea: '', payChnlUserName: '张**', payChnlName: '微信支付' }
const CERTIFICATE = { payCert: 'C1', payChnlUserName: '张**', payChnlName: '微信支付' }
const WISH = { ...ASKED, amountFen: fen(100), serialNo: 'SN1' }

const sealedIn = (value: object) => ({ encData: seal(value, KEY) })
const answered = (body: object, status = 200) => answering(status, JSON.stringify(body))

const status = (body: object, httpStatus = 200) =>
  oneCodePay(settingsOf({ send: answered(body, httpStatus) })).status(ASKED)
const certificate = (body: object) =>
  oneCodePay(settingsOf({ send: answered(body) })).certificate(WISH)

const inState = (stasFlag: string) => ({
  code: 0,
  data: sealedIn({ ...USABLE, stasFlag, abnRea: '冻结' }),
})

describe('an answer is read protocol first, then business, then state', () => {
  it.each([
    ['absent', {}],
    ['true', { success: true }],
    ['null', { success: null }],
  ])('[YM-07, YM-09] success %s beside code 0 is a success', async (_, more) => {
    const body = { code: 0, message: '成功', type: 'success', data: sealedIn(USABLE), ...more }
    expect(await status(body)).toMatchObject({ kind: 'done', value: { status: 'usable' } })
    expect(await status({ ...body, code: '0' })).toMatchObject({ kind: 'done' })
  })

  it('[YM-09] a code that is not 0 is not looked behind', async () => {
    const body = { code: 500243, message: '', data: sealedIn(USABLE) }
    expect(await status(body)).toMatchObject({ kind: 'refused', code: '500243' })
  })

  it('[YM-09] success false is a business error, whatever is sealed', async () => {
    const body = { code: 0, message: '业务异常', success: false, data: sealedIn(USABLE) }
    expect(await status(body)).toMatchObject({
      kind: 'refused',
      code: 'success-false',
      message: '业务异常',
    })
  })

  it('[YM-09, YM-21] stasFlag 0 and 2 are states with a reason, not errors', async () => {
    expect(await status(inState('0'))).toMatchObject({
      value: { status: 'not-signed', reason: '冻结' },
    })
    expect(await status(inState('2'))).toMatchObject({ value: { status: 'not-usable' } })
  })

  it.each([['9'], [''], [null], [1], [undefined]])(
    '[YM-23] stasFlag %j is not usable',
    async (stasFlag) => {
      const body = { code: 0, data: sealedIn({ ...USABLE, stasFlag }) }
      expect(await status(body)).toMatchObject({ value: { status: 'unlisted' } })
    },
  )

  it('[YM-31] a certificate comes with its account and channel, and cannot be printed', async () => {
    const answer = await certificate({ code: 0, data: sealedIn(CERTIFICATE) })
    expect(answer).toMatchObject({
      kind: 'done',
      value: { accountName: '张**', channelName: '微信支付' },
    })
    expect(JSON.stringify(answer)).not.toContain('C1')
    const without = await certificate({ code: 0, data: sealedIn({ ...CERTIFICATE, payCert: '' }) })
    expect(without).toMatchObject({ kind: 'unknown' })
  })

  it.each([
    ['no data', { code: 0 }],
    ['data null', { code: 0, data: null }],
    ['no encData', { code: 0, data: {} }],
    ['truncated', { code: 0, data: { encData: seal(USABLE, KEY).slice(0, -3) } }],
    ['another key', { code: 0, data: { encData: seal(USABLE, Buffer.alloc(16, 1)) } }],
    ['no hex', { code: 0, data: { encData: 'zz' } }],
    ['no code', { message: 'x', data: sealedIn(USABLE) }],
    ['a code of words', { code: 'ok', data: sealedIn(USABLE) }],
    ['a broken code', { code: 0.5, data: sealedIn(USABLE) }],
    ['a list', []],
  ])('[YM-08, YM-09] %s: nobody knows, and no part of it is used', async (_, body) => {
    expect(await status(body)).toMatchObject({ kind: 'unknown', said: null })
  })

  it('[YM-09] HTTP decides before everything: a 502 proves nothing, even with a good body', async () => {
    expect(await status({ code: 0, data: sealedIn(USABLE) }, 502)).toMatchObject({
      cause: 'http-502',
    })
    const html = oneCodePay(settingsOf({ send: answering(502, '<h1>502</h1>') }))
    expect(await html.status(ASKED)).toMatchObject({ kind: 'unknown', cause: 'http-502' })
    for (const kind of ['unsent', 'unknown'] as const)
      expect(await oneCodePay(settingsOf({ send: failing(kind) })).status(ASKED)).toMatchObject({
        kind,
      })
  })

  it('[YM-10] words from outside carry no mark-up, no line ends and no novel', async () => {
    const said = await status({ code: 500243, message: `<script>alert('1')</script>\u0000\n` })
    expect(JSON.stringify(said)).toContain('&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;')
    expect(JSON.stringify(said)).not.toContain('<script')
    const long = await status({ code: 500243, message: 'x'.repeat(1_000_000) })
    expect(JSON.stringify(long).length).toBeLessThan(500)
    const reason = await status({ code: 0, data: sealedIn({ ...USABLE, abnRea: '<img src=x>' }) })
    expect(reason).toMatchObject({ value: { reason: '&lt;img src=x&gt;' } })
  })

  it('[YM-91] 500320 with a result is that result; without one it is asked again by others', async () => {
    const body = { code: 500320, message: '', data: sealedIn(CERTIFICATE) }
    expect(await certificate(body)).toMatchObject({ kind: 'done' })
    const bare = await certificate({ code: 500320, message: '', data: null })
    expect(bare).toMatchObject({ kind: 'refused', handling: 'no-password' })
  })
})

/** Requirement, code, and a word of its text: the table of the document, row by row. */
const TABLE = [
  ['YM-61', '-1', '未知异常', 'ask-again'],
  ['YM-62', '-2', '请求参数', 'configuration'],
  ['YM-63', '-3', '超时', 'ask-again'],
  ['YM-64', '-4', '权限校验', 'configuration'],
  ['YM-65', '-5', '请求地址', 'configuration'],
  ['YM-66', '-6', '限流', 'back-off'],
  ['YM-67', '500001', '不存在', 'rescan'],
  ['YM-68', '500002', '未激活', 'ask-patient'],
  ['YM-69', '500003', '未授权', 'ask-patient'],
  ['YM-70', '500008', '授权码', 'rescan'],
  ['YM-71', '500012', '渠道不存在', 'other-payment'],
  ['YM-72', '500014', '流水号', 'configuration'],
  ['YM-73', '500033', '国家电子凭证', 'ask-again'],
  ['YM-74', '500042', '密码未设置', 'ask-patient'],
  ['YM-75', '500050', '人员基础', 'window'],
  ['YM-76', '500054', '参保地', 'window'],
  ['YM-77', '500057', '校验不通过', 'check-identity'],
  ['YM-78', '500058', '人员信息', 'check-identity'],
  ['YM-79', '500084', '频繁', 'back-off'],
  ['YM-80', '500093', '渠道入参', 'configuration'],
  ['YM-81', '500100', '接口权限', 'configuration'],
  ['YM-82', '500208', '认证记录不存在', 'ask-patient'],
  ['YM-83', '500209', '认证记录已停用', 'ask-patient'],
  ['YM-84', '500156', '业务类型', 'configuration'],
  ['YM-85', '500242', '签约信息缺失', 'other-payment'],
  ['YM-86', '500243', '未在展码渠道签约', 'other-payment'],
  ['YM-87', '500244', '暂未接入', 'other-payment'],
  ['YM-88', '500316', '机构代码', 'configuration'],
  ['YM-89', '500318', '国家医保服务平台', 'other-payment'],
  ['YM-90', '500319', '线下密码核验', 'by-hand'],
  ['YM-91', '500320', '无需', 'no-password'],
  ['YM-92', '500321', '国家医保服务平台', 'other-payment'],
] as const

describe('return codes', () => {
  it('[YM-60] are the 33 of the document, 0 among them', () => {
    expect(TABLE.map(([, code]) => code).toSorted()).toEqual(Object.keys(RETURN_CODES).toSorted())
    expect(TABLE).toHaveLength(32)
  })

  it.each(TABLE)('[%s] %s says what it means and what to do', async (_, code, word, handling) => {
    const body = { code: Number(code), message: '原因甲', data: null }
    for (const answer of [await status(body), await certificate(body)]) {
      const said = answer.kind === 'unknown' ? answer.said : answer
      expect(said).toMatchObject({ code, handling })
      expect(said).toHaveProperty('message', expect.stringContaining(word))
      // The centre's own reason is shown too (500319 tells it there).
      expect(said).toHaveProperty('message', expect.stringContaining('原因甲'))
      expect(answer.kind).toBe(handling === 'ask-again' ? 'unknown' : 'refused')
    }
    expect(HANDLING_RULES[handling].text).not.toBe('')
  })

  it('[YM-93] that no table lists are unknown, with their number, whatever they are called', async () => {
    for (const code of [500999, 1, -99, '-7']) {
      const answer = await status({ code, message: '新代码' })
      expect(answer).toMatchObject({ kind: 'unknown', said: { handling: 'unlisted' } })
      expect(JSON.stringify(answer)).toContain(`代码 ${code}`)
    }
    expect(HANDLING_RULES.unlisted.alarm).toBe(true)
  })
})

const refusing = async (
  change: { asked?: Partial<typeof WISH>; settings?: Partial<OneCodeSettings> },
  call: 'status' | 'certificate' = 'status',
) => {
  const watch = watched(answered({ code: 0, data: sealedIn(USABLE) }))
  const warned: string[] = []
  const warn = (message: string): void => void warned.push(message)
  const pay = oneCodePay(settingsOf({ send: watch.send, warn, ...change.settings }))
  const answer = await pay[call]({ ...WISH, ...change.asked })
  return { answer, sent: watch.sent.length, warned }
}

const named = (orgName: string) => ({ settings: { institution: { orgCodg: 'H1', orgName } } })

describe('inputs', () => {
  const WRONG: readonly [field: string, missing: object, tooLong: object][] = [
    ['token', { token: '' }, { token: 'x'.repeat(41) }],
    ['opterId', { operatorId: ' ' }, { operatorId: 'x'.repeat(41) }],
    ['opterName', { operatorName: '' }, { operatorName: '名'.repeat(41) }],
    ['devId', { deviceId: '' }, { deviceId: 'x'.repeat(41) }],
    ['devIP', { deviceIp: '' }, { deviceIp: '1'.repeat(41) }],
  ]
  it.each(WRONG)(
    '[YM-20, YM-22] %s missing or too long is refused by name, and nothing is sent',
    async (field, ...wrongs) => {
      for (const asked of wrongs) {
        const { answer, sent } = await refusing({ asked })
        expect(answer).toMatchObject({ kind: 'refused', code: 'input-invalid' })
        expect(JSON.stringify(answer)).toContain(field)
        expect(sent).toBe(0)
      }
    },
  )

  it.each([
    ['orgCodg', ''],
    ['orgCodg', 'x'.repeat(41)],
    ['orgName', ''],
    ['orgName', '院'.repeat(41)],
  ])('[YM-22] the institution too: %s %j', async (field, text) => {
    const institution = { orgCodg: 'H1', orgName: '院', [field]: text }
    const { answer, sent } = await refusing({ settings: { institution } })
    expect([JSON.stringify(answer).includes(field), sent]).toEqual([true, 0])
  })

  it('[YM-20, YM-30] a name of 41 characters is short enough for a certificate, and 201 are not', async () => {
    expect((await refusing(named('院'.repeat(41)), 'certificate')).sent).toBe(1)
    expect((await refusing(named('院'.repeat(201)), 'certificate')).sent).toBe(0)
    expect((await refusing({ asked: { serialNo: '1'.repeat(201) } }, 'certificate')).sent).toBe(0)
    expect((await refusing({ asked: { amountFen: fen(0) } }, 'certificate')).sent).toBe(0)
  })

  it('[YM-20] 14 Chinese characters have 42 bytes: a warning, or refused where the region counts bytes', async () => {
    const asked = { operatorName: '名'.repeat(14) }
    expect(await refusing({ asked })).toMatchObject({
      sent: 1,
      warned: ['opterName has more than 40 bytes'],
    })
    const profile = { amountFormat: 'two-decimals', lengthIn: 'bytes' } as const
    expect((await refusing({ asked, settings: { profile } })).sent).toBe(0)
  })

  it('[YM-20] control characters, zone ids and names that are no address are refused', async () => {
    for (const asked of [
      { operatorName: 'a\u0000b' },
      { deviceIp: 'fe80::1%eth0' },
      { deviceIp: 'localhost' },
    ])
      expect((await refusing({ asked })).sent).toBe(0)
    expect((await refusing({ asked: { deviceIp: '2001:db8::1' } })).sent).toBe(1)
  })
})
