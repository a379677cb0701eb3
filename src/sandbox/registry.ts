/**
 * What one pretend upstream has to know of another: the channel behind the bank knows the
 * authorisation, the bureau knows the uploaded fees. In life this travels between their systems;
 * here it is a handful of maps, all keyed by numbers that appear on the wire.
 */
import type { SandboxParameters, SandboxProfiles } from './parameters.ts'
import type { World } from './world.ts'

export interface Person {
  readonly name: string
  /** `01` is the resident identity card. */
  readonly idType: string
  readonly idNo: string
  readonly phone: string
}

/** A bill as the pretend HIS holds it; its status and items stay in his.ts. */
export interface Bill {
  readonly billNo: string
  readonly businessType: string
  readonly totalFen: number
  readonly patient: Person
}

/** Made by the phone when the patient consents; burnt by the first exchange that reaches the channel. */
export interface AuthCode {
  readonly authCode: string
  readonly billNo: string
  readonly openid: string
  used: boolean
  /** Set by userQuery. */
  payAuthNo: string | null
}

export interface PayAuth {
  readonly payAuthNo: string
  readonly billNo: string
  readonly openid: string
  /** Whose insurance it is. */
  readonly person: Person
  /** The card holder, where that is somebody else: with family payment. */
  readonly payer?: Person
  readonly family?: boolean
}

export interface AlipayUser {
  readonly userId: string
  /** What the phone is busy with. */
  billNo: string | null
  confirmed: boolean
}

export interface AlipayQuestion {
  readonly userId: string
  readonly authNo: string
  payAuthNo: string | null
}

/** Integer fen as the bureau decided them: total = fund + account + other + cash. */
export interface SettledAmounts {
  readonly totalFen: number
  readonly fundFen: number
  readonly accountFen: number
  readonly otherFen: number
  readonly cashFen: number
}

/** One 6201 upload; 6202 fills `amounts`, the phone `settled`, 6401 `revoked`. */
export interface Upload {
  readonly billNo: string
  readonly medOrgOrd: string
  readonly payOrdId: string
  readonly payAuthNo: string
  readonly person: Person
  /** Null until 6202 was answered. */
  amounts: SettledAmounts | null
  revoked: boolean
  /** The insurance leg as the channel drove it; 6301 shows it as ordStas. */
  settlement: 'none' | 'paying' | 'settled' | 'failed' | 'refunded'
  /** 6203 `ALL`: whoever holds the own money may return it now. */
  returnedWhole?: boolean
}

/** Issued by the certificate centre; burnt by the first charge. */
export interface PayCert {
  readonly payCert: string
  readonly serialNo: string
  readonly billNo: string
  readonly amountFen: number
  readonly until: number
  outTradeNo: string | null
}

/** Keyed by the numbers named; insertion order is time order. */
export interface Registry {
  readonly bills: Map<string, Bill>
  readonly authCodes: Map<string, AuthCode>
  readonly payAuthNos: Map<string, PayAuth>
  /** By payOrdId. */
  readonly uploads: Map<string, Upload>
  /** Codes shown at a counter, by ecToken. */
  readonly ecTokens: Map<string, { readonly billNo: string; readonly person: Person }>
  readonly payCerts: Map<string, PayCert>
  readonly alipay: {
    readonly users: Map<string, AlipayUser>
    /** By access token. */
    readonly tokens: Map<string, AlipayUser>
    /** By req_biz_no. */
    readonly questions: Map<string, AlipayQuestion>
  }
}

/** What every `createXxx` of a pretend upstream is given. */
export interface SandboxContext {
  readonly world: World
  readonly registry: Registry
  readonly parameters: SandboxParameters
  readonly profiles: SandboxProfiles
  readonly crypto: SandboxCrypto
}

/**
 * Hex keys: private 64 digits, public 130 digits beginning with 04. Signatures are raw r‖s (64 bytes)
 * over SM3(Z ‖ message) with the given user id. A benchmark may inject a faster implementation.
 */
export interface SandboxCrypto {
  readonly sm2Sign: (message: Buffer, privateKeyHex: string, userId: string) => Buffer
  readonly sm2Verify: (message: Buffer, signature: Buffer, key: Sm2Check) => boolean
}

export interface Sm2Check {
  readonly publicKeyHex: string
  readonly userId: string
}

export function createRegistry(): Registry {
  return {
    bills: new Map(),
    authCodes: new Map(),
    payAuthNos: new Map(),
    uploads: new Map(),
    ecTokens: new Map(),
    payCerts: new Map(),
    alipay: { users: new Map(), tokens: new Map(), questions: new Map() },
  }
}

/** The live upload under this medOrgOrd (the mixed order's serial_no), if the bureau knows one. */
export function uploadOf(registry: Registry, medOrgOrd: string): Upload | undefined {
  return [...registry.uploads.values()].findLast((upload) => upload.medOrgOrd === medOrgOrd)
}
