import type { App } from '../../app.ts'
import { attendOneCardPayments } from './attend-payment.ts'
import { sendQueued } from './queue.ts'

/** How often the worker looks for itself: nobody waits for the queue, and payments are asked about every 5 s. */
const LOOK_EVERY_MS = 1_000
const AT_ONCE = 20

/** @returns what the worker's every round calls: looks when it is time, never twice at once. */
export function attendOneCard(app: App): () => void {
  if (app.oneCard === null) return () => {}
  let busy = false
  let lookAt = app.clock.now()
  const look = async (): Promise<void> => {
    try {
      await attendOneCardPayments(app, AT_ONCE)
      await sendQueued(app, AT_ONCE)
    } finally {
      busy = false
    }
  }
  return () => {
    if (busy || app.clock.now() < lookAt) return
    busy = true
    lookAt = app.clock.now() + LOOK_EVERY_MS
    app.inBackground('one card', look)
  }
}
