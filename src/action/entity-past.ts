import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import type { Json, JsonObject } from '#kernel/json.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { comparePositions, type Position } from '#kernel/position.ts'
import type { Decider } from './decider.ts'
import { evolve } from './entity.ts'
import { showState } from './show-state.ts'

/** An entity as it was: its events up to a moment, folded with today's decider. */
export type EntityThen = {
  readonly stream: string
  /** Of the last event up to the moment; -1 before the first one. */
  readonly revision: number
  /** Of the last event there is. */
  readonly lastRevision: number
  readonly position: Position | null
  /** That last event; null before the first one. */
  readonly event: EntityEvent | null
  /** Null where no decider knows this kind of entity: then its events are all there is to see. */
  readonly state: Json
  readonly hasDecider: boolean
  /** An event that today's code cannot read: from there on the state is not what it was. */
  readonly unreadable: { readonly revision: number; readonly type: string; readonly words: string } | null
}

export type EntityEvent = {
  readonly id: string
  readonly type: string
  readonly recordedAt: number
  readonly occurredAt: number | null
  readonly user: string | null
  readonly device: string | null
  readonly data: JsonObject
}

const pageCount = 1_000

/** Up to a position, or up to a revision. Throws `not-found` for a stream without events, `bad-input` for no entity. */
export async function loadEntityThen(
  store: Pick<EventStore, 'readStream'>,
  deciders: readonly { readonly plugin: string; readonly decider: Decider<unknown> }[],
  stream: string,
  until: { readonly position: Position } | { readonly revision: number },
): Promise<EntityThen> {
  const decider = findDecider(deciders, stream)
  const isWithin = (event: RecordedEvent): boolean =>
    'position' in until ? comparePositions(event.position, until.position) <= 0 : event.revision <= until.revision
  let state: unknown = decider?.initialState()
  let last: RecordedEvent | undefined
  let unreadable: EntityThen['unreadable'] = null
  let end: RecordedEvent | undefined
  let isWhole = false
  while (!isWhole) {
    const from = end ? end.revision + 1 : 'start'
    const page = await store.readStream(stream, { from, direction: 'forwards', countMax: pageCount })
    end = page.at(-1) ?? end
    for (const event of page) {
      if (!isWithin(event)) break
      last = event
      try {
        state = evolve(decider, state, event.type, upcastEvent(event).data)
      } catch (error) {
        unreadable ??= { revision: event.revision, type: event.type, words: describeError(error) }
      }
    }
    isWhole = page.length < pageCount
    if (last !== end) break
  }
  if (!end) throw new PlatformError('not-found', `There is no event in the stream ${stream}.`)
  return {
    stream,
    revision: last?.revision ?? -1,
    lastRevision: isWhole ? end.revision : await lastRevisionOf(store, stream),
    position: last?.position ?? null,
    event: last ? toEntityEvent(last) : null,
    state: decider ? showState(state) : null,
    hasDecider: decider !== undefined,
    unreadable,
  }
}

function toEntityEvent({ id, type, data, metadata, storedAt }: RecordedEvent): EntityEvent {
  const { recordedAt = storedAt, occurredAt = null, user = null, device = null } = parseMetadata(metadata)
  return { id, type, recordedAt, occurredAt, user, device, data }
}

async function lastRevisionOf(store: Pick<EventStore, 'readStream'>, stream: string): Promise<number> {
  const [newest] = await store.readStream(stream, { from: 'end', direction: 'backwards', countMax: 1 })
  return newest?.revision ?? -1
}

function findDecider(
  deciders: readonly { readonly plugin: string; readonly decider: Decider<unknown> }[],
  stream: string,
): Decider<unknown> | undefined {
  const name = parseStreamName(stream)
  if (name?.kind !== 'entity' && name?.kind !== 'platform')
    throw new PlatformError('bad-input', `"${stream}" is no entity's stream: wanted <plugin>.<Category>-<id>.`)
  if (name.kind === 'platform') return undefined
  return deciders.find(({ plugin, decider }) => plugin === name.plugin && decider.category === name.category)?.decider
}
