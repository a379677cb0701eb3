import type { SomeSettings } from '../config.ts'
import { type Problem, problem } from './words.ts'

const NEEDS = [
  'HRSS_PAY_URL',
  'HRSS_PAY_ACCESS_KEY',
  'HRSS_PAY_APP_ID',
  'HRSS_PAY_MERCHANT_APP_ID',
  'HRSS_PAY_MCH_ID',
  'HRSS_PAY_PRIVATE_KEY',
  'HRSS_PAY_THEIR_PUBLIC_KEY',
  'HRSS_PAY_SM4_KEY',
] as const

/** All of it or nothing (RS-01): without a word about it the hospital has not joined the platform. */
export function hrssPayIsWhole(some: SomeSettings): readonly Problem[] {
  const missing = NEEDS.filter((name) => some[name] === undefined)
  if (missing.length === NEEDS.length) return []
  const noHost = (some.HRSS_PAY_CASHIER_HOSTS ?? []).length === 0
  const needed = [...missing, ...(noHost ? ['HRSS_PAY_CASHIER_HOSTS'] : [])]
  return needed.map((name) => problem(name, 'is required to join 人社支付平台'))
}
