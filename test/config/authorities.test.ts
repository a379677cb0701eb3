import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { testSettings } from '../support/app.ts'
import { refusal } from '../support/refusal.ts'

const folder = mkdtempSync(join(tmpdir(), 'authorities-'))
const key = join(folder, 'key.pem')
const certificate = join(folder, 'ca.pem')
const args = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=ca']
execFileSync('openssl', ['req', '-x509', ...args, '-keyout', key, '-out', certificate], {
  stdio: 'ignore',
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  'HIS_CA_FILE',
  'INSURANCE_CA_FILE',
  'MID_PLATFORM_CA_FILE',
  'STANDARD_BANK_CA_FILE',
  'HRSS_PAY_CA_FILE',
] as const)('%s', (name) => {
  it('is read at start, with every certificate in it', () => {
    const pem = readFileSync(certificate, 'utf8')
    const chain = join(folder, 'chain.pem')
    writeFileSync(chain, `his authority\n${pem}${pem}`)
    expect(testSettings().authorities).toEqual({})
    expect(testSettings({ [name]: certificate }).authorities).toEqual({ [name]: pem })
    expect(refusal({ [name]: chain })).toBe('accepted')
  })

  it('[SC-T01] is refused when it cannot be read, holds none, or a broken one', () => {
    const cut = join(folder, 'cut.pem')
    writeFileSync(cut, readFileSync(certificate, 'utf8').replace(/\n.{20}/, '\n'))
    const none = `${name} names a file without a PEM certificate, or with a broken one`
    expect(refusal({ [name]: join(folder, 'none') })).toBe(
      `${name} names a file that cannot be read`,
    )
    expect(refusal({ [name]: key })).toBe(none)
    expect(refusal({ [name]: cut })).toBe(none)
  })
})
