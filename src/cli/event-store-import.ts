/** `eventstore import`: lines of JSON into a store, as often as it takes. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { importFile } from '#event-store-server/upkeep/import-events.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { countWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { resolveFile } from './event-store-target.ts'

const help = `bun run peek eventstore import [FILE] [--from IN] [--home DIR] [--json]

Reads lines of JSON, as "export" writes them, from IN or from the standard input into a store that nobody has open; the
store is made when it is not there. Events that are there already are left out, so an import that was cut off is run
again. Bad lines are named and left out; it ends with 1 when there were any.`

const shownBadLines = 20

export const importCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { home: 'text', from: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const source = flags.from === undefined ? undefined : resolve(flags.from)
    if (source !== undefined && !existsSync(source))
      throw new PlatformError('bad-input', `There is no file ${source}. Check the name.`)
    const file = resolveFile(flags, words)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const progress = createProgressLine('Importing', flags.json === true)
    const result = await importFile(file, {
      pieces: source === undefined ? Bun.stdin.stream() : Bun.file(source).stream(),
      signal: listenForInterrupt(),
      onProgress: ({ lineCount, importedCount }) =>
        progress.show(undefined, `${countWords(lineCount, 'line')}, ${countWords(importedCount, 'event')} new`),
    }).finally(progress.end)
    const { lineCount, importedCount, repeatedCount, movedCount, badLineCount, badLines } = result
    showResult(flags.json === true, { file, ...result }, [
      ...badLines.slice(0, shownBadLines).map(({ line, problem }) => `line ${line}: ${problem}`),
      `${countWords(lineCount, 'line')}: ${countWords(importedCount, 'event')} imported, ${repeatedCount} there already, ${badLineCount} bad.`,
      ...(movedCount > 0
        ? [`${countWords(movedCount, 'event')} got another revision, since the stream had events.`]
        : []),
    ])
    return badLineCount === 0 ? 0 : 1
  },
}
