import { defineConfig } from 'vitest/config'

/** The tests that stand beside the rules of one folder: what only a flow's test sees has no test of its own. */
export default defineConfig({
  test: {
    include: [`test/${process.env['MUTATED'] ?? '*'}/**/*.test.ts`],
    // Time zones are a process's (numbers.test.ts).
    pool: 'forks',
    isolate: false,
    testTimeout: 60_000,
  },
})
