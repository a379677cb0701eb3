/** `npm run wrap-secret`: a secret as it may stand in a settings file (SC-S08). */
import { text } from 'node:stream/consumers'
import { ConfigError, readKeyEncryptionKey } from '../src/config.ts'
import { WRAPPED, wrapSecret } from '../src/crypto/keystore.ts'
import { sealer } from '../src/crypto/seal.ts'
import { Secret } from '../src/errors.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { askUnseen } from './parts/unseen.ts'

const USAGE = {
  command: 'npm run wrap-secret',
  help: `用法：npm run --silent wrap-secret < 明文文件

从标准输入读取一个明文（在终端中则询问，不回显），输出用密钥加密密钥封装后的 wrapped: 文本。
把它写进配置即可，例如 HIS_TOKEN=wrapped:s1:…，任何配置项都可以这样写。
明文末尾的一个换行不算在内；明文不能写在命令行里，别人看得见。

密钥加密密钥与服务相同：KEY_FILE 或 KEY_ENCRYPTION_KEY，取自环境变量或 .env
（ENV_FILE=文件 可换一个文件）。换了这把密钥，封装过的配置和数据库都打不开。

  --help    显示本页

退出码：0 成功，2 用法或配置有误。

例：
  npm run wrap-secret
  npm run --silent wrap-secret < his-token.txt
  openssl rand -hex 32 | KEY_FILE=/etc/jianlian/key npm run --silent wrap-secret`,
}

async function clearText(): Promise<Secret> {
  if (process.stdin.isTTY) return askUnseen('明文')
  return new Secret((await text(process.stdin)).replace(/\r?\n$/, ''))
}

async function main(): Promise<void> {
  // Any number of words, so that none is repeated in a refusal: it may be the secret.
  const { words } = readCommandLine(USAGE, {}, Number.POSITIVE_INFINITY)
  if (words.length > 0) refuse(USAGE, '明文只从标准输入读取，不能写在命令行里')
  const box = sealer(readKeyEncryptionKey())
  const clear = await clearText()
  if (clear.reveal().trim() === '') refuse(USAGE, '标准输入里没有明文')
  if (clear.reveal().startsWith(WRAPPED)) refuse(USAGE, '这个值已经封装过')
  console.log(wrapSecret(clear, box))
}

try {
  await main()
} catch (error) {
  if (!(error instanceof ConfigError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
