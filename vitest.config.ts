import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/mysql-server.ts'],
    // A process a file: host time zones and native drivers never leak into another file.
    pool: 'forks',
    // Tests mostly wait, for a database or a socket: no core is kept free for somebody who types.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
