/** One SFTP server of the pretend bank or bureau, on loopback: everything in it can only be read. */
import { timingSafeEqual } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import ssh2 from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

export interface SftpOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly hostKey: string
  readonly user: string
  /** The public half of the hospital's key, in OpenSSH's form, or a password. */
  readonly login: { readonly publicKey: string } | { readonly password: string }
  /** What stands in `FOLDER` now, by name. */
  readonly files: () => Promise<ReadonlyMap<string, Buffer>>
}

export interface SftpServer {
  readonly port: number
  readonly stop: () => Promise<void>
}

export const FOLDER = '/outgoing'

export async function startSftpServer(options: SftpOptions): Promise<SftpServer> {
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => {
    // A client that leaves in the middle is no fault of this side.
    connection.on('error', () => connection.end())
    connection.on('authentication', (context) => {
      if (isKnown(options, context)) context.accept()
      else context.reject(['publickey', 'password'])
    })
    connection.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => show(acceptSftp(), options.files))
    })
  })
  const sockets = new Set<Socket>()
  // Without a delay: answers of a few bytes would wait for each other.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    ssh.injectSocket(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address: AddressInfo | string | null = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function isKnown({ user, login }: SftpOptions, context: ssh2.AuthContext): boolean {
  if (context.username !== user) return false
  if (context.method === 'password')
    return 'password' in login && isSame(Buffer.from(context.password), Buffer.from(login.password))
  if (context.method !== 'publickey' || !('publicKey' in login)) return false
  const known = ssh2.utils.parseKey(login.publicKey)
  if (known instanceof Error || !isSame(context.key.data, known.getPublicSSH())) return false
  // Without a signature it is only asked whether this key would do.
  if (context.signature === undefined || context.blob === undefined) return true
  // An error is given back, not thrown, whatever the types say: only true is true.
  const verified: unknown = known.verify(context.blob, context.signature, context.hashAlgo)
  return verified === true
}

const isSame = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other)

/** An open folder, of which the rest is still to be told, or an open file. */
type Handle = { entries: ssh2.FileEntry[] } | { readonly content: Buffer }

const FILE_MODE = 0o100444
const FOLDER_MODE = 0o040555

const attributes = (mode: number, size: number): ssh2.Attributes => ({
  mode,
  size,
  uid: 0,
  gid: 0,
  atime: 0,
  mtime: 0,
})

const entryOf = ([filename, { length }]: [string, Buffer]): ssh2.FileEntry => ({
  filename,
  longname: `-r--r--r-- 1 bank bank ${length} Jan 1 00:00 ${filename}`,
  attrs: attributes(FILE_MODE, length),
})

/** What one client has open. */
interface Desk {
  readonly files: SftpOptions['files']
  readonly open: (handle: Handle) => Buffer
  readonly handleOf: (bytes: Buffer) => Handle | undefined
  readonly contentAt: (path: string) => Promise<Buffer | undefined>
}

function show(sftp: ssh2.SFTPWrapper, files: SftpOptions['files']): void {
  const handles = new Map<number, Handle>()
  const desk: Desk = {
    files,
    open: (handle) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(handles.size)
      handles.set(handles.size, handle)
      return bytes
    },
    handleOf: (bytes) => (bytes.length === 4 ? handles.get(bytes.readUInt32BE()) : undefined),
    contentAt: async (path) =>
      path.startsWith(`${FOLDER}/`)
        ? (await files()).get(path.slice(FOLDER.length + 1))
        : undefined,
  }
  answerAboutPaths(sftp, desk)
  answerAboutHandles(sftp, desk)
  // Who has said all waits for us to go.
  sftp.on('end', () => sftp.end())
}

function answerAboutPaths(sftp: ssh2.SFTPWrapper, { files, open, contentAt }: Desk): void {
  const failed = (id: number) => (): void => sftp.status(id, STATUS_CODE.FAILURE)
  const stat = (id: number, path: string): void => {
    if (path === '/' || path === FOLDER) {
      sftp.attrs(id, attributes(FOLDER_MODE, 0))
      return
    }
    contentAt(path).then((content) => {
      if (content === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
      else sftp.attrs(id, attributes(FILE_MODE, content.length))
    }, failed(id))
  }
  sftp.on('STAT', stat)
  sftp.on('LSTAT', stat)
  sftp.on('REALPATH', (id, path) => {
    sftp.name(id, [{ filename: path === '.' ? '/' : path, longname: '', attrs: attributes(0, 0) }])
  })
  sftp.on('OPENDIR', (id, path) => {
    if (path !== FOLDER) {
      sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
      return
    }
    files().then((there) => {
      sftp.handle(id, open({ entries: [...there].map(entryOf) }))
    }, failed(id))
  })
  sftp.on('OPEN', (id, path, flags) => {
    if ((flags & ~OPEN_MODE.READ) !== 0) {
      sftp.status(id, STATUS_CODE.PERMISSION_DENIED)
      return
    }
    contentAt(path).then((content) => {
      if (content === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
      else sftp.handle(id, open({ content }))
    }, failed(id))
  })
}

function answerAboutHandles(sftp: ssh2.SFTPWrapper, { handleOf }: Desk): void {
  sftp.on('READDIR', (id, bytes) => {
    const handle = handleOf(bytes)
    const entries = handle !== undefined && 'entries' in handle ? handle.entries.splice(0) : []
    if (entries.length > 0) sftp.name(id, entries)
    else sftp.status(id, STATUS_CODE.EOF)
  })
  sftp.on('FSTAT', (id, bytes) => {
    const handle = handleOf(bytes)
    if (handle !== undefined && 'content' in handle)
      sftp.attrs(id, attributes(FILE_MODE, handle.content.length))
    else sftp.status(id, STATUS_CODE.FAILURE)
  })
  sftp.on('READ', (id, bytes, offset, length) => {
    const handle = handleOf(bytes)
    if (handle === undefined || !('content' in handle)) sftp.status(id, STATUS_CODE.FAILURE)
    else if (offset >= handle.content.length) sftp.status(id, STATUS_CODE.EOF)
    else sftp.data(id, handle.content.subarray(offset, offset + length))
  })
  sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK))
}
