/** `projections status`: all about one projection. */
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import { parseFlags } from '#services/parse-flags.ts'
import type { Command } from './command.ts'
import { byteWords, countWords, showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { listAt, numberAt, objectAt, textAt, textsAt, toRebuild } from './projections-answers.ts'
import { onlyWord, projectionPath } from './projections-client.ts'
import { lengthWords, rangeWords, rateWords, rebuildWords } from './projections-words.ts'
import { toTextList } from './text-table.ts'

const help = `bun run peek projections status <plugin>.<projection> [--home DIR] [--url URL] [--json]

How it stands, its last rebuilds, and the kept tables of the earlier version.`

const rebuildsShown = 5

export const statusCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, clientFlags)
    if (isHelp) {
      console.log(help)
      return 0
    }
    const id = onlyWord(words, help)
    const answer = await (await openAdmin(flags)).request('GET', projectionPath(id))
    const status = objectAt(answer, 'projection')
    const kept = isJsonObject(answer) && isJsonObject(answer.kept) ? answer.kept : undefined
    const rebuilds = listAt(answer, 'rebuilds').map(toRebuild)
    showResult(flags.json === true, isJsonObject(answer) ? answer : {}, [
      toTextList(facts(status, kept)),
      ...rebuilds.slice(0, rebuildsShown).flatMap((rebuild) => ['', rebuildWords(rebuild), whoWords(rebuild)]),
    ])
    return 0
  },
}

function facts(status: JsonObject, kept: JsonObject | undefined): readonly (readonly [string, string])[] {
  const all: readonly (readonly [string, string])[] = [
    ['projection', textAt(status, 'id')],
    ['version', versionWords(status)],
    ['state', textAt(status, 'state')],
    ['frozen', textAt(status, 'frozenWords')],
    ['behind', lagWords(status)],
    ['to go', etaWords(status)],
    ['rate', rateWords(numberAt(status, 'ratePerSecond') ?? 0)],
    ['projected', countWords(numberAt(status, 'eventCount') ?? 0, 'event')],
    ['position', `${textAt(status, 'position')} of ${textAt(status, 'head') || 'an unknown head'}`],
    ['parked', countWords(numberAt(status, 'parkedCount') ?? 0, 'event')],
    ['tables', sizeWords(numberAt(status, 'tableBytes'))],
    ['shown by', screenWords(status)],
    ['kept', keptWords(kept)],
    ['last error', textAt(status, 'lastError')],
    ['its event', eventWords(status)],
  ]
  return all.filter(([, words]) => words !== '')
}

function eventWords(status: JsonObject): string {
  const [id, stream] = [textAt(status, 'lastErrorEventId'), textAt(status, 'lastErrorStream')]
  return id === '' ? '' : `${id} in ${stream}; "audit show ${id}" shows it`
}

function versionWords(status: JsonObject): string {
  const [version, loaded] = [numberAt(status, 'version'), numberAt(status, 'loadedVersion')]
  const pinned = numberAt(status, 'pinnedVersion') === null ? '' : ', pinned until somebody rebuilds'
  const waiting = loaded === null || loaded === version ? '' : `; the plugin's code is of version ${loaded}`
  return `${version}${waiting}${pinned}`
}

function lagWords(status: JsonObject): string {
  const [events, seconds] = [numberAt(status, 'lagEvents'), numberAt(status, 'lagSeconds') ?? 0]
  if (events === 0) return 'nothing'
  return `${events === null ? 'more events than are counted' : countWords(events, 'event')}, ${lengthWords(seconds)}`
}

function etaWords(status: JsonObject): string {
  const [seconds, min, max] = [
    numberAt(status, 'etaSeconds'),
    numberAt(status, 'etaSecondsMin'),
    numberAt(status, 'etaSecondsMax'),
  ]
  return seconds === null || seconds === 0 ? '' : rangeWords(seconds, min, max)
}

function sizeWords(bytes: number | null): string {
  return bytes === null ? '' : byteWords(bytes)
}

function screenWords(status: JsonObject): string {
  const names = textsAt(status, 'observables')
  const watched = numberAt(status, 'watchedSelectors') ?? 0
  if (names.length === 0) return ''
  return `${names.join(', ')}; ${watched === 0 ? 'nobody watches just now' : `watched in ${countWords(watched, 'place')} just now`}`
}

function keptWords(kept: JsonObject | undefined): string {
  if (!kept) return ''
  const obstacle = textAt(kept, 'obstacle')
  const back = obstacle === '' ? '"projections rollback" returns to it' : `no way back: ${obstacle}`
  return `version ${numberAt(kept, 'version')}, ${byteWords(numberAt(kept, 'tableBytes') ?? 0)}; ${back}`
}

function whoWords({ by, reason, startedAt }: { by: string; reason: string; startedAt: number }): string {
  const at = new Date(startedAt).toISOString().replace('T', ' ').slice(0, 19)
  return `  begun ${at} UTC by ${by}${reason === '' ? '' : `: ${reason}`}`
}
