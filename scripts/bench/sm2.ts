/** SM2 against OpenSSL's own figures of the same minute. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { generateSm2KeyPair, sm2PrivateKey, sm2Signer, sm2Verifier } from '../../src/crypto/sm2.ts'
import { againstYardstick, type Figure, type Wish } from './figures.ts'

const GOAL = 0.85
/** `openssl speed sm2` signs a digest; ours reads a message of this size and computes Z's hash too. */
const MESSAGE_BYTES = 1_024

interface Rates {
  readonly sign: number
  readonly verify: number
}

export async function sm2(wish: Wish): Promise<Figure[]> {
  const seconds = 1
  const ours: Rates[] = []
  const yardsticks: Rates[] = []
  ourRates(0.2)
  for (let round = 0; round < wish.rounds; round += 1) {
    ours.push(ourRates(seconds))
    yardsticks.push(await opensslRates(seconds))
  }
  const rounds = (what: keyof Rates) =>
    ours.map((rates, at) => ({ ours: rates[what], yardstick: yardsticks[at]?.[what] ?? 0 }))
  wish.note(`sm2: ${await versions()}; both by user CPU time, as openssl speed counts`)
  return [
    againstYardstick('sm2-sign', GOAL, rounds('sign')),
    againstYardstick('sm2-verify', GOAL, rounds('verify')),
  ]
}

function ourRates(seconds: number): Rates {
  const { privateKeyHex } = generateSm2KeyPair()
  const key = sm2PrivateKey({ hex: privateKeyHex })
  const message = randomBytes(MESSAGE_BYTES)
  const sign = sm2Signer(key, { encoding: 'der' })
  const verify = sm2Verifier(key.publicKey, { encoding: 'der' })
  const signature = sign(message)
  return {
    sign: perSecond(seconds, () => sign(message).length > 0),
    verify: perSecond(seconds, () => verify(message, signature)),
  }
}

/** By user CPU time: what others do on the host does not count, for neither side. */
function perSecond(seconds: number, work: () => boolean): number {
  const before = process.cpuUsage()
  let times = 0
  for (;;) {
    for (let i = 0; i < 50; i += 1) if (!work()) throw new Error('the signature does not hold')
    times += 50
    const { user } = process.cpuUsage(before)
    if (user >= seconds * 1e6) return (times * 1e6) / user
  }
}

const run = promisify(execFile)

async function opensslRates(seconds: number): Promise<Rates> {
  const { stdout } = await run('openssl', ['speed', '-seconds', String(seconds), 'sm2'])
  const match = /SM2[^\n]*?([\d.]+)\s+([\d.]+)\s*$/m.exec(stdout)
  if (!match) throw new Error(`openssl speed sm2 said: ${stdout.slice(-400)}`)
  return { sign: Number(match[1]), verify: Number(match[2]) }
}

async function versions(): Promise<string> {
  const { stdout } = await run('openssl', ['version'])
  return `${stdout.split(' (')[0]} beside OpenSSL ${process.versions.openssl} in Node ${process.version}`
}
