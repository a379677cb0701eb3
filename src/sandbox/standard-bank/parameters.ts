import type { Generator, Sm2KeyPair } from '../parameters.ts'

/** `hospital` signs our requests, `bank` its answers and callbacks. */
export interface StandardBankParameters {
  /** Ours, as the bank knows us. */
  readonly appId: string
  readonly bankAppId: string
  readonly merchantNo: string
  readonly hospital: Sm2KeyPair
  readonly bank: Sm2KeyPair
  readonly sm4KeyHex: string
}

export function makeStandardBank(make: Generator): StandardBankParameters {
  return {
    appId: `JL${make.digits(10)}`,
    bankAppId: `BANK${make.digits(8)}`,
    merchantNo: `86${make.digits(10)}`,
    hospital: make.sm2(),
    bank: make.sm2(),
    sm4KeyHex: make.hex(16),
  }
}
