/** What the one-card platform hands over on registration, and what was agreed with it. */

export interface OneCardParameters {
  readonly app: string
  readonly node: string
  readonly account: string
  /** With which the hospital signs. */
  readonly accessKey: string
  readonly secretKey: string
  /** With which the platform signs. */
  readonly theirAccessKey: string
  readonly theirSecretKey: string
  readonly sm4KeyHex: string
  /** The hospital's name of a service -> its number. */
  readonly services: Readonly<Record<string, string>>
  readonly profile: OneCardProfile
}

export interface OneCardProfile {
  readonly signature: 'powerdtp' | 'csb'
  readonly bodyHash: boolean
  readonly sm4Mode: 'cbc' | 'ecb'
  readonly sm4Scope: 'field' | 'data'
}

/** Only the first number is printed in the document, as an example; the others go on from it. */
const SERVICES = {
  person: 'SC.01.01.01',
  presence: 'SC.01.02.01',
  'presence-result': 'SC.01.02.02',
  card: 'SC.01.03.01',
  'shown-code': 'SC.01.04.01',
  'scan-code': 'SC.01.04.02',
  'scan-result': 'SC.01.04.03',
  'use-record': 'SC.02.01.01',
  grant: 'SC.04.01.01',
  'grant-query': 'SC.04.01.02',
  pay: 'SC.05.01.01',
  'pay-code': 'SC.05.02.01',
  'code-holder': 'SC.05.03.01',
  'code-pay': 'SC.05.03.02',
  'pay-query': 'SC.05.04.01',
  rights: 'YY.03.01.01',
  order: 'YY.05.02.01',
  'payment-notice': 'YY.05.04.01',
} as const

export const makeOneCard = (make: {
  readonly hex: (length: number) => string
}): OneCardParameters => ({
  app: '601',
  node: '430000',
  account: 'sandbox-hospital',
  accessKey: `AK${make.hex(8)}`,
  secretKey: make.hex(16),
  theirAccessKey: `YK${make.hex(8)}`,
  theirSecretKey: make.hex(16),
  sm4KeyHex: make.hex(16),
  services: SERVICES,
  profile: { signature: 'powerdtp', bodyHash: true, sm4Mode: 'cbc', sm4Scope: 'field' },
})
