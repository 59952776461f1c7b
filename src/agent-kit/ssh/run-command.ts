import type { Client, ClientChannel } from 'ssh2'
import { OutsideFailure } from '../guard/outside-failure.ts'

/** How a command ended; `exitCode` is null when a signal ended it. */
export type SshResult = {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** Words of a list become one line that a POSIX shell reads as exactly these words. */
export function toCommandLine(system: string, command: string | readonly string[]): string {
  const line = typeof command === 'string' ? command : command.map(quote).join(' ')
  if (line.trim() !== '' && !line.includes('\0')) return line
  throw new OutsideFailure(system, 'bad-input', 'the command is empty, or holds a NUL character.', { effect: 'none' })
}

function quote(word: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Runs it in a channel of its own. When the signal is aborted, or there is too much output, the command is told to end. */
export async function runCommand(options: {
  system: string
  client: Client
  line: string
  name: string
  stdin: string | undefined
  outputBytesMax: number
  signal: AbortSignal
  lost: (error: unknown) => OutsideFailure
}): Promise<SshResult> {
  const { client, line, stdin, signal, lost } = options
  let onAbort = (): void => undefined
  try {
    return await new Promise<SshResult>((resolve, reject) => {
      client.exec(line, (error, channel) => {
        if (error) return reject(lost(error))
        // At once: how a short command ended may be in the same packet.
        collect(channel, options).then(resolve, reject)
        onAbort = () => end(channel)
        if (signal.aborted) onAbort()
        signal.addEventListener('abort', onAbort, { once: true })
        channel.end(stdin ?? '')
      })
    })
  } catch (error) {
    // The library throws by itself when the connection has just ended.
    throw lost(error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function collect(
  channel: ClientChannel,
  { system, name, outputBytesMax, lost }: Parameters<typeof runCommand>[0],
): Promise<SshResult> {
  const { promise, resolve, reject } = Promise.withResolvers<SshResult>()
  const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  let ended: { exitCode: number | null; signal: string | null } | undefined
  const take = (kept: Buffer[]) => {
    let size = 0
    return (bytes: Buffer) => {
      size += bytes.length
      if (size <= outputBytesMax) return void kept.push(bytes)
      const words = `SSH command "${name}" writes more than ${outputBytesMax} bytes. Ask for less, or raise outputBytesMax.`
      reject(new OutsideFailure(system, 'too-large', words))
      end(channel)
    }
  }
  channel.on('data', take(streams.stdout))
  channel.stderr.on('data', take(streams.stderr))
  channel.on('error', (error: unknown) => reject(lost(error)))
  channel.on('exit', (code: number | null, signal?: string) => {
    ended = { exitCode: code, signal: signal ?? null }
  })
  channel.on('close', () => {
    if (!ended) {
      const words = `the connection was lost while SSH command "${name}" ran; whether it was done is not known.`
      return reject(new OutsideFailure(system, 'unreachable', words))
    }
    const toText = (kept: Buffer[]) => Buffer.concat(kept).toString('utf8')
    resolve({ ...ended, stdout: toText(streams.stdout), stderr: toText(streams.stderr) })
  })
  return promise
}

/** Not every server passes signals on; closing the channel ends the command's output in any case. */
function end(channel: ClientChannel): void {
  channel.signal('TERM')
  channel.close()
}
