import type { Sm2KeyPair } from '../parameters.ts'

/** What the feedback form (反馈表) hands to the hospital. */
interface OneCodeParameters {
  readonly orgId: string
  /** Six digits of the province. */
  readonly province: string
  readonly sm4KeyHex: string
  readonly orgCodg: string
}

/** `hospital` signs our requests, `collection` its answers and notices. */
interface CollectionParameters {
  readonly appId: string
  readonly theirAppId: string
  readonly merchantNo: string
  readonly hospital: Sm2KeyPair
  readonly collection: Sm2KeyPair
  readonly sm4KeyHex: string
}

interface Make {
  readonly hex: (length: number) => string
  readonly digits: (length: number) => string
  readonly sm2: () => Sm2KeyPair
}

export interface CounterParameters {
  readonly oneCode: OneCodeParameters
  readonly collection: CollectionParameters
}

export const makeCounter = (make: Make, orgCodg: string): CounterParameters => ({
  oneCode: {
    orgId: `sys${make.digits(6)}`,
    province: '510000',
    sm4KeyHex: make.hex(16),
    orgCodg,
  },
  collection: {
    appId: `JL${make.digits(10)}`,
    theirAppId: `POS${make.digits(9)}`,
    merchantNo: `87${make.digits(10)}`,
    hospital: make.sm2(),
    collection: make.sm2(),
    sm4KeyHex: make.hex(16),
  },
})
