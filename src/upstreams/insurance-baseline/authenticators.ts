/** Three ways in which gateways know a hospital; none signs the body (README.md 5). */
import { createHash } from 'node:crypto'
import { hmacSha1Base64 } from '../../crypto/mac.ts'
import type { Secret } from '../../errors.ts'
import { pick, type Random } from '../../payment/numbers.ts'

/** Headers for one call. @param service infno or service name. */
export type Authenticator = (service: string) => Readonly<Record<string, string>>

interface Chance {
  readonly now: () => number
  readonly random: Random
}

/** 银海 in Sichuan: plain JSON inside the private network, nothing else. */
export const noAuthenticator: Authenticator = () => ({})

/** Tencent TIF: hex SHA256(timestamp + secretKey + nonce + timestamp), timestamp in seconds. */
export function tifAuthenticator(
  settings: Chance & { readonly paasId: string; readonly secret: Secret },
): Authenticator {
  return () => {
    const timestamp = String(Math.floor(settings.now() / 1000))
    const nonce = pick(settings.random, '0123456789abcdef', 32)
    const text = timestamp + settings.secret.reveal() + nonce + timestamp
    return {
      'x-tif-paasid': settings.paasId,
      'x-tif-timestamp': timestamp,
      'x-tif-nonce': nonce,
      'x-tif-signature': createHash('sha256').update(text).digest('hex'),
    }
  }
}

/** Aliyun CSB: base64 HMAC-SHA1 over the sorted `_api_*` parameters, timestamp in seconds. */
export function csbAuthenticator(
  settings: Pick<Chance, 'now'> & {
    readonly accessKey: string
    readonly secretKey: Secret
    readonly apiVersion: string
  },
): Authenticator {
  return (service) => {
    const headers = {
      _api_access_key: settings.accessKey,
      _api_name: service,
      _api_timestamp: String(Math.floor(settings.now() / 1000)),
      _api_version: settings.apiVersion,
    }
    const text = Object.entries(headers).map(([name, value]) => `${name}=${value}`)
    return {
      ...headers,
      _api_signature: hmacSha1Base64(settings.secretKey.reveal(), text.join('&')),
    }
  }
}
