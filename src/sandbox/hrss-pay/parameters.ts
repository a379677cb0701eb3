import type { Generator, Sm2KeyPair } from '../parameters.ts'

/** `hospital` signs our requests, `platform` its calls to us. */
export interface HrssPayParameters {
  readonly accessKey: string
  readonly appId: string
  readonly merchantAppId: string
  readonly mchId: string
  readonly hospital: Sm2KeyPair
  readonly platform: Sm2KeyPair
  readonly sm4KeyHex: string
}

export function makeHrssPay(make: Generator): HrssPayParameters {
  const mchId = `M${make.digits(6)}`
  return {
    accessKey: `JL${make.hex(8)}`,
    appId: `A${make.digits(3)}`,
    merchantAppId: mchId,
    mchId,
    hospital: make.sm2(),
    platform: make.sm2(),
    sm4KeyHex: make.hex(16),
  }
}
