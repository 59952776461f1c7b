import type * as v from 'valibot'
import { assert } from '#kernel/assert.ts'
import type { EarlierVersions } from '#vortex/protocol/earlier-versions.ts'
import { checkedName, type Fields, type FieldValues, toSchema } from '#vortex/protocol/tuple.ts'

/** Who may push an action or watch an observable. */
export type Access = 'everyone' | 'admin'

/**
 * What a person may ask for. Its name is also the type of the event that records it, and `entity` names the stream:
 * order, concurrency and the offline lane in one word.
 */
export type ActionDefinition<F extends Fields = Fields> = {
  readonly kind: 'action'
  /** `<plugin>.<VerbNoun>`. */
  readonly name: string
  readonly version: number
  readonly fields: F
  readonly schema: v.GenericSchema<unknown, FieldValues<F>>
  /** How earlier versions become this one. */
  readonly from: EarlierVersions | undefined
  /** Category and id of the entity the action belongs to. */
  entity(fields: FieldValues<F>): readonly [category: string, id: string]
  /** Plain words for the outbox and the audit. */
  title(fields: FieldValues<F>): string
  readonly access: Access
}

/** A fact that a decider records besides the action itself. */
export type EventDefinition<F extends Fields = Fields> = {
  readonly kind: 'event'
  /** `<plugin>.<NounPastVerb>`. */
  readonly name: string
  readonly version: number
  readonly fields: F
  readonly schema: v.GenericSchema<unknown, FieldValues<F>>
  /** How earlier versions become this one. */
  readonly from: EarlierVersions | undefined
}

export function defineAction<F extends Fields>(
  name: string,
  definition: {
    readonly version: number
    readonly fields: F
    /** From the second version on: `earlier({ … }).today(…)`. */
    readonly from?: EarlierVersions<NoInfer<FieldValues<F>>>
    entity(fields: FieldValues<F>): readonly [category: string, id: string]
    title(fields: FieldValues<F>): string
    readonly access?: Access
  },
): ActionDefinition<F> {
  assertVersion(name, definition)
  const { version, fields, from } = definition
  const access = definition.access ?? 'everyone'
  defined.set(checkedName(name), { version, fields, from })
  return {
    kind: 'action',
    name,
    version,
    fields,
    from,
    schema: toSchema(fields),
    entity: definition.entity,
    title: definition.title,
    access,
  }
}

/** What an action consists of, without what it means. */
export type ActionShape = Pick<ActionDefinition, 'version' | 'fields' | 'from'>
const defined = new Map<string, ActionShape>()

/**
 * What the modules loaded here have defined last under that name: for who meets an action without the code that pushed it,
 * as the outbox of a device does.
 */
export function findActionShape(name: string): ActionShape | undefined {
  return defined.get(name)
}

export function defineEvent<F extends Fields>(
  name: string,
  definition: {
    readonly version: number
    readonly fields: F
    /** From the second version on: `earlier({ … }).today(…)`. */
    readonly from?: EarlierVersions<NoInfer<FieldValues<F>>>
  },
): EventDefinition<F> {
  assertVersion(name, definition)
  const { version, fields, from } = definition
  return { kind: 'event', name: checkedName(name), version, fields, schema: toSchema(fields), from }
}

function assertVersion(name: string, { version, from }: { version: number; from?: EarlierVersions }): void {
  assert(Number.isInteger(version) && version >= 1, `"${name}" has version ${version}: wanted a whole number from 1`)
  const known = from?.upcasts.length ?? version - 1
  assert(
    known === version - 1,
    `"${name}" has version ${version} and says how ${known} earlier ones become it: wanted ${version - 1}`,
  )
}
