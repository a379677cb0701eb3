/** What the commands of reconciliation share: days on the command line, progress, and who runs them. */
import { userInfo } from 'node:os'
import { systemClock } from '../../src/clock.ts'
import { businessDate } from '../../src/payment/numbers.ts'
import { dayBefore, isDay } from '../../src/reconciliation/days.ts'
import { refuse, type Usage } from '../parts/command-line.ts'

/** The day before today, in Asia/Shanghai. */
export const yesterday = (): string => dayBefore(businessDate(systemClock().now()))

export const dayOf = (usage: Usage, option: string, given: string): string =>
  isDay(given) ? given : refuse(usage, `${option} 须为存在的日期，如 2026-11-19`)

/** Runs move no money: whoever is logged in to this machine is who ran it. */
export const whoRuns = (): string => userInfo().username.slice(0, 64)

/** One line that renews itself; nothing where nobody looks. */
export function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

export const EXIT_CODES = '退出码：0 全部相符，1 有差异，2 未能运行。'
export const SAME_SETTINGS =
  '配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。'
