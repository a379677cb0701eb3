import type { Answer } from './upstream.ts'

/** Where settlement files (对账文件) come from: SFTP, a folder, or a person (§6.3, SC-T02). */
export interface SettlementFiles {
  /** The names that the other side has for this business date. */
  list(date: string): Promise<Answer<readonly string[]>>
  /**
   * Brings all files of this business date here. `absent`: not there yet. `refused` with
   * `file-damaged`: put aside (quarantine), and the same again after every new download.
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
