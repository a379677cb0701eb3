/** `npm run sandbox -- [port] [parameters.json]`: the pretend upstreams alone, with their test pack. */
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { SandboxParameters } from '../src/sandbox/parameters.ts'
import { makeParameters } from '../src/sandbox/parameters.ts'
import { startSandbox } from '../src/sandbox/server.ts'
import { SUFFIXES } from '../src/sandbox/suffixes.ts'
import { readCommandLine, refuse } from './command-line.ts'

const USAGE = {
  command: 'npm run sandbox',
  help: `用法：npm run sandbox -- [端口] [参数文件.json]

  单独启动模拟上游（HIS、微信授权、医保核心、中台、工行、患者手机），只监听 127.0.0.1，不动真钱。

  端口            缺省 8090；0 为任意空闲端口
  参数文件.json   联调参数，含密钥：没有就生成并写入，有就沿用；不给则每次重新生成、不保存
  --help          显示本页

例：
  npm run sandbox
  npm run sandbox -- 8090 .data/parameters.json`,
}

const { words } = readCommandLine(USAGE, {}, 2)
const [portText = '8090', file = null] = words
const port = Number(portText)
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  refuse(USAGE, `端口是 0 到 65535 的整数，不是 ${portText}`)

/** The same file serves the next start, so that a configured service keeps matching. */
function parametersOf(path: string | null): SandboxParameters {
  if (path !== null && existsSync(path)) {
    const saved: SandboxParameters = JSON.parse(readFileSync(path, 'utf8'))
    return saved
  }
  const fresh = makeParameters(() => randomInt(2 ** 32) / 2 ** 32, { alipay: true })
  if (path !== null) writeFileSync(path, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600 })
  return fresh
}

const sandbox = await startSandbox({ port, parameters: parametersOf(file) })
console.log(`沙盒已启动：${sandbox.url}`)
const PREFIXES = 'his wechat alipay/gateway.do insurance mid-platform icbc phone sandbox'
for (const prefix of PREFIXES.split(' ')) console.log(`  ${sandbox.url}/${prefix}`)
if (file !== null) console.log(`联调参数（含密钥，仅供沙盒）：${file}`)
console.log('\n账单号后缀决定上游如何表现，例如 MZ20261121000001-MF08：')
console.log('  I 纯医保   M 混合（缺省）   S 全自费   Fnn 异常：')
for (const [code, sentence] of SUFFIXES) console.log(`  ${code}  ${sentence}`)
console.log('\n按 Ctrl+C 停止。')

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void sandbox.stop().then(() => process.exit(0))
  })
