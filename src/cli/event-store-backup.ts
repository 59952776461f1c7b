/** `eventstore backup`: a copy that is a store like any other, of a running store or a file. */
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { backUpFile } from '#event-store-server/upkeep/backup.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { byteWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { resolveTarget, withOperations } from './event-store-target.ts'

const help = `bun run peek eventstore backup [FILE | --url CONNECTION] [--to NAME] [--home DIR] [--json]

Copies everything acknowledged until now into a new file that is a store like any other: verify it, serve it, put it in
the place of the old one. Nothing is overwritten.
  of a stopped store   --to is a file; without it, log-<time>.db in the folder "backups" beside the store
  of a running store   the embedded one makes the copy itself while it serves, in the folder "backups" beside its file on
                       its own machine; --to is the name there. A real EventStoreDB has its own ways to be backed up.`

export const backupCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { home: 'text', url: 'text', to: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const isJson = flags.json === true
    const signal = listenForInterrupt()
    const line = createProgressLine('Backing up', isJson)
    const onProgress = ({ copiedBytes, sizeBytes }: { copiedBytes: number; sizeBytes: number }): void =>
      line.show(
        sizeBytes > 0 ? copiedBytes / sizeBytes : undefined,
        `${byteWords(copiedBytes)} of ${byteWords(sizeBytes)}`,
      )
    const target = resolveTarget(flags, words)
    const name = `log-${new Date().toISOString().replace(/[:.]/g, '-')}.db`
    const options = { onProgress, signal }
    const making =
      target.kind === 'file'
        ? ofFile(target.file, flags.to ?? join(dirname(target.file), 'backups', name), options)
        : ofServer(target.connectionString, flags.to ?? name, options)
    const made = await making.finally(line.end)
    showResult(isJson, made, [`${made.file} has everything: ${byteWords(made.sizeBytes)}.`])
    return 0
  },
}

type Options = Pick<Parameters<typeof backUpFile>[1], 'onProgress' | 'signal'>

async function ofServer(connectionString: string, to: string, { onProgress, signal }: Options) {
  const name = toPlainName(to)
  return withOperations(connectionString, (operations) =>
    operations.backUp(name, { ...(onProgress && { onProgress }), ...(signal && { signal }) }),
  )
}

async function ofFile(source: string, to: string, options: Options) {
  const target = resolve(to)
  await mkdir(dirname(target), { recursive: true })
  return backUpFile(source, { target, ...options })
}

function toPlainName(to: string): string {
  if (!to.includes('/')) return to
  throw new PlatformError(
    'bad-input',
    `--to ${to}: a running store chooses the folder, on its own machine. Give a name without a folder.`,
  )
}
