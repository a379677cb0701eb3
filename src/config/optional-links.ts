/** Links that a hospital opens or does not: all of their settings, or none. */
import type { SomeSettings } from '../config.ts'
import { issuedKey } from './issued-key.ts'
import { type Problem, problem } from './words.ts'

type Rule = (some: SomeSettings) => readonly Problem[]

const refuse = (name: string, says: string): readonly Problem[] => [problem(name, says)]
const NONE: readonly Problem[] = []

const ALIPAY_NEEDS = [
  'ALIPAY_GATEWAY_URL',
  'ALIPAY_APP_ID',
  'ALIPAY_PRIVATE_KEY',
  'ALIPAY_PUBLIC_KEY',
  'ALIPAY_ORG_CODE',
  'ALIPAY_ORG_CHNL_CRTF_CODE',
  'ALIPAY_ORG_APP_ID',
  'ALIPAY_RETURN_PAGE',
] as const

/** All of it or nothing: without a word about Alipay the hospital has not opened that channel. */
export const alipayIsWhole: Rule = (some) => {
  const given = Object.entries(some).filter(([name]) => name.startsWith('ALIPAY_'))
  if (given.every(([, value]) => value === undefined)) return NONE
  const missing = ALIPAY_NEEDS.filter((name) => some[name] === undefined)
  return [
    ...missing.flatMap((name) => refuse(name, 'is required to open Alipay')),
    ...(some.ALIPAY_LEGACY === undefined
      ? refuse('ALIPAY_LEGACY', 'must give "reason; yyyy-mm-dd": Alipay signs with RSA2')
      : NONE),
  ]
}

const ONE_CODE_NEEDS = [
  'ONE_CODE_URL',
  'ONE_CODE_ORG_ID',
  'ONE_CODE_PROVINCE',
  'ONE_CODE_SM4_KEY',
  'ONE_CODE_CHANNELS',
  'COLLECTION_URL',
  'COLLECTION_APP_ID',
  'COLLECTION_THEIR_APP_ID',
  'COLLECTION_PRIVATE_KEY',
  'COLLECTION_THEIR_PUBLIC_KEY',
  'COLLECTION_SM4_KEY',
  'COLLECTION_MERCHANT_NO',
] as const

/** 一码付 is of no use without somebody who charges its certificates, nor the other way round. */
export const oneCodeIsWhole: Rule = (some) => {
  if (ONE_CODE_NEEDS.every((name) => some[name] === undefined)) return NONE
  const missing = ONE_CODE_NEEDS.filter((name) => some[name] === undefined)
  const { ONE_CODE_SM4_KEY: key, ONE_CODE_SM4_KEY_ENCODING: encoding = 'hex' } = some
  const isKey = key === undefined || issuedKey(key, encoding) !== null
  return [
    ...missing.flatMap((name) => refuse(name, 'is required to open 一码付')),
    ...(isKey ? NONE : refuse('ONE_CODE_SM4_KEY', `must be 16 bytes in ${encoding}`)),
  ]
}
