import type { PastOutcomes } from '#action/action-request.ts'
import { accepted } from '#action/entity.ts'
import { hashText } from '#action/hash-text.ts'
import type { EventFilter, EventStore } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { canonicalJson, isJsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, logStart, type Position, parsePosition } from '#kernel/position.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'

const waitMsMax = 5_000
const pollMs = 20

/**
 * Finds old actions in the action-audit read model, waiting until it has seen all that was recorded before the question.
 * The hash of the body, and what was changed of what it asked for, come from the event itself, found in its stream.
 */
export function createPastOutcomes(options: {
  sql: { unsafe(query: string, parameters: string[]): PromiseLike<readonly Record<string, unknown>[]> }
  store: EventStore
  schemaName: string
  /** How far the audit projection has looked, and which events it reads. */
  position: () => Position
  filter: EventFilter
  clock: Clock
}): PastOutcomes {
  const { sql, store, schemaName, clock, filter } = options

  const waitUntilSeen = async (target: Position): Promise<void> => {
    const giveUpAt = clock.now() + waitMsMax
    while (comparePositions(options.position(), target) < 0) {
      if (clock.now() > giveUpAt)
        throw new PlatformError(
          'timeout',
          'The list of past actions is behind, so it is not known whether this action ran before.',
        )
      await pause(clock, pollMs)
    }
  }

  /** The end of the log is no target: what stands there may be an announcement, which the projection never reads. */
  const newestToSee = async (): Promise<Position> => {
    const [newest] = await store.readLog({ beyond: 'end', direction: 'backwards', countMax: 1, filter })
    return newest?.position ?? logStart
  }

  const findRow = async (query: string, actionId: string) => {
    try {
      return (await sql.unsafe(query, [actionId]))[0]
    } catch (error) {
      if (isOtherTable(error))
        throw new PlatformError('unavailable', 'The list of past actions is being made anew.', { cause: error })
      throw toDatabaseError(error)
    }
  }

  return {
    find: async (actionId) => {
      const query = `select stream, outcome, kind, words, position from "${schemaName}".actions where action_id = $1`
      const early = await findRow(query, actionId)
      if (!early) await waitUntilSeen(await newestToSee())
      const row = early ?? (await findRow(query, actionId))
      if (!row) return undefined
      const stream = String(row.stream)
      const position = parsePosition(row.position) ?? ''
      const { bodyHash, changed } = await readRecorded(store, stream, String(row.outcome), actionId)
      if (row.outcome === 'accepted') return { stream, outcome: { bodyHash, answer: accepted(position, changed) } }
      const answer = { outcome: 'rejected', kind: String(row.kind), words: String(row.words), position } as const
      return { stream, outcome: { bodyHash, answer } }
    },
  }
}

/** Not made yet, or made by another version that had other columns. */
function isOtherTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['42P01', '3F000', '42703'].includes(String(error.code))
}

/** Rare: only for a repeat of an action that hundreds of others of its entity came after. */
async function readRecorded(
  store: EventStore,
  stream: string,
  outcome: string,
  actionId: string,
): Promise<{ readonly bodyHash: number; readonly changed?: string | undefined }> {
  const isRefusal = outcome === 'rejected'
  for (let from = 0; ; ) {
    const page = await store.readStream(isRefusal ? `refusals-${stream}` : stream, {
      from,
      direction: 'forwards',
      countMax: 1_000,
    })
    const event = page.find((one) => (isRefusal ? parseMetadata(one.metadata).actionId : one.id) === actionId)
    if (event && isRefusal) {
      const data = isJsonObject(event.data.data) ? event.data.data : {}
      return { bodyHash: hashText(`${String(event.data.action)} ${canonicalJson(data)}`) }
    }
    const { changed } = parseMetadata(event?.metadata ?? {})
    if (event) return { bodyHash: hashText(`${event.type} ${canonicalJson(event.data)}`), changed }
    const last = page.at(-1)
    if (!last) return { bodyHash: Number.NaN }
    from = last.revision + 1
  }
}
