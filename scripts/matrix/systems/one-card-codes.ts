/** All 45 code and message pairs of table 1: how often a question and a payment are sent, and what follows. */
import { REFUSALS } from '../../../src/sandbox/one-card/codes.ts'
import type { WholeService } from '../../parts/whole-service.ts'
import { type Case, callsFor, collected, failure, same } from './case.ts'
import { billWith, endsAs, payOnline, personAt, sealed } from './one-card-desk.ts'

/**
 * From the document, in its order, for a question and for what changes something: A a person looks ·
 * S and nothing is called for a while · F once more with a fresh timestamp · B later again ·
 * Q it may have been carried out: asked, never guessed.
 */
const TABLE =
  'AA FF FQ AA AA AA SS AA AA AA AA SS BB BB BQ QQ QQ QQ BB QQ BB QQ ' +
  'AA AA AA AA AA AA FF AA AA AA AA AA AA AA AA AA AA BQ AA AA QQ AA QQ'

type Handling = 'A' | 'S' | 'F' | 'B' | 'Q'

const QUESTION: Record<Handling, { status: number; calls: number }> = {
  A: { status: 502, calls: 1 },
  S: { status: 502, calls: 1 },
  F: { status: 502, calls: 2 },
  B: { status: 503, calls: 4 },
  Q: { status: 503, calls: 1 },
}
/** Of a payment that meets it the first time only. */
const PAYMENT: Record<Handling, 'failed' | 'paid'> = {
  A: 'failed',
  S: 'failed',
  F: 'paid',
  B: 'paid',
  Q: 'paid',
}

const isHandling = (letter: string | undefined): letter is Handling =>
  letter !== undefined && 'ASFBQ'.includes(letter)

async function ask(scene: WholeService, suffix: string): Promise<number> {
  const person = await personAt(scene)
  const wish = sealed(scene, { ...person, name: person.name + suffix })
  return (await scene.his('POST', '/his/one-card/names', wish)).status
}

async function pays(scene: WholeService, suffix: string, handling: Handling): Promise<string> {
  const billNo = billWith(scene, `${suffix}-once`)
  const orderNo = await payOnline(scene, billNo)
  await endsAs(scene, orderNo, PAYMENT[handling])
  const calls = callsFor(scene, 'pay', orderNo)
  same('支付请求', calls, handling === 'A' ? 1 : 2)
  const held = await scene.app.db.q('one_card_payments').where({ order_no: orderNo }).first()
  same('收到', collected(scene, billNo), handling === 'A' ? 0 : Number(held?.amount_fen))
  return `支付 ${calls} 次，${PAYMENT[handling] === 'paid' ? '只收一次' : '没有收款'}`
}

const STOPPED_MS = 3_600_000

/** Nothing more is sent until it may be over. */
async function isLeftAlone(scene: WholeService): Promise<string> {
  const before = scene.sandbox.world.calls.length
  same('停用期间', await ask(scene, ''), 503)
  same('停用期间到达', scene.sandbox.world.calls.length, before)
  scene.leap(STOPPED_MS + 1)
  same('停用期后', await ask(scene, ''), 200)
  return '其后不再呼叫，一小时后再试'
}

export const CODE_CASES: readonly Case[] = TABLE.split(' ').map((letters, at) => {
  const [question, effect] = [letters[0], letters[1]]
  if (!isHandling(question) || !isHandling(effect)) throw new Error(`row ${at}: ${letters}`)
  const suffix = `K${String(at + 1).padStart(2, '0')}`
  const [code = '', message = ''] = REFUSALS[at] ?? []
  // Who waits or is stopped would hold up everybody else.
  const alone = /[BS]/.test(letters) ? {} : undefined
  const play: Case['play'] = async (scene) => {
    const { status, calls } = QUESTION[question]
    same('查询应答', await ask(scene, `-${suffix}`), status)
    same('查询次数', callsFor(scene, 'person', suffix), calls)
    const then = question === 'S' ? await isLeftAlone(scene) : await pays(scene, suffix, effect)
    return `查询 ${calls} 次；${then}`
  }
  return failure(`HN-${40 + at}`, `${code} ${message}`, play, alone)
})
