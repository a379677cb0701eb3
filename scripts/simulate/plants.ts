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
  /** Below `src/`. */
  readonly file: string
  /** Stands there exactly once. */
  readonly from: string
  readonly to: string
}

export const PLANTS: readonly Plant[] = [
  {
    name: 'no-version-check',
    weather: 'power',
    fault:
      '改单时不理会版本与租约核对的结果 · a step ignores what the check of version and lease says',
    file: 'store/orders.ts',
    from: 'if (changed !== 1) return false\n  if (Object',
    to: 'if (changed !== 1) return true\n  if (Object',
  },
  {
    name: 'refund-before-asking',
    weather: 'calm',
    fault: '医保尚未有结果就退自费 · own money goes back before the insurance has answered',
    file: 'payment/legs.ts',
    from: "  if (overall === 'created')\n",
    to:
      "  if (overall === 'created' && selfPay === 'success') return judge('refund-self-pay')\n" +
      "  if (overall === 'created')\n",
  },
  {
    name: 'acknowledge-before-commit',
    weather: 'calm',
    fault: '通知未入库先应答 · a notice is acknowledged before it is stored',
    file: 'flows/take-notice.ts',
    from: '  await inbox.insert(\n',
    to: '  void inbox.insert(\n',
  },
  {
    name: 'no-tail',
    weather: 'calm',
    fault: '窗口之后不再查询 · nobody asks after the window of 13 questions',
    file: 'payment/schedule.ts',
    from: 'const tail = tailInstants(t0, settings).filter((at) => at > after)',
    to: 'const tail = tailInstants(t0, settings).filter((at) => at > Infinity)',
  },
  {
    name: 'accept-forged',
    weather: 'calm',
    fault: '不验签就采信通知 · a notice with a wrong signature is believed',
    file: 'upstreams/icbc/notice.ts',
    from: 'if (form === null || reason !== null) return unverified',
    to: 'if (form === null) return unverified',
  },
  {
    name: 'renumber-after-time-out',
    weather: 'network',
    fault: '超时后不关旧单就换号重下 · a lost cash order is not closed before the next number',
    file: 'flows/self-pay-order.ts',
    from: "if ((await closeSelfPayOrder(app, cash)) !== 'closed') return { kind: 'unknown' }",
    to: 'void cash',
  },
  {
    name: 'write-back-twice',
    weather: 'calm',
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
    fault: '无视租约 · orders are taken from whoever holds them',
    file: 'store/leases.ts',
    from: ".where((open) => void open.whereNull('lease_until').orWhere('lease_until', '<=', now))",
    to: '.where((open) => void (now > 0 ? open : open))',
  },
  {
    name: 'time-out-is-failure',
    weather: 'network',
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
    weather: 'power',
    fault: '崩溃后忘记未决的意图 · an open intent found after a crash is left alone',
    file: 'flows/perform.ts',
    from: "known.state === 'open' ? findOut(app, held, call, known) : over(known)",
    to: "known.state === 'open' ? { kind: 'unknown' } : over(known)",
  },
]
