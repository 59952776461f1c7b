import type { KurrentDBClient, ResolvedEvent } from '@kurrent/kurrentdb-client'
import * as v from 'valibot'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { toPosition } from '#kernel/position.ts'
import type { GroupName, ParkedMessage, ParkedPage } from '../store-operations.ts'
import { isMissingStream } from './store-error.ts'

/** Where a server keeps the links to the messages a group has parked. */
export function parkedStreamOf({ stream, group }: GroupName): string {
  return `$persistentsubscription-${stream}::${group}-parked`
}

/** One page, read to its end; a group that never parked anything has no such stream. */
export async function readParked(
  client: KurrentDBClient,
  name: GroupName,
  { from, countMax }: { readonly from?: number; readonly countMax: number },
): Promise<ParkedPage> {
  const messages: ParkedMessage[] = []
  try {
    const read = client.readStream(parkedStreamOf(name), {
      direction: 'forwards',
      fromRevision: from === undefined ? 'start' : BigInt(from),
      maxCount: countMax + 1,
      resolveLinkTos: true,
    })
    for await (const resolved of read) messages.push(toParkedMessage(resolved))
  } catch (error) {
    if (!isMissingStream(error)) throw error
  }
  return { messages: messages.slice(0, countMax), next: messages[countMax]?.revision }
}

type Recorded = NonNullable<ResolvedEvent['event']>

function toParkedMessage({ event, link }: ResolvedEvent): ParkedMessage {
  const parked = link ?? event
  const facts = parkingFacts(parked?.metadata)
  return {
    revision: Number(parked?.revision ?? -1),
    parkedAt: facts.added ?? (parked?.created instanceof Date ? parked.created.getTime() : 0),
    reason: facts.reason,
    retryCount: facts.retryCount,
    // Without a target the server hands out the link alone, or in the place of the event.
    event: event && event.type !== '$>' ? toTarget(event) : undefined,
    link: toText(link?.data ?? event?.data),
  }
}

function toTarget(event: Recorded): NonNullable<ParkedMessage['event']> {
  return {
    id: event.id,
    type: event.type,
    stream: event.streamId,
    revision: Number(event.revision),
    position: event.position && toPosition(event.position.commit, event.position.prepare),
  }
}

const factsSchema = v.object({
  added: v.optional(v.pipe(v.string(), v.transform(Date.parse))),
  reason: v.optional(v.string()),
  retryCount: v.optional(v.number()),
})

/** What the server noted when it parked the message; every server notes what it likes. */
function parkingFacts(metadata: unknown): Partial<v.InferOutput<typeof factsSchema>> {
  const found = metadata instanceof Uint8Array ? tryParseJson(Buffer.from(metadata).toString('utf8')) : metadata
  const parsed = v.safeParse(factsSchema, isJsonObject(found) ? found : {})
  return parsed.success ? parsed.output : {}
}

function toText(data: unknown): string {
  return data instanceof Uint8Array ? Buffer.from(data).toString('utf8') : typeof data === 'string' ? data : ''
}
