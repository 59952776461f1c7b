import type { Client, SFTPWrapper } from 'ssh2'
import { isOutsideFailure, OutsideFailure } from '../guard/outside-failure.ts'

export type OpenSftp = AsyncDisposable & { readonly wrapper: SFTPWrapper }

/** A channel for files; it ends when it is left, or when the signal is aborted. */
export async function openSftp(
  system: string,
  client: Client,
  signal: AbortSignal,
  lost: (error: unknown) => OutsideFailure,
): Promise<OpenSftp> {
  const wrapper = await new Promise<SFTPWrapper>((resolve, reject) => {
    client.sftp((error, opened) => (error ? reject(error) : resolve(opened)))
  }).catch((error: unknown) => {
    throw lost(error)
  })
  // Whatever uses it hears of the loss by its own callback.
  wrapper.on('error', () => undefined)
  const end = () => wrapper.end()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) {
    end()
    throw new OutsideFailure(system, 'cancelled', 'nobody waits for the file any more.', { effect: 'none' })
  }
  return {
    wrapper,
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', end)
      end()
    },
  }
}

const pieceBytes = 32 * 1_024

/** Written beside and renamed: who reads the name meanwhile sees the old file or the new one. */
export async function writeRemoteFile(options: {
  system: string
  sftp: OpenSftp
  bytes: Uint8Array
  draftPath: string
  remotePath: string
}): Promise<void> {
  const { system, sftp, bytes, draftPath, remotePath } = options
  const { wrapper } = sftp
  const step = <T>(work: (done: (error: unknown, value?: T) => void) => void) =>
    runStep<T>(system, wrapper, remotePath, work)
  const handle = await step<Buffer>((done) => wrapper.open(draftPath, 'w', done))
  try {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      const piece = Buffer.from(bytes.subarray(at, at + pieceBytes))
      await step((done) => wrapper.write(handle as Buffer, piece, 0, piece.length, at, done))
    }
    await step((done) => wrapper.close(handle as Buffer, done))
    await replace(step, wrapper, draftPath, remotePath)
  } catch (error) {
    wrapper.unlink(draftPath, () => undefined)
    throw error
  }
}

/** The plain rename of SFTP refuses a name that is taken. Where the server knows no other one, the old file goes first. */
async function replace(
  step: (work: (done: (error: unknown) => void) => void) => Promise<unknown>,
  wrapper: SFTPWrapper,
  from: string,
  to: string,
): Promise<void> {
  try {
    return void (await step((done) => wrapper.ext_openssh_rename(from, to, done)))
  } catch (error) {
    // The library throws by itself, without a code of the protocol, when the server does not offer it.
    if (isOutsideFailure(error)) throw error
  }
  await step((done) => wrapper.unlink(to, () => done(undefined)))
  await step((done) => wrapper.rename(from, to, done))
}

export async function readRemoteFile(options: {
  system: string
  sftp: OpenSftp
  remotePath: string
  bytesMax: number
}): Promise<Uint8Array> {
  const { system, sftp, remotePath, bytesMax } = options
  const { wrapper } = sftp
  const step = <T>(work: (done: (error: unknown, value?: T) => void) => void) =>
    runStep<T>(system, wrapper, remotePath, work)
  const handle = (await step<Buffer>((done) => wrapper.open(remotePath, 'r', done))) as Buffer
  const pieces: Buffer[] = []
  let size = 0
  for (;;) {
    const piece = Buffer.alloc(pieceBytes)
    const count = await step<number>((done) => readPiece(wrapper, handle, piece, size, done))
    if (!count) break
    size += count
    if (size > bytesMax) {
      const words = `${remotePath} has more than ${bytesMax} bytes. Raise fileBytesMax if that is meant.`
      throw new OutsideFailure(system, 'too-large', words, { effect: 'none' })
    }
    pieces.push(piece.subarray(0, count))
  }
  await step((done) => wrapper.close(handle, done))
  return new Uint8Array(Buffer.concat(pieces))
}

const endOfFile = 1

function readPiece(
  wrapper: SFTPWrapper,
  handle: Buffer,
  piece: Buffer,
  at: number,
  done: (error: unknown, count?: number) => void,
): void {
  wrapper.read(handle, piece, 0, piece.length, at, (error, count) => {
    if (error && 'code' in error && error.code === endOfFile) done(undefined, 0)
    else done(error, count)
  })
}

/** One request; a channel that ends meanwhile is an answer too. */
function runStep<T>(
  system: string,
  wrapper: SFTPWrapper,
  remotePath: string,
  work: (done: (error: unknown, value?: T) => void) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onClose = () =>
      reject(new OutsideFailure(system, 'unreachable', `the connection was lost while ${remotePath} was on its way.`))
    wrapper.once('close', onClose)
    work((error, value) => {
      wrapper.removeListener('close', onClose)
      if (error) reject(toFileFailure(system, remotePath, error))
      else resolve(value)
    })
  })
}

/** 2: no such file, 3: permission denied, 6 and 7: no connection. */
function toFileFailure(system: string, remotePath: string, error: unknown): OutsideFailure {
  const code = error instanceof Error && 'code' in error ? Number(error.code) : 0
  const words = `${remotePath}: ${error instanceof Error ? error.message : String(error)}`
  if (code === 6 || code === 7) return new OutsideFailure(system, 'unreachable', words)
  const advice =
    code === 2 ? 'Check the name.' : code === 3 ? 'Check the rights of the account.' : 'Its own log says more.'
  const kind = code === 2 || code === 3 ? 'refused' : 'failed'
  return new OutsideFailure(system, kind, `${words}. ${advice}`, { isTransient: false, facts: { code } })
}
