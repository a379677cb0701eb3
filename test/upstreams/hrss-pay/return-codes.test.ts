import { describe, expect, it } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { GATEWAY_CODES } from '../../../src/sandbox/hrss-pay/scenario.ts'
import { RETURN_CODES, returnCode } from '../../../src/upstreams/hrss-pay/return-codes.ts'
import { connected, ORDER } from './platform.ts'

/** Requirement, code, sub-code, and what an effect and a question then are. */
const ROWS = [
  ['RS-31', '-101', 'check.param.missing', 'refused', 'unknown'],
  ['RS-32', '-102', 'check.param.invalid', 'refused', 'unknown'],
  ['RS-33', '-103', 'check.service.server_busy', 'unknown', 'unknown'],
  ['RS-34', '-103', 'check.service.undefine', 'refused', 'unknown'],
  ['RS-35', '-103', 'check.service.error_status', 'unsent', 'unsent'],
  ['RS-36', '-103', 'check.service.access_limit', 'unsent', 'unsent'],
  ['RS-37', '-103', 'check.service.limit_ip', 'refused', 'unknown'],
  ['RS-38', '-104', 'check.system.forbidden', 'refused', 'unknown'],
  ['RS-39', '-104', 'check.system.limit_ip', 'refused', 'unknown'],
  ['RS-40', '-105', 'check.aop.invalid_sign', 'refused', 'unknown'],
  ['RS-41', '-200', 'auth.insufficient.service_permissions', 'refused', 'unknown'],
  ['RS-42', '-200', 'auth.insufficient.code_permissions', 'refused', 'unknown'],
  ['RS-43', '-300', 'run.error.internal', 'unknown', 'unknown'],
  ['RS-44', '-300', 'run.error.circuit_breaker', 'unsent', 'unsent'],
] as const

const NUMBERS = { mchOrderId: 'S1', payOrderId: '1' }
const REFUND = { ...NUMBERS, mchRefundId: 'R1', orderFen: fen(2), amountFen: fen(1) }

function answering(code: string, sub_code: string) {
  const body = JSON.stringify({ code, msg: '消息', sub_code, sub_msg: '说明' })
  return connected({
    send: async () => ({ kind: 'answer', status: 200, headers: {}, body: Buffer.from(body) }),
  })
}

describe('a return code', () => {
  it.each(ROWS)(
    '[%s] %s %s leaves an effect %s and a question %s',
    async (_id, code, subCode, effect, question) => {
      const { platform, warned, wire } = answering(code, subCode)
      const effects = [
        await platform.place(ORDER),
        await platform.refund(REFUND),
        await platform.close({ ...NUMBERS, reason: '关闭' }),
      ]
      expect(effects.map(({ kind }) => kind)).toEqual([effect, effect, effect])
      if (effect === 'refused') expect(effects[0]).toMatchObject({ code: subCode, message: '说明' })
      const questions = [
        await platform.order(NUMBERS),
        await platform.refundState({ ...NUMBERS, mchRefundId: 'R1', refundOrderId: '1' }),
      ]
      expect(questions.map(({ kind }) => kind)).toEqual([question, question])
      // Nobody repeats anything in here, and what is ours to mend is warned of.
      expect(wire.sent.length).toBe(5)
      expect(warned.length).toBe(effect === 'refused' ? 5 : 0)
    },
  )

  it('[RS-30] each has one row with its texts, fifteen in all, and one suffix of the sandbox', () => {
    expect(RETURN_CODES.map(({ code, subCode }) => `${code} ${subCode}`)).toEqual([
      '1 ',
      ...ROWS.map(([, code, subCode]) => `${code} ${subCode}`),
    ])
    for (const { msg, subMsg, subCode } of RETURN_CODES)
      expect([msg.length > 0, subMsg.length > 0]).toEqual([true, subCode !== ''])
    const suffixes = Object.values(GATEWAY_CODES).map(({ code, subCode }) => `${code} ${subCode}`)
    expect(suffixes).toEqual(ROWS.map(([, code, subCode]) => `${code} ${subCode}`))
  })

  it('[RS-34] [RS-37] may be spelt as the broken print suggests', () => {
    expect(returnCode('-103', 'check.service.undefined')?.handling).toBe('ours')
    expect(returnCode('-103', 'heck.service.limit_ip')?.handling).toBe('ours')
  })

  it.each([
    ['-103', ''],
    ['-103', 'check.something.new'],
    ['-101', 'check.service.server_busy'],
    ['-999', ''],
    ['0', ''],
    ['constructor', 'constructor'],
  ])('[RS-24] %s %j is on no list and proves nothing', async (code, subCode) => {
    expect(returnCode(code, subCode)).toBeNull()
    expect((await answering(code, subCode).platform.place(ORDER)).kind).toBe('unknown')
  })
})
