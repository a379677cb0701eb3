/**
 * The service's public listener alone. No worker: what is measured ends with the acknowledgement
 * after commit, and the worker applies a notice afterwards at its own pace.
 */
import { buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { createHttp } from '../../src/http/server.ts'
import { answerParent } from './child.ts'
import { listening } from './listening.ts'
import { meterCommands } from './meter.ts'

const settings = readSettings()
const { app, stop } = await buildApp(settings, { clock: systemClock(), random: secureRandom })
const server = createHttp(app)
answerParent(await listening(server), meterCommands(), async () => {
  server.closeAllConnections()
  await stop()
})
