/**
 * Commands and files on an outside machine over SSH.
 *
 *     const plant = openSsh(context, {
 *       system: 'plant', host: 'plant.example', username: 'peek', privateKey, hostKeys: ['SHA256:…'],
 *     })
 *     const { exitCode, stdout } = await plant.exec(['df', '-P', folder])
 *     const readings = await plant.download('/var/readings/today.csv')
 *
 * Promises: connects when first needed and again when the connection was lost; talks to nobody whose key is not in
 * `hostKeys`; output and files are bounded; an upload appears whole or not at all; ends with its part.
 * A command that ends with another code than 0 is an answer, not a failure.
 */
import { newUuid } from '#kernel/ids.ts'
import type { CallFigures } from '../guard/call-figures.ts'
import { createGuard, type GuardedCall, type OutsideContext, type Patience } from '../guard/guard.ts'
import { OutsideFailure } from '../guard/outside-failure.ts'
import { makeRedact } from '../guard/redact.ts'
import { runCommand, type SshResult, toCommandLine } from './run-command.ts'
import { openSftp, readRemoteFile, writeRemoteFile } from './sftp-files.ts'
import { createSshConnection, type SshAccess } from './ssh-connection.ts'

export type SshOptions = Patience &
  SshAccess & {
    readonly system: string
    /** Of a command's output, each of its two streams, and of a file. */
    readonly outputBytesMax?: number
    readonly fileBytesMax?: number
  }

export type SshCall = Pick<GuardedCall, 'signal' | 'tryTimeoutMs' | 'deadlineMs'>

export interface Ssh {
  /** A list is taken word by word, whatever the words hold; a text is read by the far side's shell. */
  exec(
    command: string | readonly string[],
    options?: SshCall & { readonly stdin?: string; readonly isRepeatable?: boolean },
  ): Promise<SshResult>
  /** The file appears under its name when it is whole. */
  upload(bytes: Uint8Array, remotePath: string, options?: SshCall): Promise<void>
  download(remotePath: string, options?: SshCall): Promise<Uint8Array>
  figures(): CallFigures
  close(): void
}

const outputBytesMaxDefault = 1_048_576
const fileBytesMaxDefault = 64 * 1_048_576
/** Servers take ten channels on a connection; one is for files. */
const callCountMaxDefault = 8

export function openSsh(context: OutsideContext, options: SshOptions): Ssh {
  const { system, outputBytesMax = outputBytesMaxDefault, fileBytesMax = fileBytesMaxDefault } = options
  const guard = createGuard({ system, context, patience: { callCountMax: callCountMaxDefault, ...options } })
  const redact = makeRedact([options.password, options.passphrase, options.privateKey])
  const connection = createSshConnection({ system, access: options, log: context.log, redact })
  context.onStop(connection.close)

  return {
    exec: (command, { stdin, isRepeatable = false, ...call } = {}) => {
      const line = toCommandLine(system, command)
      const [name = ''] = typeof command === 'string' ? command.split(/\s/, 1) : command
      return guard.run({ ...call, what: `SSH command "${name}"`, isRepeatable }, async (signal) => {
        const client = await connection.get(signal)
        return runCommand({ system, client, line, stdin, outputBytesMax, signal, name, lost: connection.toFailure })
      })
    },
    upload: async (bytes, remotePath, call = {}) => {
      if (bytes.byteLength > fileBytesMax) {
        const words = `${remotePath} would have ${bytes.byteLength} bytes, wanted at most ${fileBytesMax}. Raise fileBytesMax if that is meant.`
        throw new OutsideFailure(system, 'too-large', words, { effect: 'none' })
      }
      const draftPath = `${remotePath}.part-${newUuid()}`
      return guard.run({ ...call, what: `upload of ${remotePath}`, isRepeatable: true }, async (signal) => {
        await using sftp = await openSftp(system, await connection.get(signal), signal, connection.toFailure)
        await writeRemoteFile({ system, sftp, bytes, draftPath, remotePath })
      })
    },
    download: (remotePath, call = {}) =>
      guard.run({ ...call, what: `download of ${remotePath}`, isRepeatable: true }, async (signal) => {
        await using sftp = await openSftp(system, await connection.get(signal), signal, connection.toFailure)
        // Awaited here: the channel ends when this function does.
        return await readRemoteFile({ system, sftp, remotePath, bytesMax: fileBytesMax })
      }),
    figures: guard.figures,
    close: connection.close,
  }
}
