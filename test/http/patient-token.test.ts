import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { patientTokens } from '../../src/http/patient-token.ts'
import { PATIENT_SECRET, testApp, type TestApp } from '../support/app.ts'
import { patientToken } from '../support/http-client.ts'

const bearer = (token: string): string => `Bearer ${token}`
const refusal = { code: 'unauthenticated' }

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function publish(answer: { status: number; body: unknown }): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
  closing.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/jwks`
}

function claims(app: TestApp, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const exp = Math.floor(app.clock.now() / 1_000) + 60
  const who = { sub: 'user-1', openid: 'openid-1', patientIds: ['P1'], aud: 'jianlian', exp }
  return { ...who, ...changes }
}

const symmetric = (payload: Record<string, unknown>, secret = PATIENT_SECRET): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))

describe("a patient's token under the shared secret", () => {
  it('names the caller, the channel account and the patients', async () => {
    const app = await testApp()
    const caller = await patientTokens(app)(bearer(await symmetric(claims(app))))
    expect(caller).toEqual({ subject: 'user-1', userId: 'openid-1', patientIds: ['P1'] })
  })

  it("is over when the app's clock says so", async () => {
    const app = await testApp()
    const read = patientTokens(app)
    const token = bearer(await patientToken(app))
    await app.clock.advance(3_599_000)
    await expect(read(token)).resolves.toMatchObject({ subject: 'user-1' })
    await app.clock.advance(1_000)
    await expect(read(token)).rejects.toMatchObject(refusal)
  })

  it('is refused without an algorithm, under another secret, or for another audience', async () => {
    const app = await testApp()
    const read = patientTokens(app)
    const unsigned = new UnsecuredJWT(claims(app)).encode()
    const hs512 = new SignJWT(claims(app)).setProtectedHeader({ alg: 'HS512' })
    const tokens = [
      unsigned,
      await hs512.sign(Buffer.from(PATIENT_SECRET)),
      await symmetric(claims(app), 'another-secret-of-32-characters-x'),
      await symmetric(claims(app, { aud: 'somebody-else' })),
      await symmetric(claims(app, { aud: undefined })),
    ]
    for (const token of tokens) await expect(read(bearer(token))).rejects.toMatchObject(refusal)
  })

  it('is refused when a claim is missing or of another shape', async () => {
    const app = await testApp()
    const read = patientTokens(app)
    const wrongs = [
      { exp: undefined },
      { sub: undefined },
      { openid: '' },
      { patientIds: 'P1' },
      { patientIds: [1] },
    ]
    for (const wrong of wrongs) {
      const token = bearer(await symmetric(claims(app, wrong)))
      await expect(read(token)).rejects.toMatchObject(refusal)
    }
    for (const header of [undefined, '', 'Basic eA==', 'Bearer', 'Bearer x.y'])
      await expect(read(header)).rejects.toMatchObject(refusal)
  })
})

async function published() {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const url = await publish({
    status: 200,
    body: { keys: [{ ...jwk, kid: 'k1', alg: 'ES256' }] },
  })
  const app = await testApp({ settings: { ENVIRONMENT: 'sandbox', PATIENT_JWKS_URL: url } })
  return { app, privateKey, jwk }
}

describe("a patient's token under published keys", () => {
  it('is believed when the platform signed it', async () => {
    const { app, privateKey } = await published()
    const token = await new SignJWT(claims(app))
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(privateKey)
    await expect(patientTokens(app)(bearer(token))).resolves.toMatchObject({ userId: 'openid-1' })
  })

  it('is refused under HS256, with the shared secret as with the public key as the secret', async () => {
    const { app, jwk } = await published()
    const read = patientTokens(app)
    for (const secret of [PATIENT_SECRET, JSON.stringify(jwk)]) {
      const token = bearer(await symmetric(claims(app), secret))
      await expect(read(token)).rejects.toMatchObject(refusal)
    }
  })

  it('is nobody’s fault when the keys cannot be fetched: 503, not 401', async () => {
    const url = await publish({ status: 500, body: {} })
    const app = await testApp({ settings: { ENVIRONMENT: 'sandbox', PATIENT_JWKS_URL: url } })
    const { privateKey } = await generateKeyPair('ES256')
    const token = await new SignJWT(claims(app))
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey)
    const read = patientTokens(app)(bearer(token))
    await expect(read).rejects.toMatchObject({ code: 'upstream-unavailable' })
  })
})
