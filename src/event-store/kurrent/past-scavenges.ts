import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import type { PastScavenge } from '../store-operations.ts'
import { isMissingStream } from './store-error.ts'

/** Servers keep a link to the beginning and to the end of each scavenge here. */
const historyStream = '$scavenges'

const noteSchema = v.object({
  scavengeId: v.string(),
  result: v.optional(v.string()),
  error: v.optional(v.nullable(v.string())),
  spaceSaved: v.optional(v.number()),
})

/** The last scavenges, newest first. */
export async function readPastScavenges(client: KurrentDBClient, countMax: number): Promise<readonly PastScavenge[]> {
  const found = new Map<string, PastScavenge>()
  try {
    const page = { direction: 'backwards', fromRevision: 'end', maxCount: countMax * 2, resolveLinkTos: true } as const
    for await (const { event } of client.readStream(historyStream, page)) if (event) note(found, event)
  } catch (error) {
    if (!isMissingStream(error)) throw error
  }
  return [...found.values()].slice(0, countMax)
}

/** The end of a scavenge comes before its beginning here. */
function note(
  found: Map<string, PastScavenge>,
  event: { readonly type: string; readonly data: unknown; readonly created: unknown },
): void {
  const { data } = event
  const parsed = v.safeParse(noteSchema, data instanceof Uint8Array ? tryParseJson(Buffer.from(data).toString()) : data)
  if (!parsed.success) return
  const { scavengeId: id, result, error, spaceSaved } = parsed.output
  const at = event.created instanceof Date ? event.created.getTime() : 0
  const known = found.get(id)
  const isEnd = event.type === '$scavengeCompleted'
  found.set(id, {
    id,
    startedAt: isEnd ? (known?.startedAt ?? at) : at,
    endedAt: isEnd ? at : known?.endedAt,
    result: isEnd ? (result ?? '') : (known?.result ?? 'InProgress'),
    error: isEnd ? (error ?? '') : (known?.error ?? ''),
    freedBytes: isEnd ? spaceSaved : known?.freedBytes,
  })
}
