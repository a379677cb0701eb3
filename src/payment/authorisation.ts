import { Secret } from '../errors.ts'

/**
 * Two values of one authorisation, never one for the other (SC-G02): the types keep them apart,
 * and neither can be printed.
 */
declare const what: unique symbol
type Kind<Name extends string> = string & { readonly [what]: Name }

/** 电子凭证授权码: one use, from the authorisation page's redirect; worth nothing once exchanged. */
export type AuthCode = Secret<Kind<'authCode'>>

/** 医保电子凭证渠道授权码: what the channel gives for it, bound to one person and one order. */
export type PayAuthNo = Secret<Kind<'payAuthNo'>>

export const asAuthCode = (text: string): AuthCode => new Secret(text as Kind<'authCode'>)

export const asPayAuthNo = (text: string): PayAuthNo => new Secret(text as Kind<'payAuthNo'>)
