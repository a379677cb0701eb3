import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { isSecret, settingsNamed } from '../../scripts/parameters/names.ts'
import { ROOT } from '../support/source-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'jianlian-parameters-'))
afterAll(() => rmSync(folder, { recursive: true }))

const KEY = '000102030405060708090a0b0c0d0e0f'
let files = 0

function file(content: string, name = `${(files += 1)}.csv`): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function run(into: string, feedback: string, ...more: string[]) {
  const program = join(ROOT, 'scripts/import-parameters.ts')
  const args = ['--into', into, '--feedback', file(feedback), ...more]
  const options = { env: { KEY_ENCRYPTION_KEY: KEY }, timeout: 15_000 }
  return new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, [program, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: out + err }),
    )
  })
}

const TEST = ['--environment', 'test'] as const
const EXAMPLE = readFileSync(join(ROOT, '.env.example'), 'utf8')
const read = (path: string) => parseEnv(readFileSync(path, 'utf8'))

describe('[SC-O01] npm run import-parameters', () => {
  it('fills every setting that a name of the form stands for, wraps the secret ones, and says none', async () => {
    const into = join(folder, 'new.env')
    const form = '参数名,参数值\n定点机构编号,H51010000009\npartnerSecret,canary-secret\n'
    const { code, said } = await run(into, form, ...TEST)
    expect(code).toBe(1)
    expect(said).toContain('HIS_URL is required')
    expect(said).not.toMatch(/canary-secret|H51010000009/)
    const settings = read(into)
    expect(settings).toMatchObject({
      ENVIRONMENT: 'test',
      INSURANCE_ORG_CODE: 'H51010000009',
      WECHAT_ORG_CODG: 'H51010000009',
      ICBC_MED_INST_NO: 'H51010000009',
    })
    expect(settings['WECHAT_PARTNER_SECRET']).toMatch(/^wrapped:s1:/)
    expect(statSync(into).mode & 0o777).toBe(0o600)
  })

  it('says that the service would start once nothing is missing', async () => {
    const into = file(EXAMPLE.replaceAll('http://', 'https://'), 'whole.env')
    const { code, said } = await run(into, '商户号,1606000001\n', '--environment', 'sandbox')
    expect(code, said).toBe(2)
    writeFileSync(into, readFileSync(into, 'utf8').replace('=sandbox', '=test'))
    const imported = await run(into, '商户号,1606000001\n', ...TEST)
    expect(imported.said).toContain('服务可以用这份配置启动')
    expect(imported.code).toBe(0)
  })

  it('keeps comments and every other value of the file', async () => {
    const before = EXAMPLE.replace('ENVIRONMENT=sandbox', 'ENVIRONMENT=test')
    const into = file(before, 'kept.env')
    await run(into, 'ICBC_CITY_ID,510101\nHIS_ROUTE,10.1.2.3\n', ...TEST)
    const after = readFileSync(into, 'utf8')
    expect(after.split('\n').filter((line, at) => line !== before.split('\n')[at])).toEqual([
      'HIS_ROUTE=10.1.2.3',
      'ICBC_CITY_ID=510101',
    ])
  })

  it('[SC-O14] never puts the parameters of one environment into the file of another', async () => {
    const into = file('ENVIRONMENT=test\nICBC_CITY_ID=510100\n', 'mixed.env')
    const { code, said } = await run(into, '商户号,1\n', '--environment', 'production')
    expect([code, said]).toEqual([2, expect.stringContaining('配置文件属于 test')])
    expect(readFileSync(into, 'utf8')).toBe('ENVIRONMENT=test\nICBC_CITY_ID=510100\n')
  })

  it('refuses a form with anything that it cannot use, by row, and writes nothing', async () => {
    const into = join(folder, 'none.env')
    const form =
      '参数名,参数值\n暗号,x\nENVIRONMENT,production\n商户号,\norgCodg,H1\n定点机构编号,H2\n'
    const { code, said } = await run(into, form, ...TEST)
    expect(code).toBe(2)
    expect(said.trim().split('\n')).toEqual([
      '反馈单第 2 行的参数名不认识',
      '反馈单第 3 行的参数名不认识',
      '反馈单第 4 行没有参数值',
      '反馈单第 6 行与前面的一行给出了不同的值',
    ])
    expect(() => statSync(into)).toThrow('ENOENT')
  })

  it('reads a heading in the first row alone: further down it is a name that nobody knows', async () => {
    const { code, said } = await run(join(folder, 'head.env'), '商户号,1\n参数二,2\n', ...TEST)
    expect([code, said]).toEqual([2, '反馈单第 2 行的参数名不认识\n'])
  })

  it('only looks with --dry-run', async () => {
    const into = join(folder, 'dry.env')
    const { said } = await run(into, '商户号,1\n', ...TEST, '--dry-run')
    expect(said).toContain('将写入')
    expect(() => statSync(into)).toThrow('ENOENT')
  })
})

describe('the names of a feedback form', () => {
  it('lead to settings, whatever stands in brackets, and never to the key that seals', () => {
    expect(settingsNamed('商户号（微信）')).toEqual(['ICBC_SUB_MCHID'])
    expect(settingsNamed(' org Codg ')).toContain('WECHAT_ORG_CODG')
    for (const name of ['KEY_ENCRYPTION_KEY', 'DATABASE_URL', 'toString', '__proto__'])
      expect(settingsNamed(name)).toEqual([])
  })

  it('are secret exactly where the settings say so', () => {
    expect(isSecret('ICBC_PRIVATE_KEY')).toBe(true)
    expect(isSecret('HIS_SM4_KEY')).toBe(true)
    expect(isSecret('ICBC_GATEWAY_PUBLIC_KEY')).toBe(false)
    expect(isSecret('ICBC_SUB_MCHID')).toBe(false)
  })
})
