import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { testSettings } from '../support/app.ts'
import { TEST_KEY } from '../support/sealer.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/wrap-secret.ts', import.meta.url))

function wrap(
  input: string,
  {
    options = [],
    key = { KEY_ENCRYPTION_KEY: TEST_KEY },
  }: { options?: string[]; key?: object } = {},
) {
  const env = { PATH: process.env['PATH'], ...key }
  return spawnSync(process.execPath, [SCRIPT, ...options], { input, env, encoding: 'utf8' })
}

describe('npm run wrap-secret', () => {
  it('[SC-S08] prints one line that settings read back, and nothing of the clear text', () => {
    const { stdout, stderr, status } = wrap('  token of HIS 令牌\n')
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/^wrapped:s1:[A-Za-z0-9+/=]+\n$/)
    const { HIS_TOKEN } = testSettings({ KEY_ENCRYPTION_KEY: TEST_KEY, HIS_TOKEN: stdout })
    expect(HIS_TOKEN.reveal()).toBe('token of HIS 令牌')
  })

  it('[SC-S08] takes no secret from the command line and does not repeat it', () => {
    for (const options of [['canary-of-a-secret'], ['two', 'canary-words']]) {
      const { stdout, stderr, status } = wrap('', { options })
      expect({ stdout, status }).toEqual({ stdout: '', status: 2 })
      expect(stderr).toContain('明文只从标准输入读取')
      expect(stderr).not.toContain('canary')
    }
  })

  it('is refused with code 2 without a clear text, for a wrapped one, and without a key', () => {
    expect(wrap('\n')).toMatchObject({ status: 2, stdout: '' })
    expect(wrap('wrapped:s1:AAAA')).toMatchObject({ status: 2, stdout: '' })
    const keyless = wrap('x', { key: {} })
    expect(keyless).toMatchObject({ status: 2, stdout: '' })
    expect(keyless.stderr).toBe('KEY_FILE or KEY_ENCRYPTION_KEY is required\n')
  })
})
