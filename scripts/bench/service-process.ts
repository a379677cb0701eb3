/** The whole service, listeners and worker, with a meter in it. */
import { startService } from '../../src/main.ts'
import { answerParent } from './child.ts'
import { meterCommands } from './meter.ts'

const service = await startService(process.env)
answerParent(service.url, meterCommands(), service.stop)
