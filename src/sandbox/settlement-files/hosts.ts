/** The two SFTP hosts, the bank's and the bureau's, in front of their files. */
import type { Bank } from '../bank/book.ts'
import { hostFingerprint } from './parameters.ts'
import { type SftpServer, startSftpServer } from './sftp-server.ts'
import { BOOKS, type FileBook, type Shelf } from './shelf.ts'

export interface SettlementHosts {
  readonly ports: Readonly<Record<FileBook, number>>
  /** From now on the host shows its other key, or the first again. @returns its fingerprint. */
  readonly changeKey: (book: FileBook) => Promise<string>
  readonly stop: () => Promise<void>
}

export async function startSettlementHosts(
  { context }: Bank,
  shelf: Shelf,
  ports: Readonly<Record<FileBook, number>>,
): Promise<SettlementHosts> {
  const { bank, insurance } = context.parameters.settlementFiles
  const logins = {
    bank: { publicKey: bank.login.publicKey },
    insurance: { password: insurance.password },
  } as const
  const parts = { bank, insurance }
  const isOther = { bank: false, insurance: false }
  const start = (book: FileBook, port: number): Promise<SftpServer> => {
    const { user, host, otherHost } = parts[book]
    const hostKey = (isOther[book] ? otherHost : host).privateKey
    return startSftpServer({
      port,
      hostKey,
      user,
      login: logins[book],
      files: () => shelf.files(book),
    })
  }
  const servers = {
    bank: await start('bank', ports.bank),
    insurance: await start('insurance', ports.insurance),
  }
  return {
    ports: { bank: servers.bank.port, insurance: servers.insurance.port },
    changeKey: async (book) => {
      const { port } = servers[book]
      await servers[book].stop()
      isOther[book] = !isOther[book]
      servers[book] = await start(book, port)
      const { host, otherHost } = parts[book]
      return hostFingerprint(isOther[book] ? otherHost : host)
    },
    stop: async () => {
      await Promise.all(BOOKS.map((book) => servers[book].stop()))
    },
  }
}
