import { index, integer, text, uuid } from 'drizzle-orm/pg-core'
import { defineEvent } from '#action/define-action.ts'
import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { defineProjection } from '#projection/define-projection.ts'
import { defineReadModel } from '#projection/read-model.ts'
import { boolean as isTrue, integer as wholeNumber, text as words } from '#vortex/protocol/fields.ts'
import { AddToCounter, ResetCounter } from './counter.ts'

/** A read model to test projectors with: what each counter holds, and each change of it. */
export const counterModel = defineReadModel('test', 'counters', (schema) => ({
  counters: schema.table(
    'counters',
    { id: text('id').primaryKey(), sum: integer('sum').notNull(), note: text('note').notNull() },
    (table) => [index('counters_by_note').on(table.note)],
  ),
  changes: schema.table('changes', { id: uuid('id').primaryKey(), counterId: text('counter_id').notNull() }),
}))

/** A fact whose projection throws, where it says so. */
export const CounterTouched = defineEvent('test.CounterTouched', { version: 1, fields: { isBad: isTrue() } })
export const CounterRemoved = defineEvent('test.CounterRemoved', { version: 1, fields: { why: words() } })
export const CounterSet = defineEvent('test.CounterSet', { version: 1, fields: { sum: wholeNumber() } })

export const counters = defineProjection({
  version: 1,
  model: counterModel,
  on: (on) => [
    on(AddToCounter, ({ id, data }, { counters, changes }) => {
      counters.upsert(data.counterId, (row) => ({
        id: data.counterId,
        sum: (row?.sum ?? 0) + data.amount,
        note: data.note,
      }))
      changes.insert({ id, counterId: data.counterId })
    }),
    on(ResetCounter, ({ data }, { counters }) => counters.update(data.counterId, () => ({ sum: 0 }))),
    on(CounterSet, ({ entityId, data }, { counters }) => counters.update(entityId, () => ({ sum: data.sum }))),
    on(CounterRemoved, ({ entityId }, { counters }) => counters.delete(entityId)),
    on(CounterTouched, ({ data }) => {
      if (data.isBad) throw new Error('a bug of the handler')
    }),
  ],
})

/** Records events of one counter as the platform would, each with an action id of its own. */
export async function recordEvents(
  store: EventStore,
  counterId: string,
  events: readonly { readonly type: string; readonly data: JsonObject; readonly version?: number }[],
): Promise<readonly RecordedEvent[]> {
  const stream = `test.Counter-${counterId}`
  const made = events.map(({ type, data, version = 1 }) => {
    const id = newUuid()
    return { id, type, data, metadata: metadataOf(id, version) }
  })
  await store.append(stream, made, 'any')
  return store.readStream(stream)
}

export function added(counterId: string, amount: number, note = '') {
  return { type: AddToCounter.name, data: { counterId, amount, note } }
}

function metadataOf(actionId: string, schemaVersion: number): JsonObject {
  return toMetadata({
    actionId,
    correlationId: actionId,
    causationId: actionId,
    user: 'ann',
    device: 'tablet-1',
    service: 'field',
    plugin: 'test',
    pluginVersion: '1.0.0',
    schemaVersion,
    occurredAt: 1_000,
    recordedAt: 2_000,
  })
}
