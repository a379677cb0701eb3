import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Secret } from '../../src/errors.ts'

/** Asks at the terminal without showing what is typed. */
export async function askUnseen(what: string): Promise<Secret> {
  process.stderr.write(`${what}（不回显）：`)
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const input = createInterface({ input: process.stdin, output: unseen, terminal: true })
  const typed = await input.question('')
  input.close()
  process.stderr.write('\n')
  return new Secret(typed.trim())
}
