import { afterEach, describe, expect, it } from 'vitest'
import type { RawNotice } from '../../src/upstreams/bank.ts'
import { bankStub, type Given, serve, type Served, testApp } from '../support/app.ts'
import { asker, asPatient, opened, SELF_PAY } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(given: Given = {}) {
  const app = await testApp(given)
  served = await serve(app)
  const bank = asker(served, { 'content-type': 'application/x-www-form-urlencoded' })
  return { app, bank, patient: await asPatient(app, served) }
}

const PATH = '/callbacks/icbc/self-pay'

describe('a callback of the bank', () => {
  it('reaches the flow as raw bytes, and the answer is the bank’s to the letter', async () => {
    const heard: string[] = []
    const bank = bankStub({
      readNotice: (raw) => {
        heard.push(`${raw.kind} ${raw.path} ${raw.body.toString('latin1')}`)
        return bankStub().readNotice(raw)
      },
      acknowledge: () => ({
        contentType: 'application/json; charset=utf-8',
        headers: { 'x-nonce': 'n' },
        body: '{"a":1, "b":2}',
      }),
    })
    const { bank: post } = await start({ bank })
    const answer = await post('POST', '/callbacks/icbc/mixed-order', { raw: 'x=%E4%B8&x=2 +' })
    expect(heard).toEqual(['mixed-order /callbacks/icbc/mixed-order x=%E4%B8&x=2 +'])
    expect([answer.status, answer.text]).toEqual([200, '{"a":1, "b":2}'])
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  it('[SC-S06] that is good is processed after a flood of bad ones from the same address', async () => {
    const { app, bank, patient } = await start()
    const order = await opened(patient, SELF_PAY)
    await patient('POST', `${order}/payment`)
    for (let i = 0; i < 400; i += 1) {
      const bad = await bank('POST', PATH, { raw: `bad=${i}` })
      expect(bad.body).toEqual({ ok: false })
    }
    expect(await app.db.q('inbox').select()).toEqual([])
    const { out_trade_no } = await app.db.q('attempts').first('out_trade_no')
    const good = await bank('POST', PATH, { raw: `good=${out_trade_no}` })
    expect(good.body).toEqual({ ok: true })
    expect(await app.db.q('inbox').select()).toHaveLength(1)
  })

  it('[SC-S06] is exempt from the patients’ limit, also from an address that is banned there', async () => {
    const { bank, patient } = await start({ settings: { LIMIT_PER_IP: '1' } })
    await patient('GET', '/api/orders')
    expect((await patient('GET', '/api/orders')).status).toBe(429)
    expect((await bank('POST', PATH, { raw: 'bad=1' })).status).toBe(200)
  })

  it('[SC-S06] is heard only from the configured networks, when there are any', async () => {
    const elsewhere = await start({ settings: { CALLBACK_NETWORKS: '10.0.0.0/8' } })
    const refused = await elsewhere.bank('POST', PATH, { raw: 'good=1' })
    expect([refused.status, refused.body['code']]).toEqual([403, 'forbidden'])
    const spoofed = await elsewhere.bank('POST', PATH, {
      raw: 'good=1',
      headers: { 'x-forwarded-for': '10.0.0.1' },
    })
    expect(spoofed.status).toBe(403)
    expect(await elsewhere.app.db.q('inbox').select()).toEqual([])
    await served?.close()
    const here = await start({ settings: { CALLBACK_NETWORKS: '127.0.0.1' } })
    expect((await here.bank('POST', PATH, { raw: 'good=1' })).status).toBe(200)
  })

  it('[SC-P11] that could not be stored is 500, so that the bank repeats', async () => {
    const { app, bank } = await start()
    await app.db.q.schema.dropTable('inbox')
    const { status, body } = await bank('POST', PATH, { raw: 'good=1' })
    expect([status, body['code']]).toEqual([500, 'internal-error'])
  })

  it('of another type is 415, and one that is too large is 413: nothing is read of either', async () => {
    const never = bankStub({
      readNotice: () => {
        throw new Error('read')
      },
    })
    const { bank } = await start({ bank: never })
    const json = { 'content-type': 'application/json' }
    expect((await bank('POST', PATH, { raw: '{}', headers: json })).status).toBe(415)
    expect((await bank('POST', PATH, { raw: 'x'.repeat(300_000) })).status).toBe(413)
    expect((await bank('GET', PATH)).status).toBe(405)
  })

  it('[SC-G05] is heard where and as the configured bank speaks, and nowhere else', async () => {
    const heard: RawNotice[] = []
    const { profile, ...usual } = bankStub()
    const json = { 'content-type': 'application/json', 'x-nonce': 'n', cookie: 'secret' }
    const { bank } = await start({
      bank: {
        ...usual,
        profile: { ...profile, name: 'standard-bank', noticeMediaType: 'application/json' },
        readNotice: (raw) => {
          heard.push(raw)
          return usual.readNotice(raw)
        },
        acknowledge: () => ({
          contentType: 'application/json',
          headers: { 'x-signature': 's' },
          body: '{}',
        }),
      },
    })
    const path = '/callbacks/standard-bank/self-pay'
    const answer = await bank('POST', path, { raw: 'good=1', headers: json })
    expect([answer.status, answer.headers.get('x-signature')]).toEqual([200, 's'])
    expect(heard).toMatchObject([{ kind: 'self-pay', path, headers: { 'x-nonce': 'n' } }])
    expect(Object.keys(heard[0]?.headers ?? {})).toEqual(['x-nonce'])
    expect((await bank('POST', PATH, { raw: 'good=1', headers: json })).status).toBe(404)
    expect((await bank('POST', path, { raw: 'good=1' })).status).toBe(415)
  })
})
