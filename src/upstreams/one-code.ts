/** 医保一码付: the regional certificate centre, and whoever collects own money at the counter. */
import type { Secret } from '../errors.ts'
import type { Fen } from '../payment/money.ts'
import type { Handling } from '../payment/one-code.ts'
import type { Answer, Outcome } from './upstream.ts'

/** A "no" in the centre's own number, with a text for the counter and what to do about it. */
interface Said {
  readonly code: string
  readonly message: string
  readonly handling: Handling
}

/** `refused` certainly had no effect; a code that is unlisted or means "unknown" is `unknown`. */
export type OneCodeAnswer<T> =
  | { readonly kind: 'done'; readonly value: T }
  | ({ readonly kind: 'refused' } & Said)
  | { readonly kind: 'unknown'; readonly cause: string; readonly said: Said | null }
  | { readonly kind: 'unsent'; readonly cause: string }

/** Regional certificate centre (地方电子凭证中心). */
export interface OneCodePay {
  /** Of whom every call and every certificate is. */
  readonly orgCode: string
  /** A question: may this patient pay this way now? */
  status(asked: OneCodeQuestion): Promise<OneCodeAnswer<OneCodeStatus>>
  /** A certificate is harmless until it is charged; a lost one is never asked for again. */
  certificate(wish: CertificateWish): Promise<OneCodeAnswer<PayCertificate>>
}

export interface OneCodeQuestion {
  /** ecToken of the decoded medical-insurance code. */
  readonly token: string
  readonly operatorId: string
  readonly operatorName: string
  readonly deviceId: string
  readonly deviceIp: string
}

export interface CertificateWish extends OneCodeQuestion {
  readonly amountFen: Fen
  readonly serialNo: string
}

export interface OneCodeStatus {
  /** `unlisted` is a word that the document does not know: not usable. */
  readonly status: 'not-signed' | 'usable' | 'not-usable' | 'unlisted'
  /** Safe to show: escaped and short. */
  readonly reason: string
  readonly accountName: string
  readonly channelName: string
}

export interface PayCertificate {
  readonly certificate: Secret
  readonly accountName: string
  readonly channelName: string
}

/** Collects own money at the counter (收单): the hospital's acquirer, merchant and books as before. */
export interface Collection {
  /** One number is one charge for ever: the same number again is the same charge. */
  charge(wish: ChargeWish): Promise<Outcome<Charge>>
  chargeState(outTradeNo: string): Promise<Answer<Charge>>
  /** Only a hint to ask: null when it is not believed. */
  readNotice(raw: ChargeNotice): { readonly outTradeNo: string } | null
  acknowledge(raw: ChargeNotice, accepted: boolean): ChargeAcknowledgement
}

/** `refused` with this code: the certificate was charged, under whichever number. */
export const CERTIFICATE_USED = 'certificate-used'

export interface ChargeWish {
  readonly outTradeNo: string
  readonly certificate: Secret
  /** As configured for the channel's name. */
  readonly channel: string
  readonly amountFen: Fen
  readonly billNo: string
  readonly operatorId: string
  readonly deviceId: string
}

/** `paying`: the patient types a password. `failed` and `closed` are final: nothing was taken. */
export interface Charge {
  readonly status: 'paying' | 'paid' | 'failed' | 'unknown'
  readonly amountFen: Fen | null
  readonly chargeNo: string | null
  readonly paidAt: number | null
  readonly reason: string
}

export interface ChargeNotice {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface ChargeAcknowledgement {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Both or neither: without a collection a certificate is of no use. */
export interface OneCode {
  readonly pay: OneCodePay
  readonly collection: Collection
}
