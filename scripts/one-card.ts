/** `npm run one-card`: the one-card of Hunan end to end, the service in front of the pretend platform. */
import { randomBytes } from 'node:crypto'
import { readCommandLine } from './command-line.ts'
import { oneCardService } from './one-card/stage.ts'
import { STEPS } from './one-card/story.ts'

const USAGE = {
  command: 'npm run one-card',
  help: `用法：npm run one-card

  演示湖南社会保障“一卡通”：本服务与模拟平台之间逐一走完各流程（真实 HTTP、签名与 SM4，不动真钱）。
  每行一个流程及其要求编号；数据只在内存里，结束即无。

退出码：0 全部成功，1 有流程未成功。

例：
  npm run one-card`,
}

readCommandLine(USAGE, {})
const stage = await oneCardService(randomBytes(16).toString('hex'))
let failed = 0
for (const { ids, what, run } of STEPS) {
  const held = await run(stage.desk, stage.bill).catch((error: unknown) => {
    console.error(error)
    return false
  })
  if (!held) failed += 1
  console.log(`${held ? '✓' : '✗'} ${ids.padEnd(13)} ${what}`)
}
await stage.stop()
console.log(`${STEPS.length - failed} 个流程成功，${failed} 个失败`)
process.exitCode = failed === 0 ? 0 : 1
