/** Rows of the write-back to HIS. */
import { count } from './evidence.ts'
import { row } from './failures.ts'
import type { Row } from './row.ts'

export const WRITE_BACK: readonly Row[] = [
  row('F18', {
    title: '回写时 HIS 停机：恢复后回写一次',
    expect: { status: 'paid', seen: ['settlement lost-request'] },
  }),
  row('F19', {
    title: '回写时账单已在别处结清：转人工全额退款',
    expect: {
      status: 'paid',
      writeBack: 'refused',
      seen: ['settlement refused'],
      workItems: ['write-back-refused'],
    },
  }),
  row('F20', {
    title: '回写应答丢失：问清后不再重发',
    expect: {
      status: 'paid',
      seen: ['settlement-query question'],
      also: ({ calls }) => (count(calls, 'settlement', 'repeat') === 0 ? [] : ['重发了回写']),
    },
  }),
]
