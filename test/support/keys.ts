/** Keys that can be read: fresh ones, of nobody. */
import { generateKeyPairSync } from 'node:crypto'
import { generateSm2KeyPair } from '../../src/crypto/sm2.ts'

const ours = generateSm2KeyPair()
const theirs = generateSm2KeyPair()
const sm4Key = '0123456789abcdef0123456789abcdef'

/** Of every link that is always open, and of both banks. */
export const KEYS = {
  HIS_PRIVATE_KEY: ours.privateKeyHex,
  HIS_THEIR_PUBLIC_KEY: theirs.publicKeyHex,
  HIS_SM4_KEY: sm4Key,
  MID_PLATFORM_APP_ID: '1234567890abcdef',
  MID_PLATFORM_PRIVATE_KEY: ours.privateKeyHex,
  MID_PLATFORM_THEIR_PUBLIC_KEY: theirs.publicKeyHex,
  ICBC_PRIVATE_KEY: ours.privateKeyHex,
  ICBC_GATEWAY_PUBLIC_KEY: theirs.publicKeyHex,
  ICBC_CIPHER_KEY: sm4Key,
  STANDARD_BANK_PRIVATE_KEY: ours.privateKeyHex,
  STANDARD_BANK_THEIR_PUBLIC_KEY: theirs.publicKeyHex,
  STANDARD_BANK_SM4_KEY: sm4Key,
}

export const rsaKeys = (bits = 2048) =>
  generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })

const rsa = rsaKeys()

/** Everything that opens Alipay but the address of its gateway. */
export const ALIPAY = {
  ALIPAY_APP_ID: '2021000000000001',
  ALIPAY_PRIVATE_KEY: rsa.privateKey,
  ALIPAY_PUBLIC_KEY: rsa.publicKey,
  ALIPAY_LEGACY: 'Alipay signs with RSA2; 2027-06-30',
  ALIPAY_ORG_CODE: 'H1',
  ALIPAY_ORG_CHNL_CRTF_CODE: 'C1',
  ALIPAY_ORG_APP_ID: 'A1',
  ALIPAY_RETURN_PAGE: 'pages/pay/index',
}
