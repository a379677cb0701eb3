import type { WeatherKind } from './weather.ts'

/**
 * Faults that a careless change could bring: each is a few words of the source, told otherwise while
 * the file is loaded. The sources themselves know nothing of it.
 */
export interface Plant {
  readonly name: string
  /** For the table, in both languages. */
  readonly fault: string
  /** In which it must show. */
  readonly weather: WeatherKind
  /** The invariant that it must break; others may break as well. */
  readonly breaks: string
  /** Below `src/`. */
  readonly file: string
  /** Stands there exactly once. */
  readonly from: string
  readonly to: string
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'closed-unasked',
    weather: 'network',
    breaks: 'one cash order a bill',
    fault: '关单后不再查询就当已关 · a cash order counts as closed without asking after the call',
    file: 'flows/self-pay-order.ts',
    from: '  return cashOrderEnd(app, cash)\n',
    to: "  return 'closed'\n",
  },
  {
    name: 'refund-before-asking',
    weather: 'calm',
    breaks: 'no refund while the insurance is open',
    fault: '医保尚无结果就退自费 · own money goes back before the insurance has answered',
    file: 'payment/legs.ts',
    from: "  if (overall === 'created')\n",
    to:
      "  if (overall === 'created' && selfPay === 'success') return judge('refund-self-pay')\n" +
      "  if (overall === 'created')\n",
  },
  {
    name: 'acknowledge-before-commit',
    weather: 'calm',
    breaks: 'acknowledged is stored',
    fault: '通知未入库先应答 · a notice is acknowledged before it is stored',
    file: 'flows/take-notice.ts',
    from: '  await inbox.insert(\n',
    to: '  void inbox.insert(\n',
  },
  {
    name: 'no-tail',
    weather: 'calm',
    breaks: 'asked on schedule',
    fault: '窗口之后不再查询 · nobody asks after the window of 13 questions',
    file: 'payment/schedule.ts',
    from: 'const tail = tailInstants(t0, settings).filter((at) => at > after)',
    to: 'const tail = tailInstants(t0, settings).filter((at) => at > Infinity)',
  },
  {
    name: 'accept-forged',
    weather: 'calm',
    breaks: 'paid only when the bank said so',
    fault: '不验签就采信通知 · a notice with a wrong signature is believed',
    file: 'upstreams/icbc/notice.ts',
    from: 'if (form === null || reason !== null) return unverified',
    to: 'if (form === null) return unverified',
  },
  {
    name: 'renumber-after-time-out',
    weather: 'network',
    breaks: 'one cash order a bill',
    fault: '超时后不关旧单就换号重下 · a lost cash order is not closed before the next number',
    file: 'flows/self-pay-order.ts',
    from: "if ((await closeSelfPayOrder(app, cash)) !== 'closed') return { kind: 'unknown' }",
    to: 'void cash',
  },
  {
    name: 'write-back-twice',
    weather: 'calm',
    breaks: 'nothing lost, nothing repeated',
    fault: '写回两次 · HIS is told twice',
    file: 'flows/write-back.ts',
    from: 'app.his.writeBack(settlementOf(order, intent.number)),\n',
    to:
      '((await app.his.writeBack(settlementOf(order, intent.number))) &&\n' +
      'app.his.writeBack(settlementOf(order, intent.number))),\n',
  },
  {
    name: 'ignore-lease',
    weather: 'calm',
    breaks: 'nothing lost, nothing repeated',
    fault: '无视租约 · orders are taken from whoever holds them',
    file: 'store/leased-rows.ts',
    from: ".where((open) => void open.whereNull('lease_until').orWhere('lease_until', '<=', now))",
    to: '.where((open) => void (now > 0 ? open : open))',
  },
  {
    name: 'time-out-is-failure',
    weather: 'network',
    breaks: 'one cash order a bill',
    fault: '超时当作失败 · a time-out is taken for a refusal',
    file: 'flows/perform.ts',
    from: '  const { outcome, tries, repeat } = heard\n',
    to:
      '  const { tries, repeat } = heard\n' +
      "  const outcome = heard.outcome.kind !== 'unknown' ? heard.outcome\n" +
      "    : { kind: 'refused' as const, code: 'timeout', message: 'timeout' }\n",
  },
  {
    name: 'forget-open-intent',
    weather: 'network',
    breaks: 'every intent ends or has an owner',
    fault: '忘记未得答复的意图 · an intent that was not answered is never taken up again',
    file: 'flows/perform.ts',
    from: 'const dueAt = isBackground(call.effect)\n',
    to: 'const dueAt = isBackground(call.effect) && heard.tries < 0\n',
  },
]
