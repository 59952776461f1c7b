import type { Decider } from '#action/decider.ts'
import type { EventDefinition } from '#action/define-action.ts'
import type { EventSchema } from '#event-store/upcast.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { ReactorDefinition } from '#reactor/define-reactor.ts'
import type { EventShape } from '#vortex/protocol/earlier-versions.ts'

/**
 * What a plugin handles has a version, so that an event of a newer one parks instead of being misread (seam 10). A first
 * version needs no words; a later one must say how the earlier become it: in its definition, or among the event schemas.
 * Throws `bad-definition`.
 *
 * Takes the plugin's own events from its deciders, projections and reactors; those of others are said by the others.
 */
export function handledSchemas(part: Handlers, said: readonly EventSchema[]): EventSchema[] {
  const shapes = new Map<string, EventShape>()
  for (const shape of handledShapes(part)) {
    const known = shapes.get(shape.name) ?? shape
    if (known.version !== shape.version)
      throw badVersion(`"${shape.name}" is handled at version ${known.version} and at ${shape.version}: keep one`)
    shapes.set(shape.name, known)
  }
  for (const { type, version } of said) {
    const known = shapes.get(type)
    if (known && known.version !== version)
      throw badVersion(`"${type}" is at version ${known.version} and its event schema at ${version}: make them agree`)
    if (known?.from)
      throw badVersion(`"${type}" says how earlier versions become today's, and has an event schema too: keep one`)
    shapes.delete(type)
  }
  return [...shapes.values()].map(schemaOf)
}

/** Throws `bad-definition` where a later version does not say how the earlier ones become it. */
export function schemaOf({ name: type, version, from }: EventShape): EventSchema {
  if (version === 1 || from) return { type, version, upcasts: from?.upcasts ?? [] }
  throw badVersion(
    `"${type}" is at version ${version}: add \`from: earlier({ … })\` to its definition, or its event schema, with the way ` +
      'from each earlier version',
  )
}

type Handlers = {
  readonly events: readonly EventDefinition[]
  readonly deciders: readonly Decider<unknown>[]
  readonly projections: readonly ProjectionDefinition[]
  readonly reactors: readonly ReactorDefinition[]
}

/** Every own event that the plugin's parts name, as often as they do. */
export function handledShapes({ events, deciders, projections, reactors }: Handlers): EventShape[] {
  return [
    ...events,
    ...deciders.flatMap(({ decide, evolve }) => [
      ...decide.map(({ action }) => action),
      ...evolve.map(({ event }) => event),
    ]),
    ...[...projections, ...reactors].flatMap((reader) =>
      readShapes([reader]).filter(({ name }) => name.startsWith(`${reader.plugin}.`)),
    ),
  ]
}

/** The events that projections or reactors name, each with the version it was written for. */
export function readShapes(readers: readonly (ProjectionDefinition | ReactorDefinition)[]): EventShape[] {
  return readers.flatMap(({ on }) => on.flatMap(({ event }) => (event ? [event] : [])))
}

function badVersion(words: string): PlatformError {
  return new PlatformError('bad-definition', `${words}.`)
}
