/** A machine that is reached by SSH, in this process: commands are functions, files a map. */
import { generateKeyPairSync } from 'node:crypto'
import { Server, type ServerChannel, type Session, type SFTPWrapper, utils } from 'ssh2'
import { fingerprintOf } from '#agent-kit/ssh/ssh-connection.ts'

export interface SshServer {
  readonly port: number
  readonly hostKey: string
  readonly files: Map<string, Buffer>
  connectionCount(): number
  /** Ends every connection, without a word. */
  drop(): void
  close(): Promise<void>
}

export type RunCommand = (line: string, channel: ServerChannel) => void

/** Not by ssh2 itself: it cannot read about one in 360 of the Ed25519 keys that it makes. */
function makeHostKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString()
}

export async function startSshServer(options: {
  password: string
  run: RunCommand
  /** Nobody is let in before this. */
  opened?: Promise<unknown> | undefined
}): Promise<SshServer> {
  const hostKey = makeHostKey()
  const files = new Map<string, Buffer>()
  const sockets = new Set<{ end(): void }>()
  let connections = 0
  const server = new Server({ hostKeys: [hostKey] }, (client) => {
    connections++
    sockets.add(client)
    client.on('close', () => sockets.delete(client))
    client.on('error', () => undefined)
    client.on('authentication', async (attempt) => {
      await options.opened
      if (attempt.method === 'password' && attempt.password === options.password) attempt.accept()
      else attempt.reject(['password'])
    })
    client.on('ready', () => client.on('session', (accept) => serveSession(accept(), options, files)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  const parsed = utils.parseKey(hostKey)
  if (parsed instanceof Error) throw parsed
  const drop = (): void => {
    for (const socket of sockets) socket.end()
  }
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    hostKey: fingerprintOf(parsed.getPublicSSH()),
    files,
    connectionCount: () => connections,
    drop,
    close: async () => {
      drop()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function serveSession(session: Session, { run }: { run: RunCommand }, files: Map<string, Buffer>): void {
  session.on('exec', (accept, _reject, { command }) => run(command, accept()))
  session.on('sftp', (accept) => serveFiles(accept(), files))
}

/** The few requests a client makes for whole files; a rename takes no name that is taken. */
function serveFiles(sftp: SFTPWrapper, files: Map<string, Buffer>): void {
  const { OK, EOF, NO_SUCH_FILE, FAILURE } = utils.sftp.STATUS_CODE
  const open = new Map<number, string>()
  let handles = 0
  const nameOf = (handle: Buffer): string => open.get(handle.readUInt32BE(0)) ?? ''
  sftp.on('OPEN', (request, name, flags) => {
    const isWrite = (flags & utils.sftp.OPEN_MODE.WRITE) !== 0
    if (!isWrite && !files.has(name)) return void sftp.status(request, NO_SUCH_FILE)
    if (isWrite) files.set(name, Buffer.alloc(0))
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(++handles, 0)
    open.set(handles, name)
    sftp.handle(request, handle)
  })
  sftp.on('WRITE', (request, handle, offset, data) => {
    const before = files.get(nameOf(handle)) ?? Buffer.alloc(0)
    files.set(nameOf(handle), Buffer.concat([before.subarray(0, offset), data]))
    sftp.status(request, OK)
  })
  sftp.on('READ', (request, handle, offset, length) => {
    const piece = files.get(nameOf(handle))?.subarray(offset, offset + length)
    if (piece && piece.length > 0) sftp.data(request, piece)
    else sftp.status(request, EOF)
  })
  sftp.on('CLOSE', (request) => sftp.status(request, OK))
  sftp.on('REMOVE', (request, name) => sftp.status(request, files.delete(name) ? OK : NO_SUCH_FILE))
  sftp.on('RENAME', (request, from, to) => {
    const bytes = files.get(from)
    if (!bytes || files.has(to)) return void sftp.status(request, FAILURE)
    files.set(to, bytes)
    files.delete(from)
    sftp.status(request, OK)
  })
}
