/** What the one-card settings say together: all of it or nothing, and never in clear over the internet. */
import { isIP } from 'node:net'
import type { SomeSettings } from '../config.ts'
import { isLoopback } from './loopback.ts'
import { type Problem, problem } from './words.ts'

export const ONE_CARD_NEEDS = [
  'ONE_CARD_URL',
  'ONE_CARD_APP',
  'ONE_CARD_NODE',
  'ONE_CARD_ACCOUNT',
  'ONE_CARD_ACCESS_KEY',
  'ONE_CARD_SECRET_KEY',
  'ONE_CARD_THEIR_ACCESS_KEY',
  'ONE_CARD_THEIR_SECRET_KEY',
  'ONE_CARD_SM4_KEY',
] as const

export const oneCardProblems = (some: SomeSettings): readonly Problem[] => [
  ...isWhole(some),
  ...isPrivate(some),
]

function isWhole(some: SomeSettings): Problem[] {
  if (ONE_CARD_NEEDS.every((name) => some[name] === undefined)) return []
  const missing = ONE_CARD_NEEDS.filter((name) => some[name] === undefined)
  const opens = 'is required to open the one-card platform'
  // Signature and white list are both asked of a provider: an empty list would hear everybody.
  const lists = (['ONE_CARD_NETWORKS', 'ONE_CARD_SERVICES'] as const).filter(
    (name) => Object.keys(some[name] ?? {}).length === 0,
  )
  const mirrored = some.ONE_CARD_ACCESS_KEY === some.ONE_CARD_THEIR_ACCESS_KEY
  const key = some.ONE_CARD_SM4_KEY?.reveal() ?? ''
  return [
    ...[...missing, ...lists].map((name) => problem(name, opens)),
    ...(mirrored && missing.length === 0
      ? [
          problem(
            'ONE_CARD_THEIR_ACCESS_KEY',
            'must differ: a call of ours would come back as theirs',
          ),
        ]
      : []),
    ...(key === '' || /^[0-9a-fA-F]{32}$/.test(key)
      ? []
      : [problem('ONE_CARD_SM4_KEY', 'must have 32 hex digits')]),
  ]
}

/** Clear HTTP belongs on the business network alone (HN-02): the address must be a private one. */
function isPrivate({ ONE_CARD_URL: url, ONE_CARD_PLAIN_HTTP: optIn }: SomeSettings): Problem[] {
  if (url === undefined || optIn === undefined || new URL(url).protocol !== 'http:') return []
  const { hostname } = new URL(url)
  if (isLoopback(url) || isPrivateAddress(hostname)) return []
  return [problem('ONE_CARD_URL', 'may be http: only to a private address, by its number')]
}

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/

const isPrivateAddress = (host: string): boolean =>
  isIP(host) === 4 ? PRIVATE.test(host) : /^\[f[cd]/i.test(host)
