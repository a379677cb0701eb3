import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/mysql-server.ts'],
    // A process a file: host time zones and native drivers never leak into another file.
    pool: 'forks',
    // Days on a virtual clock are many small statements: a loaded machine needs its time for them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
