/** `eventstore export`: events as lines of JSON, byte for byte. */
import { createWriteStream, existsSync, statSync } from 'node:fs'
import { open, truncate } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { exportFile } from '#event-store-server/upkeep/export-events.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { countWords, createProgressLine, listenForInterrupt } from './event-store-output.ts'
import { resolveFile } from './event-store-target.ts'

const help = `bun run peek eventstore export [FILE] [--to OUT] [--resume] [--after POSITION] [--stream PREFIX,PREFIX]
                                  [--without-system] [--home DIR] [--json]

Writes the events of a store that nobody has open, one JSON object a line, to OUT or to the standard output.
  --resume          goes on behind the last whole line of OUT; a torn line at its end is cut off first
  --after POSITION  only events behind this position
  --stream PREFIX   only streams whose names begin so, with their metadata
  --without-system  no streams whose names begin with "$": limits and deletions are not kept then
"bun run peek eventstore import" reads it. Of a running store, make a backup and export that.`

export const exportCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, {
      home: 'text',
      to: 'text',
      after: 'text',
      stream: 'text',
      resume: 'toggle',
      'without-system': 'toggle',
      json: 'toggle',
    })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const out = flags.to === undefined ? undefined : resolve(flags.to)
    const after = flags.resume ? await findEnd(out) : parsePosition(flags.after)
    if (out !== undefined && existsSync(out) && !flags.resume)
      throw new PlatformError('bad-input', `${out} is there already. Go on with --resume, or name another file.`)
    const stream = out === undefined ? process.stdout : createWriteStream(out, { flags: 'a', mode: 0o600 })
    // Each write tells how it went; what nobody listens to would end the process without a word.
    stream.on('error', () => undefined)
    const progress = createProgressLine('Exporting', flags.json === true)
    const result = await exportFile(resolveFile(flags, words), {
      write: (lines) => writeAll(stream, lines),
      withSystemEvents: flags['without-system'] !== true,
      signal: listenForInterrupt(),
      onProgress: ({ eventCount, fraction }) => progress.show(fraction, countWords(eventCount, 'event')),
      ...(after === undefined ? {} : { after }),
      ...(flags.stream === undefined ? {} : { streamPrefixes: flags.stream.split(',') }),
    }).finally(progress.end)
    if (out !== undefined) await endOf(stream)
    // The events may be on the standard output, so what is said about them is not.
    console.error(
      flags.json
        ? JSON.stringify(result)
        : `${countWords(result.eventCount, 'event')}, up to position ${result.lastPosition}.`,
    )
    return 0
  },
}

function parsePosition(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text !== '' && Number.isSafeInteger(value) && value >= 0) return value
  throw new PlatformError('bad-input', `--after is "${text}": wanted a position, a whole number from 0.`)
}

const tailBytes = 32 * 1_048_576

/** The position in the last whole line of an earlier export; what was torn behind it is cut off. */
async function findEnd(out: string | undefined): Promise<number | undefined> {
  if (out === undefined) throw new PlatformError('bad-input', '--resume needs --to: the file to go on with.')
  if (!existsSync(out)) return undefined
  const size = statSync(out).size
  if (size === 0) return undefined
  const start = Math.max(0, size - tailBytes)
  await using file = await open(out, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
  const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a)
  if (end < 0) {
    if (start > 0)
      throw new PlatformError('bad-input', `${out} does not look like an export: its last line is too long.`)
    await truncate(out, 0)
    return undefined
  }
  const begin = buffer.subarray(0, end).lastIndexOf(0x0a) + 1
  const line = tryParseJson(buffer.toString('utf8', begin, end))
  if (!isJsonObject(line) || typeof line.position !== 'number')
    throw new PlatformError('bad-input', `${out} does not look like an export: its last line has no position.`)
  await truncate(out, start + end + 1)
  return line.position
}

/** Waits for room when the reader is slow. */
function writeAll(stream: Writable, lines: string): Promise<void> {
  return new Promise((resolveWrite, reject) => {
    stream.write(lines, (error) => (error ? reject(cannotWrite(error)) : resolveWrite()))
  })
}

function endOf(stream: Writable): Promise<void> {
  return new Promise((resolveEnd, reject) => {
    stream.on('error', (error) => reject(cannotWrite(error)))
    stream.end(() => resolveEnd())
  })
}

function cannotWrite(cause: Error): PlatformError {
  const words = `The events could not all be written: ${describeError(cause)}. With room for them, --resume goes on in a file.`
  return new PlatformError('unavailable', words, { cause })
}
