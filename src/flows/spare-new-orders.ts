/**
 * Degradation (SC-A04): while an upstream does not answer, nothing new is begun that needs it. An
 * order that has begun never asks here: it is asked for, closed, revoked, returned, written back.
 */
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { ChannelName } from '../payment/order.ts'

/** Without the bank no order can end. @throws AppError `upstream-unavailable` */
export function needBank({ breakers: { bank } }: App): void {
  if (bank.isResting())
    throw new AppError('upstream-unavailable', '银行支付通道暂时繁忙，请稍后再试或到窗口缴费。')
  bank.probe()
}

/** @throws AppError `upstream-unavailable` */
export function needHrssPay({ breakers: { 'hrss-pay': platform } }: App): void {
  if (platform.isResting())
    throw new AppError('upstream-unavailable', '人社支付平台暂时繁忙，请稍后再试或改用其他方式。')
  platform.probe()
}

/** Looks only. @throws AppError `upstream-unavailable`, offering self-pay */
export function needInsurance(app: App, channel: ChannelName): void {
  if (insuranceSide(app, channel).some((upstream) => upstream.isResting()))
    throw new AppError('upstream-unavailable', '医保通道暂时繁忙，可改用自费支付，或稍后再试。')
}

/** The first call follows at once: after a rest this one is the probe, and the next one waits. */
export function beginInsurance(app: App, channel: ChannelName): void {
  needInsurance(app, channel)
  for (const upstream of insuranceSide(app, channel)) upstream.probe()
}

/** The ordinary self-pay path is always there. @throws AppError `upstream-unavailable` */
export function needOneCode(app: App, upstreams: readonly ('one-code' | 'collection')[]): void {
  const sides = upstreams.map((name) => app.breakers[name])
  if (sides.some((upstream) => upstream.isResting()))
    throw new AppError('upstream-unavailable', '一码付暂时无应答，请改用其他方式支付自费部分。')
  for (const upstream of sides) upstream.probe()
}

const insuranceSide = ({ breakers }: App, channel: ChannelName) => [
  breakers[channel],
  breakers['insurance-baseline'],
  breakers['mid-platform'],
]
