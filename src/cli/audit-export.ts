/** `audit export`: all that a search finds, to a file or the standard output, as it is read. */
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import { searchFlags, searchHelp, toSearchQuery } from './audit-client.ts'
import { textAt } from './audit-event.ts'
import type { Command } from './command.ts'
import { byteWords, countWords, createProgressLine, listenForInterrupt } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'

const help = `bun run peek audit export [search] [--csv] [--out FILE] [--home DIR] [--url URL] [--json]

${searchHelp}
  --csv                a table for a spreadsheet; without it a JSON object a line (NDJSON)
  --out FILE           a new file; it has its name only when it is whole. Without it, the standard output

Oldest first: exactly what fits and was recorded when it began. That somebody took it out is recorded too.`

export const exportCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, ...searchFlags, csv: 'toggle', out: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const [stray] = words
    if (stray !== undefined)
      throw new PlatformError('bad-input', `Found "${stray}": name the file with --out ${stray}.`)
    const out = flags.out === undefined ? undefined : resolve(flags.out)
    if (out !== undefined && existsSync(out))
      throw new PlatformError('bad-input', `${out} is there already: name another file.`)
    const query = toSearchQuery(flags, Date.now())
    query.set('format', flags.csv ? 'csv' : 'ndjson')
    const admin = await openAdmin(flags)
    const begun = exportOf(await admin.request('POST', `/api/audit/exports?${query}`))
    const done = await writeOut(admin, begun, { out, isJson: flags.json === true })
    // The events may be on the standard output, so what is said about them is not.
    console.error(flags.json ? JSON.stringify(done) : `${countWords(Number(done.rowCount), 'event')}.`)
    return 0
  },
}

/** The lines into a file beside the wanted one, which is renamed when whole; or to the standard output. */
async function writeOut(
  admin: AdminClient,
  begun: JsonObject,
  { out, isJson }: { readonly out: string | undefined; readonly isJson: boolean },
): Promise<JsonObject> {
  const path = `/api/audit/exports/${textAt(begun, 'id')}`
  const interrupt = listenForInterrupt()
  const partial = out === undefined ? undefined : `${out}.part`
  const target = partial === undefined ? process.stdout : createWriteStream(partial, { flags: 'w', mode: 0o600 })
  // Each write tells how it went; what nobody listens to would end the process without a word.
  target.on('error', () => undefined)
  const progress = createProgressLine('Exporting', isJson)
  let sizeBytes = 0
  let status = begun
  const watching = setInterval(() => {
    admin.request('GET', path).then(
      (answer) => (status = exportOf(answer)),
      () => undefined,
    )
  }, 500)
  try {
    for await (const bytes of await admin.open(`${path}/file`, interrupt)) {
      await write(target, bytes)
      sizeBytes += bytes.length
      progress.show(shareOf(status), `${countWords(Number(status.rowCount ?? 0), 'event')}, ${byteWords(sizeBytes)}`)
    }
    if (partial !== undefined) await endOf(target)
    if (partial !== undefined && out !== undefined) await rename(partial, out)
  } catch (error) {
    if (partial !== undefined) await rm(partial, { force: true })
    if (!interrupt.aborted) throw error
    throw new PlatformError('unavailable', 'The export was cancelled; nothing is left of it.', { cause: error })
  } finally {
    clearInterval(watching)
    progress.end()
  }
  return exportOf(await admin.request('GET', path))
}

function exportOf(answer: unknown): JsonObject {
  return isJsonObject(answer) && isJsonObject(answer.export) ? answer.export : {}
}

function shareOf({ rowCount, rowCountExpected }: JsonObject): number | undefined {
  if (typeof rowCount !== 'number' || typeof rowCountExpected !== 'number' || rowCountExpected === 0) return undefined
  return Math.min(1, rowCount / rowCountExpected)
}

/** Waits for room when the reader is slow. */
function write(target: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolveWrite, reject) => {
    target.write(bytes, (error) => (error ? reject(cannotWrite(error)) : resolveWrite()))
  })
}

function endOf(target: Writable): Promise<void> {
  return new Promise((resolveEnd, reject) => {
    target.on('error', (error) => reject(cannotWrite(error)))
    target.end(() => resolveEnd())
  })
}

function cannotWrite(cause: Error): PlatformError {
  return new PlatformError('unavailable', `The events could not all be written: ${describeError(cause)}.`, { cause })
}
