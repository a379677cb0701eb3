import { sealer, type Sealer } from '../../src/crypto/seal.ts'
import { Secret } from '../../src/errors.ts'

/** One invented key for every test: what one handle sealed, another opens. */
export const TEST_KEY = '000102030405060708090a0b0c0d0e0f'

export const testSealer: Sealer = sealer(new Secret(Buffer.from(TEST_KEY, 'hex')))
