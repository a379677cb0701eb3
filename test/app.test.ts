import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { buildApp } from '../src/app.ts'
import { secureRandom } from '../src/clock.ts'
import { makeParameters } from '../src/sandbox/parameters.ts'
import { readSettings } from '../src/config.ts'
import { sandboxEnvironment } from '../scripts/parts/sandbox-environment.ts'
import { storedOrder } from './support/orders.ts'
import { VirtualClock } from './support/virtual-clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'jianlian-app-'))
afterAll(() => rmSync(folder, { recursive: true }))

const fitting = sandboxEnvironment(makeParameters(Math.random), {
  sandboxUrl: 'http://127.0.0.1:1',
  publicUrl: 'http://127.0.0.1:2',
  databaseUrl: `sqlite:${join(folder, 'app.sqlite')}`,
  keyEncryptionKey: '0123456789abcdef0123456789abcdef',
  patientSecret: 'x'.repeat(32),
})
const build = (BANK: string) =>
  buildApp(readSettings({ ...fitting, BANK }), {
    clock: new VirtualClock(),
    random: secureRandom,
  })

it('[SC-G05] a service does not start with another bank while an order is open at the first', async () => {
  const first = await build('icbc')
  expect(first.app.bank.profile.name).toBe('icbc')
  await storedOrder(first.app.db)
  await first.stop()
  await expect(build('standard-bank')).rejects.toThrow(
    'BANK 须保持 icbc：那里还有 1 笔未了结的订单，全部了结之后才能更换。',
  )
  const again = await build('icbc')
  await again.app.db.q('orders').update({ state: 'closed', due_at: null })
  await again.stop()
  const second = await build('standard-bank')
  expect(second.app.bank.profile.name).toBe('standard-bank')
  await second.stop()
})
