import { hospitalSystem } from '../upstreams/his/adapter.ts'
import { type InboundLink, inboundLink } from '../upstreams/his/inbound.ts'
import { type HisProtection, hisProtection } from '../upstreams/his/transport.ts'
import type { HospitalSystem } from '../upstreams/upstream.ts'
import { base, bytesOf, privateKey, publicKeys, twice, type Wire } from './wire.ts'

function protectionOf(wire: Wire): HisProtection {
  const { settings } = wire
  if (settings.HIS_PROTECTION === 'bearer') return { kind: 'bearer' }
  return hisProtection({
    appId: settings.HIS_APP_ID,
    theirAppId: settings.HIS_THEIR_APP_ID,
    privateKey: privateKey(settings.HIS_PRIVATE_KEY),
    theirKeys: publicKeys(settings.HIS_THEIR_PUBLIC_KEY),
    fieldKey: bytesOf(settings.HIS_SM4_KEY),
    engine: wire.engine,
  })
}

/** Both directions of the link with HIS: our calls and its calls to us. */
export function connectHis(
  wire: Wire,
  seen: (nonce: string) => Promise<boolean>,
): { his: HospitalSystem; hisCalls: InboundLink } {
  const { settings, clock, random } = wire
  const protection = protectionOf(wire)
  const his = hospitalSystem({
    ...base(wire),
    baseUrl: settings.HIS_URL,
    token: settings.HIS_TOKEN,
    protection,
  })
  return {
    his: { ...his, bill: twice(wire)((billNo: string) => his.bill(billNo)) },
    hisCalls: inboundLink(protection, { now: clock.now, random, seen }),
  }
}
