/** Private certificate authorities of links inside the hospital and the bureau's networks. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Problem, problem } from './words.ts'

const FILES = [
  'HIS_CA_FILE',
  'INSURANCE_CA_FILE',
  'MID_PLATFORM_CA_FILE',
  'STANDARD_BANK_CA_FILE',
  'ONE_CODE_CA_FILE',
  'COLLECTION_CA_FILE',
  'HRSS_PAY_CA_FILE',
  'ONE_CARD_CA_FILE',
] as const

type CaFile = (typeof FILES)[number]

/** PEM certificates by the setting that names their file; each vouches for that one link. */
export type Authorities = Readonly<Partial<Record<CaFile, string>>>

/** Read at start, so that a file that is missing stops the service and not the first payment. */
export function authoritiesFrom(settings: {
  readonly [name in CaFile]?: string | undefined
}): { authorities: Authorities; problems: readonly Problem[] } {
  const authorities: Partial<Record<CaFile, string>> = {}
  const problems: Problem[] = []
  for (const name of FILES) {
    const path = settings[name]
    if (path === undefined) continue
    const pem = textOf(path)
    if (pem === null) problems.push(problem(name, 'names a file that cannot be read'))
    else if (holdsCertificates(pem)) authorities[name] = pem
    else
      problems.push(problem(name, 'names a file without a PEM certificate, or with a broken one'))
  }
  return { authorities, problems }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function holdsCertificates(pem: string): boolean {
  const certificates = pem.match(CERTIFICATE) ?? []
  try {
    return certificates.map((one) => new X509Certificate(one)).length > 0
  } catch {
    return false
  }
}
