import { newUuid } from '#kernel/ids.ts'
import { canonicalJson } from '#kernel/json.ts'
import { logStart } from '#kernel/position.ts'
import type { ProjectedEvent, ProjectionDefinition } from '#projection/define-projection.ts'
import type { ReadModelTables } from '#projection/read-model.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { deepFreeze, type PriorEvent, showJson } from './happened.ts'
import { createMemoryProjection } from './memory-projection.ts'

/**
 * A spec of a projection, in memory and without a database:
 *
 *     projectionSpec(stringInts)
 *       .given(happened(AddStringInt, { … }), happened(ToggleCaps, { … }))
 *       .thenRows('rows', [{ … }])
 *
 * Rows are completed and checked as the database would; an event that cannot be projected parks, with all later ones of
 * its entity, and the spec must say so.
 */
export function projectionSpec<T extends ReadModelTables>(projection: ProjectionDefinition<T>) {
  return {
    given: (...events: readonly PriorEvent[]): ProjectedSpec<T> => {
      const { rows, parked } = project(projection, events)
      const spec: ProjectedSpec<T> = {
        thenRows: (table, wanted) => {
          const unexpected = parked.map(({ event, words }) => `${event.type} (${words})`)
          if (unexpected.length > 0) throw new Error(`Events are parked: ${unexpected.join(', ')}`)
          compareRows(table, rows(table), wanted)
        },
        thenParked: (...types) => {
          const found = parked.map(({ event }) => event.type)
          if (found.join() !== types.join())
            throw new Error(`Parked are [${found.join(', ')}], wanted [${types.join(', ')}].`)
          return { andRows: (table, wanted) => compareRows(table, rows(table), wanted) }
        },
      }
      return spec
    },
  }
}

export interface ProjectedSpec<T extends ReadModelTables> {
  /** The table holds exactly these rows, in any order, and nothing is parked. */
  thenRows(table: keyof T & string, rows: readonly Row[]): void
  /** Events of exactly these types are parked, in this order. */
  thenParked(...types: readonly string[]): { andRows(table: keyof T & string, rows: readonly Row[]): void }
}

function project(projection: ProjectionDefinition, events: readonly PriorEvent[]) {
  const projected = createMemoryProjection(projection)
  let stream = 'test.Thing-1'
  const parked = events.flatMap((prior, index) => {
    stream = streamOf(prior) ?? stream
    return projected.take({ event: toProjected(prior, stream, index) })
  })
  return { rows: projected.rows, parked }
}

/** An action says which entity it is about; a fact is about the entity of the action before it. */
export function streamOf({ definition, data }: PriorEvent): string | undefined {
  if (definition.kind === 'event') return undefined
  const [category, id] = definition.entity(data)
  return `${definition.name.split('.')[0]}.${category}-${id}`
}

function toProjected({ definition, data, by, at }: PriorEvent, stream: string, revision: number): ProjectedEvent {
  const id = newUuid()
  return {
    id,
    type: definition.name,
    data: deepFreeze(data),
    stream,
    entityId: stream.slice(stream.indexOf('-') + 1),
    revision,
    position: logStart,
    actionId: id,
    user: by.user,
    device: by.device,
    occurredAt: at,
    recordedAt: at,
    recorded: { data, metadata: { actionId: id, user: by.user, device: by.device, occurredAt: at, recordedAt: at } },
  }
}

function compareRows(table: string, found: readonly Row[], wanted: readonly Row[]): void {
  const inOrder = (rows: readonly Row[]): string[] => rows.map(canonicalJson).sort()
  if (inOrder(found).join('\n') === inOrder(wanted).join('\n')) return
  throw new Error(`Table "${table}" holds other rows.\nFound: ${showJson(found)}\nWanted: ${showJson(wanted)}`)
}
