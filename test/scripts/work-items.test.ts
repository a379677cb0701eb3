import { expect, it } from 'vitest'
import { listed } from '../../scripts/work-items/listing.ts'
import type { WorkItem } from '../../src/flows/operators/work-items.ts'
import { MORNING } from '../support/virtual-clock.ts'

const item: WorkItem = {
  id: '01JD0000000000000000000000',
  kind: 'write-back-refused',
  subject: 'order',
  orderId: '01JD0000000000000000000001',
  sentence: '患者已付款，但医院系统显示账单已在别处结算，应全额退款。',
  actions: ['full-refund', 'note'],
  state: 'open',
  owner: null,
  history: [],
  createdAt: MORNING,
}

it('an item says in words what may be done, and what to type for it', () => {
  const text = listed([item])
  expect(text).toContain('医院系统拒绝入账')
  expect(text).toContain('全额退款（涉及资金，须另一名操作员确认）')
  expect(text).toContain(
    `npm run work-items -- resolve ${item.id} --operator 姓名 --action full-refund --note "说明"`,
  )
  expect(text).toContain('记录办理结果并结束事项')
  expect(text).not.toContain('confirm')
  expect(text).not.toContain('立即向银行查询一次')
})

it('a proposal names who made it and how another operator confirms it', () => {
  const made = { at: MORNING, operator: '王敏', action: 'propose:full-refund', note: '已作废' }
  const text = listed([{ ...item, history: [made] }])
  expect(text).toContain('王敏 已提出“全额退款”：已作废。须由另一名操作员确认：')
  expect(text).toContain(`npm run work-items -- confirm ${item.id} --operator 姓名`)
})

it('nothing to do is a sentence', () => {
  expect(listed([])).toBe('没有待人工处理的事项。')
})
