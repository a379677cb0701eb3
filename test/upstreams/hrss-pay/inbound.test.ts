import { describe, expect, it } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { generateSm2KeyPair, sm2PublicKey } from '../../../src/crypto/sm2.ts'
import { membersOf } from '../../../src/upstreams/hrss-pay/members.ts'
import { NOW } from '../stub.ts'
import { connected, NOTIFY, spoken } from './platform.ts'

const CONTENT = {
  appid: 'A203',
  mchOrderId: 'S01KAAAAAAAAAAAAAAAAAAAAAAA',
  payOrderId: '10000000000000000361',
  payStatus: '2',
  payTime: '2023-06-27 11:40:45',
  wayCode: 'SBK',
  orderAmount: 1,
  totalAmount: '1',
  something: 'new',
}

const bodyOf = (text: string) => ({ contentType: 'application/json', body: Buffer.from(text) })
type Fields = Record<string, unknown>
const fieldsOf = (call: { body: Buffer }): Fields => JSON.parse(call.body.toString())

describe('an order notification', () => {
  it('[RS-72] is read with what it says, unknown members let be', () => {
    const rig = connected()
    expect(rig.platform.readNotice(spoken(rig, CONTENT))).toEqual({
      verified: true,
      content: JSON.stringify(CONTENT),
      state: {
        mchOrderId: CONTENT.mchOrderId,
        payOrderId: CONTENT.payOrderId,
        status: 'paid',
        refundStatus: 'none',
        amountFen: 1,
        paidAt: Date.parse('2023-06-27T11:40:45+08:00'),
      },
    })
  })

  it('[RS-72] may come as a form', () => {
    const rig = connected()
    const fields = fieldsOf(spoken(rig, CONTENT))
    const pairs = Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      String(value),
    ])
    const call = {
      contentType: 'application/x-www-form-urlencoded',
      body: Buffer.from(new URLSearchParams(pairs).toString()),
    }
    expect(rig.platform.readNotice(call)).toMatchObject({ verified: true })
    const twice = Buffer.from(`${call.body.toString()}&data=x`)
    expect(rig.platform.readNotice({ ...call, body: twice })).toMatchObject({
      reason: 'form-unreadable',
    })
  })

  it('[RS-12] [RS-75] is believed with the platform’s signature alone', () => {
    const rig = connected()
    expect(rig.platform.readNotice(spoken(rig, CONTENT, true))).toMatchObject({
      verified: false,
      reason: 'signature-wrong',
    })
    const call = spoken(rig, CONTENT)
    for (const name of ['data', 'sign']) {
      const { [name]: _gone, ...without } = fieldsOf(call)
      expect(rig.platform.readNotice(bodyOf(JSON.stringify(without)))).toMatchObject({
        reason: 'field-missing',
      })
      const value = String(fieldsOf(call)[name])
      const changed = {
        ...fieldsOf(call),
        [name]: value.replace(/^./, value[0] === 'A' ? 'B' : 'A'),
      }
      expect(rig.platform.readNotice(bodyOf(JSON.stringify(changed)))).toMatchObject({
        reason: 'signature-wrong',
      })
    }
    const stranger = sm2PublicKey({ hex: generateSm2KeyPair().publicKeyHex })
    const { settings } = rig
    const other = connected({ keys: { ...settings.keys, theirKeys: [stranger] } })
    expect(other.platform.readNotice(call)).toMatchObject({ reason: 'signature-wrong' })
  })

  it('[RS-76] of another merchant is refused although the platform signed it', () => {
    const rig = connected()
    for (const changes of [{ mchId: 'M000000' }, { merchantAppId: 'M000000' }]) {
      const { platform } = connected(changes)
      expect(platform.readNotice(spoken(rig, CONTENT))).toMatchObject({
        reason: 'another-merchant',
      })
    }
  })

  it.each([
    ['clear data', JSON.stringify(CONTENT)],
    ['data under another key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ])('[RS-75] with %s is not opened', (_what, data) => {
    const rig = connected()
    expect(rig.platform.readNotice(spoken(rig, data))).toMatchObject({ reason: 'data-unreadable' })
  })

  it.each([
    ['a number for its state', { payStatus: 2 }],
    ['half an amount', { orderAmount: 1.5 }],
    ['no number of ours', { mchOrderId: '' }],
    ['a number that is SQL', { mchOrderId: "1' or '1'='1" }],
    ['a time that is none', { payTime: '2023-02-30 11:40:45' }],
  ])('[RS-72] [RS-77] with %s is not read', (_what, changes) => {
    const rig = connected()
    const call = spoken(rig, { ...CONTENT, ...changes })
    expect(rig.platform.readNotice(call)).toMatchObject({ reason: 'content-unreadable' })
  })

  it('[RS-77] with "2 " for its state is not paid', () => {
    const rig = connected()
    const call = spoken(rig, { ...CONTENT, payStatus: '2 ' })
    expect(rig.platform.readNotice(call)).toMatchObject({ state: { status: 'unknown' } })
  })

  it.each(['', '[]', 'null', '{', '{"data":"a","data":"b"}', '{"sign":7}', '\ufffd'])(
    '[RS-75] of the form %j is nothing',
    (text) => {
      const { platform } = connected()
      expect(platform.readNotice(bodyOf(text)).verified).toBe(false)
      expect(
        platform.readNotice({ contentType: 'text/xml', body: Buffer.from(text) }).verified,
      ).toBe(false)
    },
  )

  it('[RS-75] whose signed content names a member twice is nothing', () => {
    const rig = connected()
    const text = JSON.stringify(CONTENT).replace(
      '"payStatus":"2"',
      '"payStatus":"4","payStatus":"2"',
    )
    const call = spoken(rig, rig.sandbox.teller.gateway.encrypt(text))
    expect(rig.platform.readNotice(call)).toMatchObject({ reason: 'data-unreadable' })
  })

  it('[RS-73] is answered in exactly these words', () => {
    const { platform } = connected()
    expect(platform.acknowledge(true, '')).toBe('{"isSuccess":"1","returnMsg":""}')
    const long = platform.acknowledge(false, '原'.repeat(300))
    expect(JSON.parse(long)).toEqual({ isSuccess: '0', returnMsg: '原'.repeat(256) })
  })
})

const plain = () => connected({ encrypted: false })

function signed(rig: ReturnType<typeof plain>, raw: string, over: string) {
  const { merchantAppId: appId, mchId } = rig.context.parameters.hrssPay
  const sign = rig.sandbox.teller.gateway.sign({ appId, mchId, data: over })
  return bodyOf(`{"appId":"${appId}", "mchId":"${mchId}", "data": ${raw} ,"sign":"${sign}"}`)
}

describe('plain data, where that is configured', () => {
  it('[RS-75] is verified over its text as it was written, or sorted without blanks', () => {
    const rig = plain()
    const raw = '{ "wayCode":"SBK", "payStatus":"2", "mchOrderId":"S1","payOrderId":"1" }'
    const compact = '{"mchOrderId":"S1","payOrderId":"1","payStatus":"2","wayCode":"SBK"}'
    expect(rig.platform.readNotice(signed(rig, raw, raw))).toMatchObject({ verified: true })
    expect(rig.platform.readNotice(signed(rig, raw, compact))).toMatchObject({ verified: true })
    expect(rig.platform.readNotice(signed(rig, raw, `${raw} `))).toMatchObject({ verified: false })
  })

  it('[RS-75] is not taken where data is encrypted, nor the other way round', () => {
    const [one, other] = [plain(), connected()]
    expect(one.platform.readNotice(spoken(other, CONTENT)).verified).toBe(false)
    const raw = JSON.stringify(CONTENT)
    expect(other.platform.readNotice(signed(one, raw, raw)).verified).toBe(false)
  })
})

describe('a question for a person’s orders', () => {
  const PERSON = { idTypeOrder: '01', idNumberOrder: '510121687837179580' }
  const LISTED = {
    mchOrderId: 'S1',
    amountFen: fen(20),
    orderType: '10001',
    createdAt: NOW,
    title: '测试订单 1',
  } as const

  it('[RS-70] names the person, and the default is a resident', () => {
    const rig = connected()
    const person = { idType: '01', idNo: PERSON.idNumberOrder }
    expect(rig.platform.readPersonQuestion(spoken(rig, PERSON))).toEqual(person)
    const { idTypeOrder: _default, ...rest } = PERSON
    expect(rig.platform.readPersonQuestion(spoken(rig, rest))).toEqual(person)
  })

  it.each([{ idNumberOrder: '' }, { idNumberOrder: '%' }, { idTypeOrder: '02' }])(
    '[RS-70] [RS-60] with %j is not read',
    (changes) => {
      const rig = connected()
      const call = spoken(rig, { ...PERSON, ...changes })
      expect(rig.platform.readPersonQuestion(call)).toEqual({ reason: 'content-unreadable' })
    },
  )

  it('[RS-70] is answered as in the document, and alike for somebody without orders', () => {
    const { platform, sandbox, context } = connected()
    const person = { idType: '01', idNo: PERSON.idNumberOrder } as const
    const { merchantAppId: appId, mchId } = context.parameters.hrssPay
    const open = (text: string): unknown => {
      const answer: { data: string } = JSON.parse(text)
      expect({ ...answer, data: '' }).toEqual({ appId, mchId, data: '' })
      return JSON.parse(sandbox.teller.gateway.decrypt(answer.data) ?? '')
    }
    expect(open(platform.answerPerson(person, []))).toEqual({ ...PERSON, orderData: [] })
    expect(open(platform.answerPerson(person, [LISTED]))).toEqual({
      ...PERSON,
      orderData: [
        {
          orderAmount: 20,
          mchOrderId: 'S1',
          orderType: '10001',
          notifyUrl: NOTIFY,
          orderCreateTime: '2026-11-20 09:00:00',
          orderTitle: '测试订单 1',
        },
      ],
    })
  })

  it('[RS-70] is answered with a signature where that is configured', () => {
    const { platform } = connected({ signAnswer: true })
    const answer: Fields = JSON.parse(platform.answerPerson({ idType: '01', idNo: '1' }, []))
    expect(Object.keys(answer)).toEqual(['appId', 'mchId', 'data', 'sign'])
  })
})

describe('the members of an object', () => {
  it('are found as they were written', () => {
    expect(membersOf(String.raw` { "a" : [1, {"b":","}] , "c\"" :"}\"," } `)).toEqual(
      new Map([
        ['a', '[1, {"b":","}]'],
        ['c"', String.raw`"}\","`],
      ]),
    )
    expect(membersOf('{}')).toEqual(new Map())
    expect(membersOf(String.raw`{"a":1,"\u0061":2}`)).toBeNull()
  })
})
