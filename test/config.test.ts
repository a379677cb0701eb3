import { describe, expect, it } from 'vitest'
import { ConfigError, legacyLinks, readSettings } from '../src/config.ts'
import { generateSm2KeyPair } from '../src/crypto/sm2.ts'
import { BANK_NEEDS } from '../src/config/rules.ts'
import { VARIABLES } from '../src/config/variables.ts'
import { testSettings } from './support/app.ts'
import { ALIPAY as ALIPAY_KEYS, KEYS } from './support/keys.ts'
import { refusal } from './support/refusal.ts'

function refusalOf(environment: Record<string, string>): string[] {
  try {
    readSettings(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

describe('what is missing or wrong', () => {
  it('is told at once, a line a variable, each beginning with its name', () => {
    const given = { ENVIRONMENT: 'production', HTTP_PORT: 'eighty', LEASE_MS: '1', HIS_URL: ' ' }
    const lines = refusalOf({ ...given, ICBC_URL: 'http://bank.example', LIMIT_PER_IP: '0' })
    expect(lines).toEqual(
      expect.arrayContaining([
        'HTTP_PORT must be a whole number',
        'LIMIT_PER_IP must be at least 1',
        'DATABASE_URL is required',
        'HIS_URL is required',
        'HIS_TOKEN is required',
        'PUBLIC_URL is required',
        'KEY_FILE or KEY_ENCRYPTION_KEY is required',
        'PATIENT_JWKS_URL or PATIENT_JWT_SECRET is required',
        'LEASE_MS must be longer than CALL_TIMEOUT_MS',
        'ICBC_URL must be https: (http: only to loopback in ENVIRONMENT=sandbox)',
      ]),
    )
    const names = lines.map((line) => /^[A-Z][A-Z0-9_]+/.exec(line)?.[0] ?? line)
    expect(new Set(names).size).toBe(lines.length)
  })

  it('is never told with the value of a secret', () => {
    expect(refusal({ ICBC_PRIVATE_KEY: 'canary-of-a-key', ICBC_URL: 'no url' })).not.toContain(
      'canary',
    )
  })

  it.each([
    [{ ENVIRONMENT: 'staging' }, 'ENVIRONMENT must be sandbox or test or production'],
    [{ HTTP_PORT: '70000' }, 'HTTP_PORT must be at most 65535'],
    [{ LIMIT_PER_IP: '0' }, 'LIMIT_PER_IP must be at least 1'],
    [{ LIMIT_PER_DEVICE: '0' }, 'LIMIT_PER_DEVICE must be at least 1'],
    [{ LIMIT_PER_DEVICE_PAYING: '0' }, 'LIMIT_PER_DEVICE_PAYING must be at least 1'],
    [{ ORDER_LIFE_MS: '0' }, 'ORDER_LIFE_MS must be at least 1'],
    [{ PAY_AUTH_LIFE_MS: '0' }, 'PAY_AUTH_LIFE_MS must be at least 1'],
    [{ SCHEDULE_TAIL_GAPS_MS: '0' }, 'SCHEDULE_TAIL_GAPS_MS must be at least 1'],
    [{ SCHEDULE_TAIL_END_MS: '79999' }, 'SCHEDULE_TAIL_END_MS must not be before the end of'],
    [{ SCHEDULE_QUESTION_TIMEOUT_MS: '5000' }, 'SCHEDULE_QUESTION_TIMEOUT_MS must be shorter'],
    [{ ICBC_URL: 'bank.example' }, 'ICBC_URL must be a complete address, https://host/path'],
    [{ ICBC_URL: 'https://me:pw@bank.example' }, 'ICBC_URL must not hold a user name or password'],
    [{ HOSPITAL_LOCATION: 'Chengdu' }, 'HOSPITAL_LOCATION must read "longitude,latitude"'],
    [{ ICBC_INSTITUTION_NUMBER: 'A-{seq:6}' }, 'ICBC_INSTITUTION_NUMBER must give at most 32'],
    [{ ICBC_SUBMIT_PATH: '/gw/x' }, 'ICBC_SUBMIT_PATH must be a path that begins with /api/'],
    [{ PATIENT_JWT_SECRET: '' }, 'PATIENT_JWKS_URL or PATIENT_JWT_SECRET is required'],
    [{ INSURANCE_AUTHENTICATOR: 'x-tif' }, 'INSURANCE_TIF_SECRET is required by'],
    [{ INSURANCE_AUTHENTICATOR: 'csb' }, 'INSURANCE_CSB_ACCESS_KEY is required by'],
    [{ INSURANCE_PERSON_QUERY: 'queryPsninfobyZFB' }, 'INSURANCE_PERSON_URL is required by'],
    [{ DATABASE_URL: 'postgres://x' }, 'DATABASE_URL must begin with sqlite: or mysql://'],
    [{ DATABASE_URL: 'sqlite::memory:' }, 'DATABASE_URL must not be kept in memory'],
    [{ ORDER_LIFE_MS: '7200001' }, 'ORDER_LIFE_MS must not be longer than SCHEDULE_TAIL_END_MS'],
    [{ TRUSTED_PROXIES: '10.0.0.1,proxy' }, 'TRUSTED_PROXIES must list addresses or networks'],
    [{ EXEMPT_NETWORKS: '0.0.0.0/0' }, 'EXEMPT_NETWORKS must list addresses or networks'],
    [{ CALLBACK_NETWORKS: '10.0.0.0/33' }, 'CALLBACK_NETWORKS must list addresses or networks'],
    [{ ONE_CARD_NETWORKS: '::/0' }, 'ONE_CARD_NETWORKS must list addresses or networks'],
    [{ MID_PLATFORM_APP_ID: 'short' }, 'MID_PLATFORM_APP_ID must have at least 16 characters'],
    [{ REFUND_TYPE: 'ALL' }, 'REFUND_ALL_RETURNS_CASH must say yes or no with REFUND_TYPE=ALL'],
    [{ REFUND_AUTHORISATION_PATH: 'auth' }, 'REFUND_AUTHORISATION_PATH must be a path that begins'],
  ])('%o is refused by name', (given, sentence) => {
    expect(refusal(given)).toContain(sentence)
  })

  it('a refund of everything is allowed once it is stated who returns the cash [SC-R05]', () => {
    for (const REFUND_ALL_RETURNS_CASH of ['yes', 'no'])
      expect(refusal({ REFUND_TYPE: 'ALL', REFUND_ALL_RETURNS_CASH })).toBe('accepted')
  })

  it('an address may end with a slash: calls bring their own', () => {
    expect(testSettings({ ICBC_URL: 'https://bank.example/gw/' }).ICBC_URL).toBe(
      'https://bank.example/gw',
    )
  })

  it('a tail that ends with the window is allowed, as are thirty-two characters', () => {
    expect(refusal({ SCHEDULE_TAIL_END_MS: '80000', ORDER_LIFE_MS: '80000' })).toBe('accepted')
    expect(refusal({ ICBC_INSTITUTION_NUMBER: '{seq:32}' })).toBe('accepted')
  })
})

describe('transport', () => {
  const urls = Object.keys(VARIABLES).filter(
    (name) => name.endsWith('_URL') && name !== 'DATABASE_URL',
  )

  it.each(urls)('[SC-T01] %s over plain http is refused', (name) => {
    expect(refusal({ [name]: 'http://bank.example' })).toContain(`${name} must be https:`)
  })

  it('[SC-T01] plain http passes to loopback in the sandbox and nowhere else', () => {
    const local = { ICBC_URL: 'http://127.0.0.1:8090/icbc' }
    expect(refusal({ ...local, ENVIRONMENT: 'sandbox' })).toBe('accepted')
    expect(refusal({ ...local, ENVIRONMENT: 'test' })).toContain('ICBC_URL')
    expect(refusal({ ...local, ENVIRONMENT: 'production' })).toContain('ICBC_URL')
    expect(refusal({ ICBC_URL: 'http://10.1.2.3/icbc', ENVIRONMENT: 'sandbox' })).toContain(
      'ICBC_URL',
    )
  })
})

describe('a private network', () => {
  const reason = 'no TLS on the medical private network yet; 2027-06-30'

  it.each(['HIS', 'INSURANCE', 'MID_PLATFORM'])(
    '[SC-T01] may carry plain http to %s alone when it says why and until when',
    (link) => {
      const plain = { [`${link}_URL`]: 'http://10.1.2.3/x', ENVIRONMENT: 'test' }
      const optedIn = { ...plain, [`${link}_PLAIN_HTTP`]: reason }
      expect(refusal(plain)).toContain(`${link}_URL must be https:`)
      expect(refusal(optedIn)).not.toContain(`${link}_URL`)
      expect(refusal({ ...optedIn, ICBC_URL: 'http://10.1.2.3/x' })).toContain('ICBC_URL')
      expect(refusal({ ...optedIn, [`${link}_PLAIN_HTTP`]: 'yes' })).toContain('must read "reason;')
    },
  )

  it('[SC-B02] counts as legacy while it does', () => {
    const [link] = legacyLinks(testSettings({ INSURANCE_PLAIN_HTTP: reason }))
    expect(link).toMatchObject({ link: 'insurance-plain-http', deadline: '2027-06-30' })
  })

  it.each([
    'socks5://10.1.2.3:1080',
    'http://user:word@10.1.2.3',
    '10.1.2',
    'http://10.1.2.3/path',
  ])('[SC-O03] has no route %s', (route) =>
    expect(refusal({ INSURANCE_ROUTE: route })).toContain('INSURANCE_ROUTE must be'),
  )
})

describe('a key that cannot be read', () => {
  const OF_OTHERS = ['COLLECTION', 'HRSS_PAY'].flatMap((link) =>
    ['PRIVATE_KEY', 'THEIR_PUBLIC_KEY', 'SM4_KEY'].map((half) => `${link}_${half}`),
  )
  const names = [...Object.keys(KEYS), ...OF_OTHERS].filter((name) => name.endsWith('KEY'))

  it.each(names)('[SC-O06] [SC-T04] is told by its name, never by its text: %s', (name) => {
    const BANK = name.startsWith('STANDARD_BANK') ? 'standard-bank' : 'icbc'
    for (const text of ['canary', 'ffff', '-1']) {
      const says = refusal({ BANK, [name]: text })
      expect(says).toContain(`${name} is not an SM`)
      expect(says).not.toContain(text)
    }
  })
})

describe('keys of the other side', () => {
  it.each(['HIS_THEIR_PUBLIC_KEY', 'MID_PLATFORM_THEIR_PUBLIC_KEY', 'ICBC_GATEWAY_PUBLIC_KEY'])(
    '[SC-T04] are one or, while it is being changed, two different ones: %s',
    (name) => {
      const [one, other] = [1, 2].map(() => generateSm2KeyPair().publicKeyHex)
      expect(refusal({ [name]: `${one}, ${other}` })).toBe('accepted')
      expect(refusal({ [name]: `${one}, 04bb` })).toContain(`${name} is not an SM2 public key`)
      expect(refusal({ [name]: '04aa,04bb,04cc' })).toContain(`${name} may hold two keys`)
      expect(refusal({ [name]: '04aa,04aa' })).toContain(`${name} holds the same key twice`)
      expect(refusal({ [name]: ' , ' })).toContain(`${name} is required`)
    },
  )
})

describe('our own listener', () => {
  it('[SC-T01] leaves loopback only behind a TLS terminator', () => {
    expect(refusal({ HTTP_HOST: '0.0.0.0' })).toContain('HTTP_HOST')
    expect(refusal({ HTTP_HOST: '0.0.0.0', TRUSTED_PROXIES: '10.0.0.5/32' })).toBe('accepted')
  })
})

describe('Alipay', () => {
  const ALIPAY = {
    ALIPAY_GATEWAY_URL: 'https://openapi.alipay.example/gateway.do',
    ...ALIPAY_KEYS,
  }

  it.each(Object.keys(ALIPAY))(
    'is opened whole or not at all: without %s it is refused',
    (name) => {
      expect(refusal(ALIPAY)).toBe('accepted')
      expect(refusal({ ...ALIPAY, [name]: '' })).toContain(name)
      expect(refusal({ ALIPAY_APP_ID: '2021000000000001' })).toContain('ALIPAY_LEGACY')
    },
  )

  it('[SC-B02] runs on RSA2 as legacy, with its deadline', () => {
    const legacy = { reason: 'Alipay signs with RSA2', deadline: '2027-06-30' }
    expect(legacyLinks(testSettings(ALIPAY))).toEqual([{ link: 'alipay', ...legacy }])
  })
})

describe('the clearing bank [SC-G05]', () => {
  const all = Object.values(BANK_NEEDS).flat()

  it.each(['icbc', 'standard-bank'] as const)('%s needs nothing of the other', (BANK) => {
    const others = all.filter((name) => !new Set<string>(BANK_NEEDS[BANK]).has(name))
    expect(refusal({ BANK, ...Object.fromEntries(others.map((name) => [name, ''])) })).toBe(
      'accepted',
    )
  })

  it.each(['icbc', 'standard-bank'] as const)('%s needs all of its own', (BANK) => {
    for (const name of BANK_NEEDS[BANK])
      expect(refusal({ BANK, [name]: '' })).toBe(`${name} is required by BANK=${BANK}`)
  })

  it('is ICBC unless it says otherwise, and one of the two', () => {
    expect(testSettings().BANK).toBe('icbc')
    expect(refusal({ BANK: 'both' })).toBe('BANK must be icbc or standard-bank')
  })

  it('[SC-B02] has no legacy of a bank that is not used', () => {
    const ICBC_LEGACY = 'existing app; 2027-06-30'
    expect(legacyLinks(testSettings({ ICBC_LEGACY }))).toMatchObject([{ link: 'icbc' }])
    expect(legacyLinks(testSettings({ ICBC_LEGACY, BANK: 'standard-bank' }))).toEqual([])
  })

  it.each(['ICBC_INSTITUTION_NUMBER', 'STANDARD_BANK_INSTITUTION_NUMBER'])(
    'makes numbers that differ: %s',
    (name) => {
      expect(refusal({ [name]: '{merchantNo}' })).toContain(`${name} must contain {seq:N}`)
      expect(refusal({ [name]: '{seq:33}' })).toContain(`${name} must give at most 32`)
    },
  )
})
