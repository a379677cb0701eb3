/** Known answers, asked at every start: a changed library stops the service, not a payment. */
import { Secret } from '../errors.ts'
import { hmacSha1Base64, hmacSha256Hex, hmacSm3 } from './mac.ts'
import { SM2_IMPLEMENTATIONS } from './sm2.ts'
import type { Sm2Engine, Sm2Implementation, Sm2PrivateKey } from './sm2.ts'
import { sm3Hex } from './sm3.ts'
import { sm4CbcEncrypt, sm4EcbEncrypt } from './sm4.ts'

export interface KnownAnswer {
  readonly name: string
  readonly answer: string
  readonly ask: () => string
}

const SM4_BLOCK = Buffer.from('0123456789abcdeffedcba9876543210', 'hex')
const CBC_IV = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const CBC_PLAIN = Buffer.from(
  'aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffaaaaaaaabbbbbbbb',
  'hex',
)
const QUESTION = 'what do ya want for nothing?'

const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  {
    name: 'SM3 (GB/T 32905)',
    answer: '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0',
    ask: () => sm3Hex('abc'),
  },
  {
    name: 'SM4-ECB (GB/T 32907)',
    answer: '681edf34d206965e86b3e94f536e4246',
    ask: () => sm4EcbEncrypt(SM4_BLOCK, SM4_BLOCK).subarray(0, 16).toString('hex'),
  },
  {
    name: 'SM4-CBC (draft-ribose-cfrg-sm4, A.2.2)',
    answer: '78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d',
    ask: () => sm4CbcEncrypt(SM4_BLOCK, CBC_IV, CBC_PLAIN).subarray(0, 32).toString('hex'),
  },
  {
    name: 'HMAC-SM3 (GM/T 0042)',
    answer: '2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882',
    ask: () => hmacSm3('Jefe', QUESTION).toString('hex'),
  },
  {
    name: 'HMAC-SHA256 (RFC 4231)',
    answer: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ask: () => hmacSha256Hex('Jefe', QUESTION),
  },
  {
    name: 'HMAC-SHA1 (RFC 2202)',
    answer: '7/zfauXrL6LSdBbV8YTfnCWafHk=',
    ask: () => hmacSha1Base64('Jefe', QUESTION),
  },
]

// GB/T 32918.5, the example of a signature; the user ID is the default one.
const USER_ID = '1234567812345678'
const MESSAGE = Buffer.from('message digest')
const STANDARD_KEY: Sm2PrivateKey = {
  hex: new Secret('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8'),
  publicKey: {
    hex:
      '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
      'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  },
}
const SIGNATURE = Buffer.from(
  'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
    'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  'hex',
)

/**
 * Takes tens of milliseconds.
 * @returns the SM2 engine to use: sm-crypto-v2 where OpenSSL has no SM2, or not the standard's.
 * @throws Error that names the first vector that failed.
 */
export function selfTest(
  implementations: Readonly<Record<Sm2Engine, Sm2Implementation>> = SM2_IMPLEMENTATIONS,
): { sm2Engine: Sm2Engine } {
  checkKnownAnswers(KNOWN_ANSWERS)
  const { native, 'sm-crypto-v2': smCrypto } = implementations
  if (!verifiesTheStandard(smCrypto)) fail('SM2 verification (GB/T 32918.5) by sm-crypto-v2')
  if (!verifiesTheStandard(native)) {
    if (!agree(smCrypto, smCrypto)) fail('SM2 signature of sm-crypto-v2, verified by itself')
    return { sm2Engine: 'sm-crypto-v2' }
  }
  if (!agree(native, smCrypto)) fail('SM2 signature of OpenSSL, verified by sm-crypto-v2')
  if (!agree(smCrypto, native)) fail('SM2 signature of sm-crypto-v2, verified by OpenSSL')
  return { sm2Engine: 'native' }
}

export function checkKnownAnswers(knownAnswers: readonly KnownAnswer[]): void {
  for (const { name, answer, ask } of knownAnswers) {
    let given: string
    try {
      given = ask()
    } catch (cause) {
      fail(name, cause)
    }
    if (given !== answer) fail(name)
  }
}

function verifiesTheStandard(implementation: Sm2Implementation): boolean {
  return holds(() => implementation.verifier(STANDARD_KEY.publicKey, USER_ID)(MESSAGE, SIGNATURE))
}

function agree(signing: Sm2Implementation, verifying: Sm2Implementation): boolean {
  return holds(() => {
    const signature = signing.signer(STANDARD_KEY, USER_ID)(MESSAGE)
    return verifying.verifier(STANDARD_KEY.publicKey, USER_ID)(MESSAGE, signature)
  })
}

/** An OpenSSL without SM2 throws, one that hashes in its own way says false: both are of no use. */
function holds(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}

function fail(name: string, cause?: unknown): never {
  throw new Error(`self-test failed: ${name}`, cause === undefined ? {} : { cause })
}
