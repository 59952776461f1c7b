import { evolve } from '#action/entity.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { parseStreamName } from '#event-store/stream-name.ts'
import { createUpcasters } from '#event-store/upcast.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { LogicPart } from '#plugin-api/define-plugin.ts'
import { handledShapes } from '#plugin-api/handled-schemas.ts'
import { projectionId } from '#projection/define-projection.ts'
import { toReadEvent } from '#projection/projected-event.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { pluginOf, toSchema } from '#vortex/protocol/tuple.ts'
import { deepFreeze } from './happened.ts'
import { createMemoryProjection } from './memory-projection.ts'

/** Events that fail in the same way: how many, and the first of them. */
export type HistoryProblem = {
  readonly type: string
  /** The version it was written at. */
  readonly version: number
  /** What could not take it: the fields, a decider, a projection. */
  readonly where: string
  readonly words: string
  readonly first: { readonly id: string; readonly stream: string; readonly revision: number }
  count: number
}

export type HistoryReport = {
  readonly eventCount: number
  /** How many of each type and version, as `tutorial.AddIntValue 1`. */
  readonly counts: ReadonlyMap<string, number>
  readonly problems: readonly HistoryProblem[]
}

/**
 * Takes recorded events, in their order, as today's code would: brings each to today's version, checks it against today's
 * fields, and folds it through the deciders and projections of a plugin. Keeps entities and rows in memory.
 */
export interface HistoryReader {
  take(event: RecordedEvent): void
  report(): HistoryReport
}

export function createHistoryReader(part: LogicPart): HistoryReader {
  const shapes = new Map(handledShapes(part).map((shape) => [shape.name, toSchema(shape.fields)]))
  const owners = new Set([...shapes.keys()].map(pluginOf))
  const upcasters = createUpcasters()
  upcasters.addAll(part.eventSchemas)
  const projections = part.projections.map((definition) => ({
    name: `projection ${projectionId(definition)}`,
    rows: createMemoryProjection(definition),
  }))
  const states = new Map<string, unknown>()
  const counts = new Map<string, number>()
  const problems = new Map<string, HistoryProblem>()
  let eventCount = 0

  const note = (event: RecordedEvent, where: string, words: string): void => {
    const { id, stream, revision, type } = event
    const version = versionOf(event)
    const key = JSON.stringify([type, version, where, words])
    const known = problems.get(key)
    if (known) known.count++
    else problems.set(key, { type, version, where, words, first: { id, stream, revision }, count: 1 })
  }
  const attempt = <T>(event: RecordedEvent, where: string, work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      note(event, where, describeError(error))
      return undefined
    }
  }

  const checkFields = (event: RecordedEvent): void => {
    const schema = shapes.get(event.type)
    if (!schema) {
      if (owners.has(pluginOf(event.type))) note(event, 'the plugin', 'nothing defines this type any more')
      return
    }
    const parsed = parseWith(schema, event.data)
    if (!parsed.ok) note(event, 'today’s fields', parsed.words)
  }
  const decide = (event: RecordedEvent): void => {
    const name = parseStreamName(event.stream)
    if (name?.kind !== 'entity' || !owners.has(name.plugin)) return
    const decider = part.deciders.find(({ category }) => category === name.category)
    if (!decider) return
    const before = states.has(event.stream) ? states.get(event.stream) : decider.initialState()
    const after = attempt(event, `the decider of ${name.category}`, () =>
      evolve(decider, deepFreeze(before), event.type, event.data),
    )
    states.set(event.stream, after ?? before)
  }
  const project = (event: RecordedEvent): void => {
    // What is behind another one that could not be taken has nothing to say of its own.
    const open = projections.filter(({ rows }) => !rows.isParked(event.stream))
    for (const { name, rows } of open)
      for (const { words } of rows.take(toReadEvent(event, (one) => one))) note(event, name, words)
  }

  return {
    take: (recorded) => {
      eventCount++
      const key = `${recorded.type} ${versionOf(recorded)}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      const event = attempt(recorded, 'the way to today’s version', () => upcasters.upcast(recorded))
      if (!event) return
      const frozen = { ...event, data: deepFreeze(event.data), metadata: recorded.metadata }
      checkFields(frozen)
      decide(frozen)
      project(frozen)
    },
    report: () => ({ eventCount, counts, problems: [...problems.values()] }),
  }
}

function versionOf(event: RecordedEvent): number {
  return parseMetadata(event.metadata).schemaVersion ?? 1
}
