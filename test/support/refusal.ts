import { ConfigError } from '../../src/config.ts'
import { testSettings } from './app.ts'

/** Why settings that are right but for `given` are refused. */
export function refusal(given: Record<string, string>): string {
  try {
    testSettings(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'accepted'
}
