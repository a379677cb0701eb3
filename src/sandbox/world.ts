import type { Ledger } from './ledger.ts'

/** One request as any transport delivers it; `handle` never sees sockets, so it can be simulated. */
export interface SandboxRequest {
  readonly method: string
  /** Path with query, as sent, below the upstream's prefix. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** `lost` closes the connection without an answer. */
export type SandboxReply =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly contentType: string
      readonly body: string
      readonly headers?: Readonly<Record<string, string>>
      readonly delayMs?: number
    }
  | { readonly kind: 'lost' }

/** A pretend upstream: pure over its world; mounted by the server under `prefix`. */
export interface SandboxUpstream {
  readonly prefix: string
  handle(request: SandboxRequest): Promise<SandboxReply>
}

/** A call as received and believed, in order: what the matrix prints as steps. */
export interface CallRecord {
  readonly at: number
  readonly billNo: string
  readonly upstream:
    | 'his'
    | 'wechat'
    | 'alipay'
    | 'insurance'
    | 'mid-platform'
    | 'icbc'
    | 'standard-bank'
    | 'one-code'
    | 'collection'
    | 'hrss-pay'
    | 'one-card'
  /** Name of the call: `userQuery`, `oauth.token`, `9001`, `1101`, `6201`, `self-pay-order`, `mixed-submit`, ... */
  readonly call: string
  /** The number the caller gave it. */
  readonly number: string
  /** `effect` changed something; `repeat` was recognised; `question`; `refused`; `lost-request`. */
  readonly result: 'effect' | 'repeat' | 'question' | 'refused' | 'lost-request'
}

export interface Posted {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface World {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly random: () => number
  readonly ledger: Ledger
  readonly calls: CallRecord[]
  /** Milliseconds of the sandbox's own waiting (pending, down, slow) are multiplied by this. */
  readonly timeScale: number
  /** Posts a callback to the service and resolves with its answer; never throws. */
  readonly post: (url: string, message: Posted) => Promise<Posted & { readonly status: number }>
  /** How often this key was seen before now: `first three questions`, `first time only`. */
  readonly count: (key: string) => number
}
