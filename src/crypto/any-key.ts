/** False for a wrong or malformed signature; it never throws. */
export type Verifier = (message: Buffer | string, signature: Buffer) => boolean

/**
 * Believes whoever signs with one of these keys: the other side's key in use and, while it is
 * being changed, the next one (docs/key-rotation.md). We ourselves sign with one key only.
 */
export const anyKey =
  (verifiers: readonly Verifier[]): Verifier =>
  (message, signature) =>
    verifiers.some((verify) => verify(message, signature))
