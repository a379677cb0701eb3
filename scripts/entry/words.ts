/** The entry as operators read it. */
import type { EntryChange, EntryState } from '../../src/flows/entry.ts'
import type { Entry, EntryMode } from '../../src/payment/entry.ts'
import { offsetTime, plainTime } from '../../src/payment/numbers.ts'

const MODES: Readonly<Record<EntryMode, string>> = {
  closed: '关闭（仅测试人员）',
  gradual: '逐步开放',
  open: '全部开放',
}

/** `逐步开放：10 % 的用户，科室 0301、0302` */
export function inWords(entry: Entry): string {
  if (entry.mode !== 'gradual') return MODES[entry.mode]
  const { percent, departments } = entry
  const where = departments.length === 0 ? '全部科室' : `科室 ${departments.join('、')}`
  return `${MODES.gradual}：${percent} % 的用户，${where}`
}

export function stateInWords({ entry, since, testers }: EntryState): string {
  const at = since
    ? `自 ${plainTime(since.at)}，操作员 ${since.operator}`
    : '尚未设置过，此为初始状态'
  const who = testers.length === 0 ? '无' : `${testers.length} 人（${testers.join('、')}）`
  return [`新订单入口：${inWords(entry)}`, `  ${at}`, `  测试人员：${who}`].join('\n')
}

export function historyInWords({ history }: EntryState): string {
  if (history.length === 0) return '尚无变更记录。'
  return history.map(lineInWords).join('\n')
}

function lineInWords(line: EntryState['history'][number]): string {
  const { version, at, operator } = line
  return `${String(version).padStart(4)}  ${plainTime(at)}  ${operator}  ${whatInWords(line)}`
}

function whatInWords({ what, tester, entry, from }: EntryChange & { from: Entry }): string {
  switch (what) {
    case 'mode':
      return `${inWords(from)} → ${inWords(entry)}`
    case 'tester-added':
      return `加入测试人员 ${tester ?? ''}`
    case 'tester-removed':
      return `移出测试人员 ${tester ?? ''}`
  }
}

/** For `--json`. */
export function presented({ entry, since, testers, history }: EntryState) {
  return {
    entry,
    since: since && { at: offsetTime(since.at), operator: since.operator },
    testers,
    history: history.map(({ version, at, operator, what, tester, from, entry: to }) => ({
      version,
      at: offsetTime(at),
      operator,
      what,
      ...(what === 'mode' ? { from, to } : { tester }),
    })),
  }
}
