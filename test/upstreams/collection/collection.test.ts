import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { fen } from '../../../src/payment/money.ts'
import { createCollection } from '../../../src/sandbox/one-code/collection.ts'
import { createSignedLink } from '../../../src/sandbox/signed-link.ts'
import { collection } from '../../../src/upstreams/collection/adapter.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { signedLink } from '../../../src/upstreams/signed-link.ts'
import {
  answering,
  failing,
  flipByte,
  NOW,
  privateKey,
  publicKey,
  sandboxContext,
  seededRandom,
  sendTo,
  watched,
} from '../stub.ts'

const BILL = 'MZ20261121000001-MY'
const CALLBACK = 'https://hospital.example/callbacks/collection/charge'

function build(change: (send: Send) => Send = (send) => send) {
  const context = sandboxContext()
  const { collection: given } = context.parameters
  const watch = watched(change(sendTo(createCollection(context))))
  const role = collection({
    baseUrl: 'https://sandbox/collection',
    merchantNo: given.merchantNo,
    callbackUrl: CALLBACK,
    link: signedLink({
      appId: given.appId,
      theirAppId: given.theirAppId,
      privateKey: privateKey(given.hospital),
      theirKeys: [publicKey(given.collection)],
      fieldKey: new Secret(Buffer.from(given.sm4KeyHex, 'hex')),
    }),
    timeoutMs: 1_000,
    send: watch.send,
    recordExchange: watch.recordExchange,
    now: () => NOW,
    random: seededRandom(),
  })
  const issue = (payCert = 'CERT1', amountFen = 100) =>
    context.registry.payCerts.set(payCert, {
      payCert,
      serialNo: 'S1',
      billNo: BILL,
      amountFen,
      until: NOW + 60_000,
      outTradeNo: null,
    })
  return { ...watch, context, role, issue }
}

const wish = {
  outTradeNo: 'N1',
  certificate: new Secret('CERT1'),
  channel: 'wechat',
  amountFen: fen(100),
  billNo: BILL,
  operatorId: 'C1',
  deviceId: 'D1',
}

describe('the collection', () => {
  it('[YM-45] charges once a number: the same again is the same charge', async () => {
    const { role, issue, context } = build()
    issue()
    const first = await role.charge(wish)
    expect(first).toMatchObject({ kind: 'done', value: { status: 'paid', amountFen: 100 } })
    expect(await role.charge(wish)).toEqual(first)
    expect(await role.chargeState('N1')).toEqual(first)
    expect(await role.chargeState('N2')).toEqual({ kind: 'absent' })
    expect(context.world.ledger.of(BILL)).toHaveLength(1)
  })

  it('[YM-35] a certificate is for one number, its own amount and its own time', async () => {
    const { role, issue } = build()
    issue()
    await role.charge(wish)
    const used = await role.charge({ ...wish, outTradeNo: 'N2' })
    expect(used).toMatchObject({ kind: 'refused', code: 'certificate-used' })
    issue('CERT2', 99)
    const other = { ...wish, outTradeNo: 'N3', certificate: new Secret('CERT2') }
    expect(await role.charge(other)).toMatchObject({ kind: 'refused', code: 'AMOUNT_MISMATCH' })
    const unknown = { ...wish, outTradeNo: 'N4', certificate: new Secret('CERT9') }
    expect(await role.charge(unknown)).toMatchObject({ code: 'CERTIFICATE_INVALID' })
  })

  it('[YM-37] shows the certificate to nobody on the way', async () => {
    const { role, issue, sent, written } = build()
    issue()
    await role.charge(wish)
    expect(String(sent[0]?.body)).not.toContain('CERT1')
    expect(written()).not.toMatch(/CERT1|sm4:/)
    expect(JSON.stringify(wish)).not.toContain('CERT1')
  })

  it.each([
    ['garbage', answering(200, '<h1>')],
    ['a 502', answering(502, '')],
    [
      'an unsigned answer',
      answering(200, '{"code":"OK","message":"","outTradeNo":"N1","status":"PAID"}'),
    ],
    ['silence', failing('unknown')],
  ])('[YM-47] %s proves nothing', async (_, send) => {
    const { role } = build(() => send)
    expect((await role.charge(wish)).kind).toBe('unknown')
    expect((await role.chargeState('N1')).kind).toBe('unknown')
  })

  it('[YM-47] an answer with one bit changed proves nothing; what never left is said so', async () => {
    const { role, issue } = build((send) => async (request) => flipByte(await send(request), 40))
    issue()
    expect((await role.charge(wish)).kind).toBe('unknown')
    expect((await build(() => failing('unsent')).role.charge(wish)).kind).toBe('unsent')
  })
})

const parts = () => {
  const { role, context } = build()
  const { collection: given } = context.parameters
  const link = createSignedLink(context, {
    appId: given.theirAppId,
    keys: given.collection,
    hospitalAppId: given.appId,
    hospitalKeys: given.hospital,
    sm4KeyHex: given.sm4KeyHex,
  })
  const { merchantNo } = given
  const noticed = (content: object, path = '/callbacks/collection/charge') => {
    const body = JSON.stringify({ merchantNo, outTradeNo: 'N1', status: 'PAID', ...content })
    return { headers: link.signRequest(path, body), body: Buffer.from(body) }
  }
  return { role, link, noticed }
}

describe('a notice', () => {
  it('[YM-46] names a charge only when it is signed for this address and this merchant', () => {
    const { role, noticed } = parts()
    expect(role.readNotice(noticed({}))).toEqual({ outTradeNo: 'N1' })
    const forged = noticed({})
    const wrongs = [
      noticed({}, '/elsewhere'),
      noticed({ merchantNo: 'other' }),
      noticed({ outTradeNo: '../1' }),
      { ...forged, body: Buffer.from(forged.body.toString().replace('N1', 'N2')) },
      { ...forged, headers: {} },
    ]
    for (const wrong of wrongs) expect(role.readNotice(wrong)).toBeNull()
  })

  it('[YM-46] is answered signed over its own nonce', () => {
    const { role, link, noticed } = parts()
    const notice = noticed({})
    const { headers, body } = role.acknowledge(notice, true)
    expect(body).toBe('{"code":"OK"}')
    const nonce = notice.headers['x-nonce'] ?? ''
    expect(link.distrustAnswer({ status: 200, headers, body }, nonce)).toBeNull()
    expect(link.distrustAnswer({ status: 200, headers, body }, 'another-nonce-0000')).not.toBeNull()
  })
})
