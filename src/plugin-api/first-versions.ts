import type { Decider } from '#action/decider.ts'
import type { EventSchema } from '#event-store/upcast.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ProjectionDefinition } from '#projection/define-projection.ts'
import type { ReactorDefinition } from '#reactor/define-reactor.ts'

/**
 * What a plugin handles has a version, so that an event of a newer one parks instead of being misread (seam 10). A first
 * version needs no words; a later one must say how the earlier become it. Throws `bad-definition`.
 *
 * Takes the plugin's own events from its deciders, projections and reactors; those of others are said by the others.
 */
export function firstVersions(part: Handlers, said: readonly EventSchema[]): EventSchema[] {
  const versions = new Map<string, number>()
  for (const { type, version } of handledEvents(part)) {
    const known = versions.get(type) ?? version
    if (known !== version) throw badVersion(`"${type}" is handled at version ${known} and at ${version}: keep one`)
    versions.set(type, version)
  }
  for (const { type, version } of said) {
    const known = versions.get(type)
    if (known !== undefined && known !== version)
      throw badVersion(`"${type}" is at version ${known} and its event schema at ${version}: make them agree`)
    versions.delete(type)
  }
  return [...versions].map(([type, version]) => {
    if (version === 1) return { type, version, upcasts: [] }
    throw badVersion(`"${type}" is at version ${version}: add its event schema, with the way from each earlier version`)
  })
}

type Handlers = {
  readonly deciders: readonly Decider<unknown>[]
  readonly projections: readonly ProjectionDefinition[]
  readonly reactors: readonly ReactorDefinition[]
}
type HandledEvent = { readonly type: string; readonly version: number }

function handledEvents({ deciders, projections, reactors }: Handlers): HandledEvent[] {
  return [
    ...deciders.flatMap(({ decide }) => decide.map(({ action }) => ({ type: action.name, version: action.version }))),
    ...deciders.flatMap(({ evolve }) => evolve),
    ...[...projections, ...reactors].flatMap((reader) =>
      readEvents([reader]).filter(({ type }) => type.startsWith(`${reader.plugin}.`)),
    ),
  ]
}

/** The events that projections or reactors name, with the version each was written for. */
export function readEvents(readers: readonly (ProjectionDefinition | ReactorDefinition)[]): HandledEvent[] {
  return readers.flatMap(({ on }) =>
    on.flatMap(({ type, version }) => (version === undefined ? [] : [{ type, version }])),
  )
}

function badVersion(words: string): PlatformError {
  return new PlatformError('bad-definition', `${words}.`)
}
