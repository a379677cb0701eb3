/** Holds the rules of the house (ARCHITECTURE.md): a table, and what reads it. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../src/config.ts'
import { VARIABLES } from '../src/config/variables.ts'
import { Secret } from '../src/errors.ts'
import { type Import, readSources, ROOT, type Use } from './support/source-files.ts'

/**
 * Who may import whom. A name is a folder or a file of `src`; `type x` allows its types alone,
 * `x/y` one file of it. Everybody may import from their own folder; an upstream only from its own
 * and from the files beside the folders.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  clock: [],
  config: ['crypto', 'errors', 'payment', 'reconciliation/files/profiles'],
  logger: [],
  crypto: ['errors'],
  payment: ['errors'],
  reconciliation: ['payment', 'errors'],
  upstreams: ['payment', 'crypto', 'errors'],
  store: ['payment', 'reconciliation', 'crypto', 'errors'],
  app: ['clock', 'config', 'crypto', 'errors', 'logger', 'payment', 'store', 'upstreams', 'wiring'],
  wiring: [
    'clock',
    'config',
    'crypto',
    'errors',
    'logger',
    'payment',
    'reconciliation/files/profile',
    'reconciliation/files/read',
    'upstreams',
  ],
  flows: [
    'type app',
    'payment',
    'reconciliation',
    'store',
    'errors',
    'upstreams/upstream',
    'upstreams/bank',
    'upstreams/one-code',
    'upstreams/hrss-pay',
    'upstreams/certificates',
    'upstreams/one-card',
    'upstreams/settlement-files',
    'upstreams/ledger',
  ],
  worker: ['type app', 'flows', 'store', 'payment', 'errors'],
  http: ['type app', 'flows', 'payment', 'errors', 'logger', 'type config'],
  sandbox: ['errors'],
  main: ['app', 'clock', 'config', 'http', 'store', 'worker'],
  scripts: [
    'app',
    'clock',
    'config',
    'crypto',
    'errors',
    'flows',
    'http',
    'logger',
    'main',
    'payment',
    'reconciliation',
    'sandbox',
    'store',
    'upstreams',
    'worker',
  ],
}

/** Only these may load these packages. */
const OWNERS: Record<string, readonly string[]> = {
  got: ['src/upstreams/http-client.ts'],
  'p-retry': ['src/upstreams/ask-again.ts'],
  'ssh2-sftp-client': ['src/upstreams/settlement-files/sftp.ts'],
  ssh2: [
    'src/sandbox/settlement-files/parameters.ts',
    'src/sandbox/settlement-files/sftp-server.ts',
    'src/upstreams/settlement-files/ssh.ts',
  ],
  'node-rsa': ['src/crypto/rsa.ts', 'src/sandbox/alipay-gateway.ts', 'src/sandbox/icbc/signing.ts'],
}

const CLOCKS = ['src/clock.ts', 'src/sandbox/server.ts']
const SETTINGS = ['src/config.ts', 'src/sandbox/server.ts']
const SPARING = 'src/flows/spare-new-orders.ts'
const FORBIDDEN_NAMES =
  /^(service|manager|handler|util|utils|helper|helpers|common|shared|core|types|index)$/

const sources = readSources()
const ours = sources.filter(({ path }) => /^(src|scripts)\//.test(path))
const src = sources.filter(({ path }) => path.startsWith('src/'))

/** `src/upstreams/his/adapter.ts` -> `upstreams`, `src/app.ts` -> `app`. */
function moduleOf(path: string): string {
  const parts = path.replace(/\.ts$/, '').split('/')
  return parts[0] === 'src' ? (parts[1] ?? '') : (parts[0] ?? '')
}

function mayImport({ from, target, typeOnly }: Import): boolean {
  const [mine, theirs] = [moduleOf(from), moduleOf(target)]
  if (mine === theirs) return mine !== 'upstreams' || sameUpstream(from, target)
  const file = target.replace(/^src\//, '').replace(/\.ts$/, '')
  const allowed = MAY_IMPORT[mine] ?? []
  const types = typeOnly && allowed.includes(`type ${theirs}`)
  return types || allowed.includes(theirs) || allowed.includes(file)
}

function sameUpstream(from: string, target: string): boolean {
  const folder = dirname(target)
  return folder === 'src/upstreams' || folder === dirname(from)
}

const isLocal = ({ target }: Import): boolean => target.includes('/') && !target.startsWith('@')
const arrow = ({ from, target }: Import): string => `${from} -> ${target}`
const place = ({ file, line, what }: Use): string => `${file}:${line} ${what}`

function usesOf(names: readonly string[], allowed: readonly string[], files = src): string[] {
  return files
    .filter(({ path }) => !allowed.includes(path))
    .flatMap(({ uses }) => uses.filter(({ what }) => names.includes(what)).map(place))
}

const linesWith = (pattern: RegExp, files = sources): string[] =>
  files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
      ),
  )

describe('who may import whom', () => {
  it('has a row for every folder and file of src', () => {
    const modules = new Set(ours.map(({ path }) => moduleOf(path)))
    expect([...modules].filter((name) => !(name in MAY_IMPORT))).toEqual([])
  })

  it('is as the table says', () => {
    const imports = ours.flatMap((file) => file.imports.filter(isLocal))
    expect(imports.length).toBeGreaterThan(300)
    expect(imports.filter((each) => !mayImport(each)).map(arrow)).toEqual([])
  })

  it('the clock is built by main and scripts; everybody else is given one', () => {
    const taken = src.flatMap((file) =>
      file.imports.filter(({ target }) => target === 'src/clock.ts'),
    )
    const builders = taken.filter(({ typeOnly }) => !typeOnly).map(({ from }) => from)
    expect(builders.filter((from) => !['src/main.ts', 'src/app.ts'].includes(from))).toEqual([])
  })

  it.each(Object.entries(OWNERS))('%s is loaded only by its wrapper', (name, owners) => {
    const users = src.flatMap((file) => file.imports.filter(({ target }) => target === name))
    expect(users.map(({ from }) => from).filter((from) => !owners.includes(from))).toEqual([])
  })

  it('the sandbox shares no crypto code with the adapters', () => {
    const sandbox = src.filter(({ path }) => path.startsWith('src/sandbox/'))
    const borrowed = sandbox.flatMap((file) =>
      file.imports.filter(({ target }) => /^src\/(crypto|upstreams|payment|store)/.test(target)),
    )
    expect(borrowed.map(arrow)).toEqual([])
  })

  it('production cannot reach the sandbox', () => {
    const reached = src.filter(({ path }) => !path.startsWith('src/sandbox/'))
    const ways = reached.flatMap((file) =>
      file.imports.filter(({ target }) => target.startsWith('src/sandbox/')),
    )
    expect(ways.map(arrow)).toEqual([])
  })
})

describe('entry and breakers', () => {
  it('[SC-A04, SC-O15] are asked before something new begins, and by nobody else', () => {
    const asks = /\b(checkEntry|needBank|needInsurance|beginInsurance|needOneCode|needHrssPay)\(app/
    const askers = src.filter(({ path, text }) => path !== SPARING && asks.test(text))
    expect(askers.map(({ path }) => path).toSorted()).toEqual([
      'src/flows/authorise.ts',
      'src/flows/hrss-pay/place.ts',
      'src/flows/one-code/payment.ts',
      'src/flows/open-order.ts',
      'src/flows/pre-settle.ts',
    ])
    const resting = src.filter(({ text }) => /\.isResting\(|\.probe\(/.test(text))
    expect(resting.map(({ path }) => path)).toEqual([SPARING])
  })
})

describe('time, waiting, chance and the environment', () => {
  it('come from the clock alone', () => {
    const names = ['Date.now', 'new Date()', 'setTimeout', 'setInterval', 'performance.now']
    expect(usesOf(names, CLOCKS)).toEqual([])
    expect(usesOf(names, []).join()).toMatch(/src\/clock\.ts:\d+ Date\.now/)
    const timers = src.flatMap(({ imports }) => imports)
    expect(timers.filter(({ target }) => /^(node:)?timers/.test(target)).map(arrow)).toEqual([])
  })

  it('chance comes from the app', () => {
    expect(usesOf(['Math.random'], CLOCKS)).toEqual([])
  })

  it('only config reads the environment', () => {
    expect(usesOf(['process.env'], SETTINGS)).toEqual([])
  })
})

describe('by the numbers', () => {
  it('no file has more than 300 lines', () => {
    const long = sources.filter(({ lines }) => lines > 300)
    expect(long.map(({ path, lines }) => `${path} ${lines}`)).toEqual([])
  })

  it('no function has more than 50 lines', () => {
    const long = ours.flatMap(({ functions }) => functions.filter(({ lines }) => lines > 50))
    expect(long.map(({ file, line, lines }) => `${file}:${line} ${lines}`)).toEqual([])
  })

  it('nothing is exported by default and nothing is any', () => {
    const configs = ['vitest.config.ts', 'vitest.mutation.config.ts']
    expect(usesOf(['export default', 'any'], configs, sources)).toEqual([])
  })

  it('no name says nothing', () => {
    const names = sources.flatMap(({ path }) =>
      path.split('/').map((part) => basename(part, '.ts')),
    )
    expect(names.filter((name) => FORBIDDEN_NAMES.test(name.replace(/\.test$/, '')))).toEqual([])
  })

  it('nothing is left to be done later in a comment', () => {
    // Written so that this line does not find itself.
    const words = /\b(TO[D]O|FIX[M]E|X[X]X)\b/
    expect(linesWith(words)).toEqual([])
  })

  it('[SC-T01] nobody switches the checking of certificates off', () => {
    const off = /rejectUnauthorized\s*:\s*false|NODE_TLS_REJECT_UNAUTHORIZED\W*=/
    expect(linesWith(off, ours)).toEqual([])
  })
})

describe('.env.example', () => {
  const lines = readFileSync(join(ROOT, '.env.example'), 'utf8').split('\n')
  const example = new Map<string, string>()
  const optional = new Set<string>()
  for (const line of lines) {
    const [, hash, name, value] = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    example.set(name, value)
    if (hash) optional.add(name)
  }

  it('lists exactly the variables of config.ts', () => {
    expect([...example.keys()].toSorted()).toEqual(Object.keys(VARIABLES).toSorted())
  })

  it.each(Object.entries(VARIABLES))(
    '%s has its default, or a value that is valid',
    (name, schema) => {
      const given = schema.safeParse(example.get(name))
      expect(given.error?.message).toBeUndefined()
      const unset = schema.safeParse(undefined)
      if (unset.success && unset.data !== undefined) expect(given.data).toEqual(unset.data)
      if (optional.has(name)) expect(unset).toEqual({ success: true, data: undefined })
    },
  )

  it('is a complete configuration for the sandbox', () => {
    const required = [...example].filter(([name]) => !optional.has(name))
    const settings = readSettings(Object.fromEntries(required))
    expect(settings.ENVIRONMENT).toBe('sandbox')
    expect(settings.DATABASE_URL).toBeInstanceOf(Secret)
  })
})
