/** `npm run sm2-key-pair`: our half of a link that signs with SM2 (RS-12): the private key sealed, the public one to hand over. */
import { ConfigError, readKeyEncryptionKey } from '../src/config.ts'
import { wrapSecret } from '../src/crypto/keystore.ts'
import { sealer } from '../src/crypto/seal.ts'
import { generateSm2KeyPair, sm2PublicKeyDer } from '../src/crypto/sm2.ts'
import { Secret } from '../src/errors.ts'
import { readCommandLine } from './parts/command-line.ts'

const USAGE = {
  command: 'npm run sm2-key-pair',
  help: `用法：npm run --silent sm2-key-pair

生成一对 SM2 密钥，用于由本院签名的链路（人社支付平台、银行、中台等）：
  私钥  只以密钥加密密钥封装后的 wrapped: 文本输出，写进配置，例如 HRSS_PAY_PRIVATE_KEY=wrapped:s1:…
  公钥  十六进制（04‖x‖y）与 Base64（X.509 SubjectPublicKeyInfo）各一行，交给对方

密钥加密密钥与服务相同：KEY_FILE 或 KEY_ENCRYPTION_KEY，取自环境变量或 .env（ENV_FILE=文件 可换一个文件）。

  --help    显示本页

退出码：0 成功，2 用法或配置有误。

例：
  npm run --silent sm2-key-pair
  KEY_FILE=/etc/jianlian/key npm run sm2-key-pair`,
}

readCommandLine(USAGE, {})
try {
  const box = sealer(readKeyEncryptionKey())
  const { privateKeyHex, publicKeyHex } = generateSm2KeyPair()
  console.log(`私钥（封装）  ${wrapSecret(new Secret(privateKeyHex), box)}`)
  console.log(`公钥（十六进制）  ${publicKeyHex}`)
  console.log(`公钥（Base64）  ${sm2PublicKeyDer({ hex: publicKeyHex }).toString('base64')}`)
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
