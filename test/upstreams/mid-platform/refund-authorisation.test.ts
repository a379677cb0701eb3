import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { asPayAuthNo } from '../../../src/payment/authorisation.ts'
import { createMidPlatform } from '../../../src/sandbox/mid-platform.ts'
import {
  MID_PLATFORM_PROFILE,
  refundAuthorisation,
} from '../../../src/upstreams/mid-platform/adapter.ts'
import { envelopeKeys } from '../../../src/upstreams/mid-platform/envelope.ts'
import { ORIGINAL_AUTHORISATION } from '../../../src/upstreams/original-authorisation.ts'
import { NOW, privateKey, publicKey, sendTo, watched } from '../stub.ts'
import { type Link, settled } from './link.ts'

const PATH = '/org/local/api/hos/refund_auth'

/** Step 3 at the same platform as `link`. */
function authorisationAt(link: Link, path = PATH) {
  const { context } = link
  const { midPlatform: parameters } = context.parameters
  const watch = watched(sendTo(createMidPlatform(context)))
  const role = refundAuthorisation(
    {
      baseUrl: 'http://sandbox/mid-platform',
      timeoutMs: 1000,
      keys: envelopeKeys({
        appId: parameters.appId,
        appSecret: new Secret(parameters.appSecret),
        privateKey: privateKey(parameters.hospital),
        platformKeys: [publicKey(parameters.platform)],
      }),
      profile: MID_PLATFORM_PROFILE,
      hospital: {
        orgCodg: parameters.orgCodg,
        orgId: parameters.orgId,
        acctUsedFlag: '1',
        pubHospRfomFlag: '1',
      },
      send: watch.send,
      recordExchange: watch.recordExchange,
      now: () => NOW,
      warn: () => {},
    },
    path,
  )
  return { ...watch, role }
}

describe('the authorisation of a refund', () => {
  it('comes from the mid-platform, the same when asked again, and 6203 takes it [SC-R03]', async () => {
    const { link, refund, question, owed } = await settled()
    const { role, sent, written } = authorisationAt(link)
    const { refundNo, payOrdId, payAuthNo: original } = refund
    const { name, idNo } = question
    const request = { refundNo, original, payOrdId, name, idNo }
    const first = await role.authorise(request)
    const again = await role.authorise(request)
    if (first.kind !== 'done' || again.kind !== 'done') throw new Error(JSON.stringify(first))
    expect(again.value.reveal()).toBe(first.value.reveal())
    expect(first.value.reveal()).not.toBe(original.reveal())
    expect(new Set(sent.map(({ url }) => url))).toEqual(
      new Set([`http://sandbox/mid-platform${PATH}`]),
    )
    for (const secret of [original.reveal(), first.value.reveal(), name, idNo])
      expect(written()).not.toContain(secret)
    const other = { ...refund, refundNo: 'RF02', payAuthNo: first.value }
    expect((await link.adapter.refund(other)).kind).toBe('unknown')
    expect((await link.adapter.refund({ ...refund, payAuthNo: first.value })).kind).toBe('done')
    expect(owed()).toBe(0)
  })

  it('is refused to another person and of another order [SC-R03]', async () => {
    const { link, refund, question } = await settled()
    const { role } = authorisationAt(link)
    const { refundNo, payOrdId, payAuthNo: original } = refund
    const { name, idNo } = question
    const request = { refundNo, original, payOrdId, name, idNo }
    expect((await role.authorise({ ...request, name: '李四' })).kind).toBe('refused')
    expect((await role.authorise({ ...request, payOrdId: 'ORD0' })).kind).toBe('refused')
    const foreign = asPayAuthNo('AUTH0000')
    expect((await role.authorise({ ...request, original: foreign })).kind).toBe('refused')
  })

  it('is unknown where nobody answers at that path [SC-R03]', async () => {
    const { link, refund, question } = await settled()
    const { role } = authorisationAt(link, '/org/local/api/hos/elsewhere')
    const { refundNo, payOrdId, payAuthNo: original } = refund
    const { name, idNo } = question
    const answer = await role.authorise({ refundNo, original, payOrdId, name, idNo })
    expect(answer.kind).toBe('unknown')
  })
})

describe('the payment’s own authorisation', () => {
  it('serves the refund without a call [SC-R03]', async () => {
    const original = asPayAuthNo('AUTH1')
    const request = { refundNo: 'RF1', original, payOrdId: 'ORD1', name: '张三', idNo: '1' }
    expect(await ORIGINAL_AUTHORISATION.authorise(request)).toEqual({
      kind: 'done',
      value: original,
    })
  })
})
