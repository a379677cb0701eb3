/** `npm run serve`: one process of the service, as production runs it. */
import { serve } from '../src/main.ts'
import { readCommandLine } from './parts/command-line.ts'

const USAGE = {
  command: 'npm run serve',
  help: `npm run serve

  One process of the service: listeners and worker. Every setting comes from the environment, or from
  .env in this folder (ENV_FILE=FILE names another one); .env.example lists them. SIGTERM or Ctrl+C stops it, a second one at once.

Exit code: 0 stopped, 1 could not start, 2 wrong use or wrong settings.

Examples:
  npm run serve
  DATABASE_URL=sqlite:other.db HTTP_PORT=8090 npm run serve`,
}

readCommandLine(USAGE, {})
await serve()
