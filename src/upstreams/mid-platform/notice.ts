/** 6302: the platform pushes a settlement result in its own envelope. Read strictly; a hint, never a result. */
import type { InsurerNotice } from '../upstream.ts'
import { plain } from './canonical.ts'
import { type EnvelopeKeys, type EnvelopeProfile, openEnvelope } from './envelope.ts'
import { settlementNoticeSchema } from './messages.ts'

/** @returns null for anything whose signature does not hold, whatever it says. */
export function readNotice(
  body: Buffer,
  from: { keys: EnvelopeKeys; profile: EnvelopeProfile },
): InsurerNotice | null {
  const data = trusted(body, from)
  const parsed = settlementNoticeSchema.safeParse(data)
  if (!parsed.success) return null
  const { payOrdId, ordStas } = parsed.data
  return { payOrdId, ordStas: ordStas ?? null }
}

function trusted(body: Buffer, from: { keys: EnvelopeKeys; profile: EnvelopeProfile }): unknown {
  try {
    const { members, data, signature } = openEnvelope(body.toString('utf8'), from)
    return signature === 'good' && members['appId'] === from.keys.appId ? plain(data) : null
  } catch {
    // The reason could quote the notice, and the notice could hold anything.
    return null
  }
}

/** What public code answers; repeats after anything else are not documented. */
export function acknowledgement(believed: boolean): string {
  return JSON.stringify(
    believed
      ? { success: true, message: '医保6302结算结果通知接收成功' }
      : { success: false, message: '验签失败' },
  )
}
