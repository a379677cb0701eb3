import type { Clock } from './clock.ts'
import type { Settings } from './config.ts'
import {
  type Sm2Engine,
  type Sm2PublicKey,
  sm2KeyText,
  sm2PrivateKey,
  sm2PublicKey,
} from './crypto/sm2.ts'
import { Secret } from './errors.ts'
import type { Logger } from './logger.ts'
import type { Random } from './payment/numbers.ts'
import { askAgain } from './upstreams/ask-again.ts'
import type { RecordExchange } from './upstreams/exchange.ts'
import { hospitalSystem } from './upstreams/his/adapter.ts'
import { type InboundLink, inboundLink } from './upstreams/his/inbound.ts'
import { type HisProtection, hisProtection } from './upstreams/his/transport.ts'
import type { Send } from './upstreams/http-client.ts'
import { insuranceCore } from './upstreams/insurance-baseline/adapter.ts'
import {
  type Authenticator,
  csbAuthenticator,
  noAuthenticator,
  tifAuthenticator,
} from './upstreams/insurance-baseline/authenticators.ts'
import {
  MID_PLATFORM_PROFILE,
  midPlatform,
  type MidPlatformSettings,
  refundAuthorisation,
} from './upstreams/mid-platform/adapter.ts'
import { envelopeKeys } from './upstreams/mid-platform/envelope.ts'
import { ORIGINAL_AUTHORISATION } from './upstreams/original-authorisation.ts'
import type {
  Answer,
  HospitalSystem,
  InsuranceQuestion,
  InsuredPersons,
  Insurer,
  RefundAuthorisation,
} from './upstreams/upstream.ts'

/** What every upstream is built from; `send` and `recordExchange` are handed in. */
export interface Wire {
  readonly settings: Settings
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly engine: Sm2Engine
  readonly send: Send
  readonly recordExchange: RecordExchange
}

/** Checked by `config/rules.ts`: what is needed together is there together. */
export function given<K extends keyof Settings>(
  settings: Settings,
  name: K,
): NonNullable<Settings[K]> {
  const value = settings[name]
  if (value === undefined || value === null) throw new Error(`${name} is missing`)
  return value
}

/** What every adapter takes. */
export function base(wire: Wire) {
  return {
    send: wire.send,
    recordExchange: wire.recordExchange,
    now: wire.clock.now,
    random: wire.random,
    timeoutMs: wire.settings.CALL_TIMEOUT_MS,
  }
}

export const publicKeys = (texts: readonly string[]): Sm2PublicKey[] =>
  texts.map((text) => sm2PublicKey(sm2KeyText(text)))

export const privateKey = (secret: Secret) => sm2PrivateKey(sm2KeyText(secret.reveal()))

export const bytesOf = (secret: Secret): Secret<Buffer> =>
  new Secret(Buffer.from(secret.reveal(), 'hex'))

/** A question outside the schedule is put twice before it counts as unanswered. */
const twice =
  (wire: Wire) =>
  <Q, T>(question: (asked: Q) => Promise<Answer<T>>) =>
  (asked: Q): Promise<Answer<T>> =>
    askAgain(() => question(asked), { tries: 2, pause: (ms) => wire.clock.sleep(ms) })

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

export function connectInsurance(wire: Wire): InsuredPersons {
  const { settings } = wire
  return insuranceCore({
    ...base(wire),
    callServiceUrl: settings.INSURANCE_URL,
    personByChannelUrl: settings.INSURANCE_PERSON_URL ?? settings.INSURANCE_URL,
    profile: { personQuery: settings.INSURANCE_PERSON_QUERY },
    authenticate: authenticatorOf(wire),
    terminal: { ip: settings.INSURANCE_TERMINAL_IP, mac: settings.INSURANCE_TERMINAL_MAC },
    hospital: {
      fixmedinsCode: settings.INSURANCE_ORG_CODE,
      fixmedinsName: settings.INSURANCE_ORG_NAME,
      mdtrtareaAdmvs: settings.INSURANCE_MDTRTAREA_ADMVS,
      recerSysCode: settings.INSURANCE_RECER_SYS_CODE,
      operator: settings.INSURANCE_OPERATOR,
      operatorName: settings.INSURANCE_OPERATOR_NAME,
    },
  })
}

function authenticatorOf(wire: Wire): Authenticator {
  const { settings, clock, random } = wire
  switch (settings.INSURANCE_AUTHENTICATOR) {
    case 'none':
      return noAuthenticator
    case 'x-tif':
      return tifAuthenticator({
        now: clock.now,
        random,
        paasId: settings.INSURANCE_TIF_PAAS_ID ?? '',
        secret: settings.INSURANCE_TIF_SECRET ?? new Secret(''),
      })
    case 'csb':
      return csbAuthenticator({
        now: clock.now,
        accessKey: settings.INSURANCE_CSB_ACCESS_KEY ?? '',
        secretKey: settings.INSURANCE_CSB_SECRET_KEY ?? new Secret(''),
        apiVersion: '1.0.0',
      })
  }
}

export function connectMidPlatform(wire: Wire): Insurer {
  const insurer = midPlatform(midPlatformOf(wire))
  return {
    ...insurer,
    query: twice(wire)((question: InsuranceQuestion) => insurer.query(question)),
  }
}

/** Step 3 of a refund (SC-R03). */
export function connectRefundAuthorisation(wire: Wire): RefundAuthorisation {
  const { REFUND_AUTHORISATION, REFUND_AUTHORISATION_PATH } = wire.settings
  return REFUND_AUTHORISATION === 'original'
    ? ORIGINAL_AUTHORISATION
    : refundAuthorisation(midPlatformOf(wire), REFUND_AUTHORISATION_PATH)
}

function midPlatformOf(wire: Wire): MidPlatformSettings {
  const { settings, log } = wire
  return {
    ...base(wire),
    baseUrl: settings.MID_PLATFORM_URL,
    keys: envelopeKeys({
      appId: settings.MID_PLATFORM_APP_ID,
      appSecret: settings.MID_PLATFORM_APP_SECRET,
      privateKey: privateKey(settings.MID_PLATFORM_PRIVATE_KEY),
      platformKeys: publicKeys(settings.MID_PLATFORM_THEIR_PUBLIC_KEY),
      engine: wire.engine,
    }),
    profile: {
      ...MID_PLATFORM_PROFILE,
      timestampFormat: settings.MID_PLATFORM_TIMESTAMP,
      sort: settings.MID_PLATFORM_SORT,
      responseVerification: settings.MID_PLATFORM_VERIFY,
      refundType: settings.REFUND_TYPE,
    },
    hospital: {
      orgCodg: settings.INSURANCE_ORG_CODE,
      orgId: settings.MID_PLATFORM_ORG_ID,
      acctUsedFlag: '1',
      pubHospRfomFlag: settings.MID_PLATFORM_PUB_HOSP_RFOM_FLAG,
    },
    warn: (message) => log.warn({ upstream: 'mid-platform' }, message),
  }
}
