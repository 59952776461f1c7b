/** `eventstore verify`: every event of a stopped store, against its checksum and its place. */
import type { Finding } from '#event-store-server/upkeep/findings.ts'
import { verifyStore } from '#event-store-server/upkeep/verify.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { countWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { resolveFile } from './event-store-target.ts'

const help = `bun run peek eventstore verify [FILE] [--home DIR] [--json]

Reads every event, stream and index of a store that nobody has open, changes nothing, and names what is damaged. Of a
running store, make a backup and verify that: bun run peek eventstore backup --to copy.db
Ends with 0 when all is well, 1 when something is damaged, 3 when the store is in use.`

export const verifyCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { home: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const file = resolveFile(flags, words)
    const isJson = flags.json === true
    const progress = createProgressLine('Verifying', isJson)
    const verification = await verifyStore(file, {
      signal: listenForInterrupt(),
      onProgress: ({ phase, fraction, eventCount }) =>
        progress.show(fraction, `${phase}, ${countWords(eventCount, 'event')}`),
    }).finally(progress.end)
    const { findingCount, findings, eventCount, streamCount } = verification
    const looked = `${countWords(eventCount, 'event')} in ${countWords(streamCount, 'stream')} of ${file}`
    showResult(isJson, { file, ...verification }, [
      ...findings.map(describe),
      findingCount === 0
        ? `All is well: ${looked}.`
        : `${countWords(findingCount, 'finding')} in ${looked}. Restore the store from a backup, or export what can be read.`,
    ])
    return findingCount === 0 ? 0 : 1
  },
}

function describe({ kind, problem, position, streamName, revision, eventType }: Finding): string {
  const event = revision === undefined ? '' : ` revision ${revision}`
  const place = [
    streamName === undefined ? '' : `${streamName}${event}`,
    eventType ?? '',
    position === undefined ? '' : `position ${position}`,
  ].filter((part) => part !== '')
  return `${kind}: ${place.length > 0 ? `${place.join(', ')}: ` : ''}${problem}`
}
