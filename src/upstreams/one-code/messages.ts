/** The document's words, in its order (README.md 2 to 4). */
import { z } from 'zod'

/** Members that never reach the record in clear: credentials and people. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'token',
  'encData',
  'payCert',
  'opterName',
  'payChnlUserName',
  'devIP',
])

/** 2 request, all texts, all required. */
export interface RequestEnvelope {
  readonly reqtType: string
  readonly encData: string
  readonly version: '1.0.0'
  readonly orgId: string
  /** 13 digits. */
  readonly timestamp: string
}

/** 2 answer. `code` is a number; text is taken as well. */
export const ANSWER = z.object({
  code: z.union([z.int(), z.string().regex(/^-?\d{1,9}$/)]).transform(String),
  message: z.string().nullish(),
  data: z.unknown().optional(),
  type: z.unknown().optional(),
  success: z.boolean().nullish(),
})
export const SEALED = z.object({ encData: z.string() })

/** 3 request, in the document's order. */
export interface SignedQuery {
  readonly token: string
  readonly orgCodg: string
  readonly orgName: string
  readonly opterId: string
  readonly opterName: string
  readonly devId: string
  readonly devIP: string
}

/** 4 request, in the document's order. */
export interface GenPayCert {
  readonly token: string
  readonly ownPaySetlAmt: string
  readonly orgCodg: string
  readonly orgName: string
  readonly opterId: string
  readonly opterName: string
  readonly devId: string
  readonly devIP: string
  readonly fixmedinsTrnsSn: string
}

/** VARCHAR2(n) of each input. */
export const LENGTHS = {
  signedQuery: {
    token: 40,
    orgCodg: 40,
    orgName: 40,
    opterId: 40,
    opterName: 40,
    devId: 40,
    devIP: 40,
  },
  genPayCert: {
    token: 40,
    ownPaySetlAmt: 20,
    orgCodg: 40,
    orgName: 200,
    opterId: 40,
    opterName: 40,
    devId: 40,
    devIP: 40,
    fixmedinsTrnsSn: 200,
  },
} as const satisfies Record<string, Readonly<Record<string, number>>>

const words = z.string().nullish()

/** 3 answer; `stasFlag` may be anything and is judged elsewhere. */
export const STATUS = z.object({
  stasFlag: z.unknown().optional(),
  abnRea: words,
  payChnlUserName: words,
  payChnlName: words,
})

/** 4 answer */
export const CERTIFICATE = z.object({
  payCert: z.string().min(1).max(200),
  payChnlUserName: words,
  payChnlName: words,
})
