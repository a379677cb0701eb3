import { createRequire } from 'node:module'

export interface Claim {
  readonly release: () => void
}

/**
 * An SQLite file serves one process (DECISIONS.md 16). The claim is an exclusive transaction on a
 * lock file beside it, held as long as the process lives: a killed process lets go by dying.
 * The driver is loaded only here and only for SQLite: MySQL installs must start without it.
 * @throws Error when another service process runs on this file.
 */
export function claimDatabase(url: string): Claim {
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : ':memory:'
  if (path === ':memory:') return { release: () => {} }
  const Database: typeof import('better-sqlite3') = createRequire(import.meta.url)('better-sqlite3')
  const lock = new Database(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    throw new Error(`another process serves ${path}; SQLite allows one`, { cause: error })
  }
  return { release: () => lock.close() }
}
