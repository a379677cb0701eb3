import { describe, expect, it } from 'vitest'
import {
  judgeAuthority,
  judgeKey,
  judgeServer,
} from '../../../src/flows/certificates/judge-certificates.ts'
import type { Shown } from '../../../src/upstreams/certificates.ts'
import { certificate, DAY_MS, KEY, shown } from '../../support/certificates-in-use.ts'
import { MORNING } from '../../support/virtual-clock.ts'

const HIS = { name: 'HIS_URL', origin: 'https://his.example' }
const judged = (what: Shown) => judgeServer(HIS, what, MORNING)
const withDays = (days: number) => judged(shown([certificate(days)]))

describe('[SC-T04] a server', () => {
  it('is good until 60 days before its certificate ends', () => {
    expect(withDays(61)).toMatchObject({ verdict: 'good', todo: '', said: '有效，剩余 61 天' })
    expect(withDays(60)).toMatchObject({ verdict: 'warning', todo: '安排更换证书' })
  })

  it('is warned of more loudly at 30 and 7 days, and has failed once it is over', () => {
    expect(withDays(31).todo).toBe('安排更换证书')
    expect(withDays(30).todo).toBe('尽快更换证书')
    expect(withDays(8).todo).toBe('尽快更换证书')
    expect(withDays(7)).toMatchObject({ verdict: 'warning', todo: '立即更换证书' })
    expect(withDays(0).verdict).toBe('warning')
    expect(withDays(-1)).toMatchObject({ verdict: 'failed', said: '证书已过期 1 天' })
  })

  it('ends with the first certificate of its chain', () => {
    const authority = certificate(5, { subject: 'CN=Hospital CA' })
    expect(judged(shown([certificate(300), authority]))).toMatchObject({
      verdict: 'warning',
      expiresAt: authority.notAfter,
      said: '证书将在 5 天后到期（证书链中的 CN=Hospital CA）',
    })
  })

  it('fails with a certificate that is not yet valid, or for another host, or of nobody', () => {
    const early = certificate(300, { notBefore: MORNING + DAY_MS })
    expect(judged(shown([early])).said).toBe('证书尚未生效（CN=his.example）')
    const faults = ['ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_REVOKED']
    const said = faults.map((fault) => judged(shown([certificate(300)], fault)))
    expect(said.map(({ verdict }) => verdict)).toEqual(['failed', 'failed', 'failed'])
    expect(said.map((finding) => finding.said)).toEqual([
      '证书与主机名不符（ERR_TLS_CERT_ALTNAME_INVALID）',
      '自签证书，未列为可信（DEPTH_ZERO_SELF_SIGNED_CERT）',
      '证书未通过校验（CERT_REVOKED）',
    ])
  })

  it.each([
    [{ key: { algorithm: 'RSA', bits: 1_024 } }, 'RSA 密钥只有 1024 位'],
    [{ key: { algorithm: 'EC', bits: 192 } }, 'EC 密钥只有 192 位'],
    [{ signature: 'sha1WithRSAEncryption' }, '签名算法过弱：sha1WithRSAEncryption'],
    [{ signature: 'md5WithRSAEncryption' }, '签名算法过弱：md5WithRSAEncryption'],
  ])('fails with %o anywhere in its chain', (weakness, says) => {
    const chain = [certificate(300), certificate(3_000, weakness)]
    expect(judged(shown(chain))).toMatchObject({
      verdict: 'failed',
      said: `${says}（CN=his.example）`,
    })
  })

  it('that cannot be reached was not checked, which is no pass', () => {
    expect(judged({ kind: 'unreachable', cause: 'timeout' })).toMatchObject({
      verdict: 'unchecked',
      said: '未能连接（timeout），未核查',
    })
  })

  it('without a safe handshake has failed, and in clear it is warned of', () => {
    expect(judged({ kind: 'refused', cause: 'EPROTO' }).verdict).toBe('failed')
    expect(judged({ kind: 'plain-http' }).verdict).toBe('warning')
  })
})

describe('[SC-T04] a private authority', () => {
  it('is judged as a certificate', () => {
    const ending = certificate(3, { subject: 'CN=Hospital CA' })
    expect(judgeAuthority('HIS_CA_FILE', ending, MORNING)).toMatchObject({
      name: 'HIS_CA_FILE',
      about: 'CN=Hospital CA',
      verdict: 'warning',
    })
  })
})

describe('[SC-T04] a key', () => {
  it('is good with its age as far as an audit recorded it', () => {
    expect(judgeKey(KEY, '2025-11-20')).toMatchObject({
      verdict: 'good',
      about: '本方密钥',
      said: 'SM2 256 位，自 2025-11-20 起在用',
    })
    const theirs = judgeKey({ ...KEY, owner: 'theirs' }, null)
    expect([theirs.about, theirs.said]).toEqual(['对方公钥', 'SM2 256 位，此前未核查过'])
  })

  it('[SC-B03] fails when it is short, or printed where everybody can read it', () => {
    const short = judgeKey({ ...KEY, algorithm: 'RSA', bits: 1_024 }, null)
    expect(short).toMatchObject({
      verdict: 'failed',
      said: 'RSA 1024 位，此前未核查过；长度不足',
    })
    expect(judgeKey({ ...KEY, published: true }, null)).toMatchObject({
      verdict: 'failed',
      todo: '按 docs/key-rotation.md 更换',
    })
  })
})
