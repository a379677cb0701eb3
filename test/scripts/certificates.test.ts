import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { exitCodeOf, listed, presented, type Report } from '../../scripts/certificates/report.ts'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { judgeKey, judgeServer } from '../../src/flows/certificates/judge-certificates.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { certificate, DAY_MS, KEY, shown } from '../support/certificates-in-use.ts'
import { ROOT } from '../support/source-files.ts'
import { MORNING } from '../support/virtual-clock.ts'

const HIS = { name: 'HIS_URL', origin: 'https://his.example' }
const serverWith = (days: number) => judgeServer(HIS, shown([certificate(days)]), MORNING)
const GOOD: Report = {
  now: MORNING,
  findings: [serverWith(300), judgeKey(KEY, null)],
  dueAt: MORNING + DAY_MS,
  broken: null,
  last: null,
}

describe('[SC-T04] the report', () => {
  it('ends well only when everything is good, signed in time and untouched', () => {
    expect(exitCodeOf(GOOD)).toBe(0)
    expect(exitCodeOf({ ...GOOD, findings: [serverWith(60)] })).toBe(1)
    expect(exitCodeOf({ ...GOOD, dueAt: MORNING - 1 })).toBe(1)
    expect(exitCodeOf({ ...GOOD, broken: 2 })).toBe(1)
  })

  it('has a line each with what to do, and the certificate with names, times, key and hosts', () => {
    const text = listed({ ...GOOD, findings: [serverWith(5)] })
    expect(text).toMatch(/^注意\s+HIS_URL\s+5\s+证书将在 5 天后到期$/m)
    expect(text).toContain('要做：立即更换证书')
    expect(text).toContain('证书 CN=his.example，签发者 CN=Hospital CA')
    expect(text).toContain(
      '有效期 2026-10-21 09:00:00 至 2026-11-25 09:00:00，主机名 DNS:his.example',
    )
    expect(text).toContain('RSA 2048 位，sha256WithRSAEncryption')
  })

  it('says that the audit is overdue, and that a record was changed', () => {
    const text = listed({ ...GOOD, dueAt: MORNING - DAY_MS, broken: 2 })
    expect(text).toContain('年度核查已逾期（应于 2026-11-19 前完成）')
    expect(text).toContain('第 2 号核查记录与签署时不一致')
    expect(listed(GOOD)).toContain('尚无签署的核查记录。')
  })

  it('counts the days for programs too', () => {
    expect(presented(GOOD).findings.map(({ daysLeft }) => daysLeft)).toEqual([300, null])
  })
})

describe('[SC-T04] npm run certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-audit-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const environment = sandboxEnvironment(makeParameters(Math.random), {
    sandboxUrl: 'http://127.0.0.1:1',
    publicUrl: 'http://127.0.0.1:2',
    databaseUrl: `sqlite:${join(folder, 'audit.db')}`,
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'x'.repeat(32),
  })
  const run = (script: string, args: string[], more: Record<string, string> = {}) => {
    const env = { PATH: process.env['PATH'], ...environment, ...more }
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }
  const certificates = (args: string[], more: Record<string, string> = {}) =>
    run('scripts/certificates.ts', args, more)

  it('signs off for an operator with a key of their own, and for nobody else', () => {
    const added = run('scripts/work-items.ts', ['operator', 'add', '王敏', '--json'])
    const { key } = JSON.parse(added.stdout)
    const wrong = certificates(['--sign-off', '王敏'], { OPERATOR_KEY: 'guessed' })
    expect([wrong.status, wrong.stderr]).toEqual([1, '操作员或密钥不正确。\n'])
    expect(certificates(['--sign-off', '王敏'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('缺少操作员密钥：设置 OPERATOR_KEY 或在终端中运行\n'),
    })
    expect(JSON.parse(certificates(['--json']).stdout).audit.last).toBeNull()
    const signed = certificates(['--sign-off', '王敏', '--json'], { OPERATOR_KEY: key })
    expect(signed.status).toBe(1)
    expect(JSON.parse(signed.stdout).audit).toMatchObject({
      overdue: false,
      tamperedRecord: null,
      last: { no: 1, operator: '王敏' },
    })
    expect(signed.stdout).not.toContain(key)
  }, 60_000)

  it('says in words that it could not look, with exit code 2', () => {
    const { status, stderr } = certificates([], { HIS_URL: 'http://his.example' })
    expect([status, stderr]).toEqual([2, expect.stringContaining('HIS_URL must be https:')])
  })
})
