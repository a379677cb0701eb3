import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DATE } from '../../sandbox/settlement-files/bank-day.ts'
import { settlementRig } from '../../support/settlement-rig.ts'

const ORDER = { book: 'bank', period: DATE, errors: [], damage: null } as const

async function rig() {
  const made = await settlementRig()
  const { names } = await made.shelf.issue(ORDER)
  const [name = ''] = names
  const content = (await made.shelf.files('bank')).get(name) ?? Buffer.alloc(0)
  const handOver = (as: string) => made.bank.takeUpload({ date: DATE, name: as, content }, '王敏')
  const namesNow = async () => {
    const answer = await made.bank.source.fetch(DATE)
    return answer.kind === 'done' ? answer.value.map((file) => file.name) : answer.kind
  }
  return { ...made, name, handOver, namesNow }
}

describe('[SC-C02] a file that was handed over', () => {
  it('stands in while the file is late, its host unknown or its downloads damaged', async () => {
    const { shelf, hosts, handOver, namesNow, name } = await rig()
    await handOver(name)
    await shelf.issue({ ...ORDER, damage: 'late' })
    expect(await namesNow()).toEqual([name])
    await shelf.issue({ ...ORDER, damage: 'truncated' })
    expect(await namesNow()).toEqual([name])
    await hosts.changeKey('bank')
    expect(await namesNow()).toEqual([name])
  })

  it("yields to the bank's own of that name, and stands beside it under another", async () => {
    const { shelf, handOver, namesNow, name, bank } = await rig()
    await handOver(name)
    await shelf.issue({ ...ORDER, errors: ['AMOUNT_DIFF'] })
    const answer = await bank.source.fetch(DATE)
    const paths = answer.kind === 'done' ? answer.value.map(({ path }) => path) : []
    expect(paths).toHaveLength(1)
    expect(paths[0]).not.toContain('handed-over')
    const second = name.replace('.txt', '_2.txt')
    await handOver(second)
    expect(await namesNow()).toEqual([name, second])
  })

  it('is written down with who handed it over, and a line cut off by a crash is no file', async () => {
    const { folder, handOver, name, namesNow, shelf } = await rig()
    await shelf.issue({ ...ORDER, damage: 'late' })
    const journal = join(folder, 'bank', 'handed-over', 'handed-over.ndjson')
    await handOver(name)
    const [line = ''] = readFileSync(journal, 'utf8').split('\n')
    expect(JSON.parse(line)).toMatchObject({ by: '王敏', date: DATE, name })
    appendFileSync(journal, line.slice(0, 40))
    expect(await namesNow()).toEqual([name])
  })
})
