import type { Answer } from './upstream.ts'

/** Where settlement files (对账文件) come from: SFTP, a folder, or a person (§6.3, SC-T02). */
export interface SettlementFiles {
  /** The names that the other side has for this date; a month (§6.3.1) goes by its first day. */
  list(date: string): Promise<Answer<readonly string[]>>
  /**
   * Brings all files of this date here. `absent`: not there yet. `refused` with `file-damaged`:
   * put aside (quarantine), and the same again after every new download.
   */
  fetch(date: string): Promise<Answer<readonly ReceivedFile[]>>
}

/** A file that is here, whole, and never changes again: another content is another file. */
export interface ReceivedFile {
  readonly date: string
  readonly name: string
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** The same content was here before. */
  readonly repeated: boolean
}

export interface UploadedFile {
  readonly date: string
  readonly name: string
  readonly content: Buffer
}

/** What became of a file on offer; `damaged` is put aside, and of it nothing counts (SC-S07). */
export type Received =
  | { readonly kind: 'received'; readonly file: ReceivedFile }
  | { readonly kind: 'damaged'; readonly reason: string }

/** When a file is missed (SC-C02). */
export interface Punctuality {
  readonly askEveryMs: number
  /** UTC milliseconds at which nothing should have come yet; from the first on it is late. */
  readonly alarmsAt: (date: string) => readonly number[]
}
