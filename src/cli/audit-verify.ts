/** `audit verify`: the whole log against its hash chain and the anchors kept apart. */
import { loadConfig } from '#config/load-config.ts'
import { getDatabaseUrl, getEventStoreAddress } from '#config/stores-file.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { type Anchor, anchorFileName, readAnchorFolders, readAnchors } from '#evidence/anchors.ts'
import { iterateBlocks } from '#evidence/evidence-blocks.ts'
import { type EvidenceFinding, type EvidenceVerification, verifyEvidence } from '#evidence/verify-evidence.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { fromPosition } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { anchorFoldersOf } from '#services/logic/anchor-folders.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { openClient } from '#storage/client.ts'
import type { Command } from './command.ts'
import { countWords, createProgressLine, listenForInterrupt, showResult } from './event-store-output.ts'
import { resolveHome } from './home-flag.ts'

const help = `bun run peek audit verify [--anchors FILE] [--home DIR] [--json]

Reads every recorded event again and compares it with what it was when it was chained, within about a
second of being recorded: by the hash chain that logic keeps and by all anchors it leaves in <home>/logic/evidence/${anchorFileName} and in the
folder of audit.anchorFolder. --anchors FILE: a copy that was kept somewhere else, believed instead.
Needs the stores, not logic; changes nothing. Names the first altered, missing or added event.
Ends with 0 when all is as it was, 1 when something is not.`

export const auditVerifyCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { home: 'text', anchors: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    if (words.length > 0) throw new PlatformError('bad-input', `audit verify takes no "${words.join(' ')}".\n${help}`)
    const isJson = flags.json === true
    const found = await verifyHome(resolveHome(flags.home), flags.anchors, isJson)
    showResult(isJson, found, describe(found))
    return found.findings.length === 0 ? 0 : 1
  },
}

async function verifyHome(home: string, anchorFile: string | undefined, isJson: boolean) {
  const config = loadConfig({ role: 'logic', home })
  const anchors = await (anchorFile === undefined
    ? readAnchorFolders(anchorFoldersOf(config))
    : loadAnchors(anchorFile))
  const signal = listenForInterrupt()
  const progress = createProgressLine('Verifying', isJson)
  const sql = openClient({ url: getDatabaseUrl(config), log: silentLog, applicationName: 'peek audit verify' })
  try {
    const connectionString = getEventStoreAddress(config)
    const opening = { connectionString, log: silentLog, clock: systemClock, random: systemRandom }
    const store = await openKurrentEventStore(opening)
    try {
      const head = Number(fromPosition(await store.head()).commit)
      return await verifyEvidence({
        store,
        blocks: iterateBlocks(sql),
        anchors,
        signal,
        onProgress: ({ eventCount, position }) => {
          const share = head === 0 ? 1 : Math.min(1, Number(fromPosition(position).commit) / head)
          progress.show(share, countWords(eventCount, 'event'))
        },
      })
    } finally {
      await store.close()
    }
  } finally {
    progress.end()
    await sql.end({ timeout: 1 })
  }
}

/** A file somebody names must be there; our own are not before the first anchor. */
async function loadAnchors(file: string): Promise<Anchor[]> {
  const anchors = await readAnchors(file)
  if (anchors.length > 0) return anchors
  throw new PlatformError('bad-input', `There are no anchors in ${file}: name the file "${anchorFileName}" of a copy.`)
}

function describe(found: EvidenceVerification): string[] {
  const { findings, eventCount, provenBy, unanchoredCount, unchainedCount, hash, isCut } = found
  const rest = [
    ...(unanchoredCount > 0 && findings.length === 0
      ? [`No anchor vouches yet for the newest ${countWords(unanchoredCount, 'event')}: the database alone does.`]
      : []),
    ...(unchainedCount > 0
      ? [`Not compared: ${countWords(unchainedCount, 'event')} behind the end of the chain, recorded just now.`]
      : []),
  ]
  const anchorWords = provenBy
    ? `The anchor of ${new Date(provenBy.at).toISOString()} vouches for the first ${countWords(provenBy.eventCount, 'event')}.`
    : 'No anchor vouches for any of it.'
  if (findings.length === 0)
    return [
      `${countWords(eventCount, 'event')} are as they were when they were chained.`,
      anchorWords,
      ...rest,
      `Hash: ${hash}`,
    ]
  const more = isCut ? ['There are more findings than these.'] : []
  return [...findings.map(describeFinding), ...more, anchorWords]
}

function describeFinding({ kind, words, position, eventId }: EvidenceFinding): string {
  return `${kind} at ${position}${eventId === undefined ? '' : ` (event ${eventId})`}: ${words}`
}
