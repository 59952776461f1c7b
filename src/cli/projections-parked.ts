/** `projections parked`: what projections could not take. */
import { parseFlags } from '#services/parse-flags.ts'
import type { AdminClient } from './admin-client.ts'
import type { Command } from './command.ts'
import { showResult } from './event-store-output.ts'
import { clientFlags, openAdmin } from './open-admin.ts'
import { parseCount } from './parse-count.ts'
import { listAt, numberAt, textAt } from './projections-answers.ts'
import { onlyWord, projectionPath } from './projections-client.ts'
import { lengthWords } from './projections-words.ts'
import { toTextTable } from './text-table.ts'

const help = `bun run peek projections parked [<plugin>.<projection>] [--group FINGERPRINT] [--limit N] [--home DIR] [--url URL] [--json]

Events that could not be projected, in groups of one cause; the rest of each projection goes on. Of all projections, or
of one; with --group the entities in that group, the first N of them, else 50.
Then "projections retry", "projections skip" or "projections replay".`

const entityCountDefault = 50
const entityCountMax = 200

export const parkedCommand: Command = {
  run: async (args) => {
    const { flags, words, isHelp } = parseFlags(args, { ...clientFlags, group: 'text', limit: 'text' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    const isJson = flags.json === true
    if (flags.group !== undefined) {
      const countMax = flags.limit === undefined ? entityCountDefault : parseCount('--limit', flags.limit)
      const id = onlyWord(words, help)
      return showEntities(await openAdmin(flags), id, flags.group, Math.min(countMax, entityCountMax), isJson)
    }
    const path = words.length === 0 ? '/api/projections/parked' : `${projectionPath(onlyWord(words, help))}/parked`
    return showGroups(await openAdmin(flags), path, isJson)
  },
}

async function showGroups(admin: AdminClient, path: string, isJson: boolean): Promise<number> {
  const groups = listAt(await admin.request('GET', path), 'groups')
  const now = Date.now()
  const table = toTextTable(
    [
      { title: 'group', cell: (group) => textAt(group, 'fingerprint') },
      { title: 'projection', cell: (group) => textAt(group, 'projection') },
      { title: 'entities', align: 'end', cell: (group) => String(numberAt(group, 'entityCount') ?? 0) },
      { title: 'behind', align: 'end', cell: (group) => String(numberAt(group, 'behindCount') ?? 0) },
      { title: 'last', cell: (group) => `${lengthWords((now - (numberAt(group, 'lastAt') ?? now)) / 1_000)} ago` },
      { title: 'event', cell: (group) => textAt(group, 'type') },
      { title: 'failure', cell: (group) => textAt(group, 'words').replace(/\s+/g, ' ') },
    ],
    groups,
  )
  showResult(isJson, { groups }, [groups.length === 0 ? 'Nothing is parked.' : table])
  return 0
}

async function showEntities(
  admin: AdminClient,
  projection: string,
  fingerprint: string,
  countMax: number,
  isJson: boolean,
): Promise<number> {
  const query = new URLSearchParams({ fingerprint, limit: String(countMax) })
  const entities = listAt(
    await admin.request('GET', `${projectionPath(projection)}/parked/entities?${query}`),
    'entities',
  )
  const table = toTextTable(
    [
      { title: 'entity', cell: (entity) => textAt(entity, 'stream') },
      { title: 'event', cell: (entity) => textAt(entity, 'eventId') },
      { title: 'parked', align: 'end', cell: (entity) => String(numberAt(entity, 'parkedCount') ?? 0) },
      { title: 'failure', cell: (entity) => textAt(entity, 'words').replace(/\s+/g, ' ') },
    ],
    entities,
  )
  showResult(isJson, { entities }, [entities.length === 0 ? 'No entity is parked in this group any more.' : table])
  return 0
}
