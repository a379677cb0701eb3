/**
 * `node sandbox-process.ts parameters.json timeScale port family bank-port insurance-port`: the
 * pretend upstreams as a child; with the last two its SFTP hosts too.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { DEFAULT_PROFILES, type SandboxParameters } from '../../src/sandbox/parameters.ts'
import { startSandbox } from '../../src/sandbox/server.ts'

const FAMILY = z.enum(['head-office', 'hebei', 'aggregated'])

const [file = '', scale = '1', port = '0', family = 'head-office', bank, insurance] =
  process.argv.slice(2)
const parameters: SandboxParameters = JSON.parse(readFileSync(file, 'utf8'))
const icbc = {
  ...DEFAULT_PROFILES.icbc,
  family: FAMILY.parse(family),
  queryByOutTradeNo: true,
}
const sandbox = await startSandbox({
  port: Number(port),
  ...(bank !== undefined && { sftp: { bank: Number(bank), insurance: Number(insurance) } }),
  parameters,
  timeScale: Number(scale),
  // Only a service whose own profile says so asks by institution number; the others never do.
  profiles: { ...DEFAULT_PROFILES, icbc },
})
process.send?.({ ready: sandbox.url })

process.on('SIGINT', () => {})
process.on('SIGTERM', () => void sandbox.stop().then(() => process.exit(0)))
process.once('disconnect', () => process.exit(1))
