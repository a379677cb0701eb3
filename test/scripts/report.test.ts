import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSheet } from 'read-excel-file/node'
import { afterAll, describe, expect, it } from 'vitest'
import { pageOf } from '../../scripts/report/html.ts'
import { sectionsOf, verdictOf, yuan } from '../../scripts/report/sections.ts'
import { workbookOf } from '../../scripts/report/xlsx.ts'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { partsOf } from '../support/office-file.ts'
import { ROOT } from '../support/source-files.ts'
import { sampleReport } from './report-sample.ts'

const HOSTILE = '=HYPERLINK("https://evil.example")<script>'

describe('[SC-C03] the report', () => {
  it('says the day in one sentence', async () => {
    expect(verdictOf(await sampleReport())).toBe(
      '未结差异 3 笔，涉及 132.52 元；尚未核对：医保月度明细。',
    )
    const quiet = { ...(await sampleReport()), open: [], missing: [] }
    expect(verdictOf(quiet)).toBe('没有未结差异；三方账簿均已核对。')
  })

  it('writes amounts with two decimals, groups and sign', () => {
    expect([0, 5, -5, 123_456_789, -100_000].map(yuan)).toEqual([
      '0.00',
      '0.05',
      '-0.05',
      '1,234,567.89',
      '-1,000.00',
    ])
  })

  it('tells each open break with its sentence and the safe next step', async () => {
    const page = pageOf(await sampleReport())
    expect(page).toContain(
      '长款（单边账）：银行订单号 B1，银行有收款 123.45 元，本系统没有记录，可能是回调丢失，或不经本系统收款。',
    )
    expect(page).toContain('转人工处理')
  })

  it('tells a run that found the same again once, and every file it was about', async () => {
    const sections = new Map(sectionsOf(await sampleReport()).map((one) => [one.name, one.rows]))
    expect(sections.get('核对结果')).toHaveLength(6)
    expect(sections.get('依据文件')?.[0]).toEqual([
      '银行账单',
      '2026-11-19 12:00:00',
      'bank.txt',
      'ab'.repeat(32),
    ])
  })

  it('tells late items under the day they belong to, beside an untouched sum', async () => {
    const sections = sectionsOf(await sampleReport())
    expect(sections[0]?.rows[0]?.slice(1)).toEqual([
      { fen: 123_456_789 },
      { count: 1 },
      { fen: 10_000 },
      { count: 1 },
      { fen: 2_500 },
      { count: 1 },
      { fen: 10_000 },
      { fen: 123_474_289 },
    ])
    expect(sections[1]?.rows.map((row) => [row[0], row[1], row[5]])).toEqual([
      ['以前日期，本日入账', '2026-11-17', 'M0'],
      ['本日款项，后补', '2026-11-19', 'M9'],
    ])
  })
})

describe('[SC-C03] the page', () => {
  it('needs nothing from elsewhere, and what a stranger wrote stays text', async () => {
    const page = pageOf(await sampleReport(HOSTILE))
    expect(page).not.toMatch(/<script|<link|https?:\/\/(?!evil)|url\(/)
    expect(page).toContain('=HYPERLINK(&quot;https://evil.example&quot;)&lt;script&gt;')
    expect(page).toContain(`default-src 'none'`)
  })

  it('can be heard: language, headings, scopes, and a title for each chart', async () => {
    const page = pageOf(await sampleReport())
    expect(page).toContain('<html lang="zh-CN">')
    expect(page.match(/<svg [^>]*role="img" aria-labelledby/g)).toHaveLength(2)
    expect(page).toContain('近 30 天差异笔数：未结 4 笔，已结 2 笔')
    expect(page).not.toMatch(/<th>/)
  })
})

describe('[SC-C03] the workbook', () => {
  it('keeps amounts as numbers that add up, and holds no formula whatever is written into it', async () => {
    const bytes = Buffer.from(await workbookOf(await sampleReport(HOSTILE)))
    const [title, , , heading, first] = await readSheet(bytes, '资金核对')
    expect(title?.[0]).toBe('对账日报 2026-11-19　资金核对')
    expect(heading?.at(-1)).toBe('期末')
    expect(first?.slice(1)).toEqual([1_234_567.89, 1, 100, 1, 25, 1, 100, 1_234_742.89])
    for (const [name, text] of partsOf(bytes))
      if (name.startsWith('xl/worksheets/')) expect(text).not.toContain('<f>')
    const results = await readSheet(bytes, '核对结果')
    expect(results[4]?.[2]).toBe(HOSTILE)
  })

  it('says nothing of when it was written', async () => {
    const bytes = Buffer.from(await workbookOf(await sampleReport()))
    expect(Buffer.from(await workbookOf(await sampleReport())).equals(bytes)).toBe(true)
    for (const text of partsOf(bytes).values())
      expect(text).not.toMatch(/dcterms|20\d\d-\d\d-\d\dT/)
  })
})

describe('[SC-C03] npm run report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-report-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const environment = sandboxEnvironment(makeParameters(Math.random), {
    sandboxUrl: 'http://127.0.0.1:1',
    publicUrl: 'http://127.0.0.1:2',
    databaseUrl: `sqlite:${join(folder, 'report.db')}`,
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'x'.repeat(32),
  })
  const report = (...args: string[]) => {
    const env = { PATH: process.env['PATH'], ...environment }
    const command = [join(ROOT, 'scripts/report.ts'), ...args]
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  const files = () => ['r.xlsx', 'r.html'].map((name) => readFileSync(join(folder, name), 'hex'))

  it('writes both files, tells that no book was compared, and writes the same bytes again', () => {
    const args = ['--date', '2026-11-19', '--out', 'r.xlsx', '--out', 'r.html']
    expect(report(...args)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('尚未核对：银行账单、HIS 台账、医保月度明细'),
    })
    const first = files()
    expect(JSON.parse(report(...args, '--json').stdout)).toMatchObject({ open: 0 })
    expect(files()).toEqual(first)
  }, 60_000)

  it('ends with 2 when it was misused or could not write', () => {
    expect(report('--date', '2026-02-30', '--out', 'r.xlsx').status).toBe(2)
    expect(report('--date', '2026-11-19', '--out', 'r.pdf')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--out 只能是 .xlsx 或 .html：r.pdf'),
    })
    expect(report('--date', '2026-11-19', '--out', '/proc/r.html').status).toBe(2)
  }, 60_000)
})
