/** The service's own SM2 for the sandbox: a benchmark must not wait for the independent one's. */
import {
  type Sm2Signer,
  sm2PrivateKey,
  sm2PublicKey,
  sm2Signer,
  sm2Verifier,
} from '../../src/crypto/sm2.ts'
import type { Sm2Verifier } from '../../src/crypto/sm2.ts'
import type { SandboxCrypto } from '../../src/sandbox/registry.ts'

/** Keys are imported once: the sandbox names them with each call. */
export function fastCrypto(): SandboxCrypto {
  const signers = new Map<string, Sm2Signer>()
  const verifiers = new Map<string, Sm2Verifier>()
  return {
    sm2Sign: (message, privateKeyHex, userId) => {
      const name = `${privateKeyHex}:${userId}`
      const sign =
        signers.get(name) ??
        sm2Signer(sm2PrivateKey({ hex: privateKeyHex }), { userId, encoding: 'raw' })
      signers.set(name, sign)
      return sign(message)
    },
    sm2Verify: (message, signature, { publicKeyHex, userId }) => {
      const name = `${publicKeyHex}:${userId}`
      const verify =
        verifiers.get(name) ??
        sm2Verifier(sm2PublicKey({ hex: publicKeyHex }), { userId, encoding: 'raw' })
      verifiers.set(name, verify)
      return verify(message, signature)
    },
  }
}
