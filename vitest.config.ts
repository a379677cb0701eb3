import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/mysql-server.ts'],
    // Processes, because native drivers and host time zones are a process's; each runs many files,
    // because loading the modules anew for each file took a third of the time.
    pool: 'forks',
    isolate: false,
    maxWorkers: '100%',
    // Commands are tried as processes of their own; most of their time is compiling the same modules.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
    // Days on a virtual clock are many small statements: a loaded machine needs its time for them.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
  },
})
