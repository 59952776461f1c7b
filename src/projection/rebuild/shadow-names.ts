import { assert } from '#kernel/assert.ts'

/**
 * Names of the tables beside the live ones. A read model has up to four lives at once, each in a schema of its own; the
 * swap renames them. `schemaOf` leaves room for the suffixes.
 */
const suffixes = { next: '__next', previous: '__prev', gone: '__gone' } as const

/** The shadow that a rebuild fills. */
export function shadowSchemaOf(liveSchema: string): string {
  return `${liveSchema}${suffixes.next}`
}

/** The tables of before the last swap, kept so that they can be returned to. */
export function keptSchemaOf(liveSchema: string): string {
  return `${liveSchema}${suffixes.previous}`
}

/** Kept tables that a swap replaced: dropped when nobody waits for it. */
export function goneSchemaOf(liveSchema: string): string {
  return `${liveSchema}${suffixes.gone}`
}

/** How the parked events of a life are named in `platform.parked_events`: the live one's by the projection alone. */
export function parkedNameOf(projection: string, liveSchema: string, schema: string): string {
  assert(schema.startsWith(liveSchema), `${schema} belongs to the read model of ${liveSchema}`)
  return `${projection}${schema.slice(liveSchema.length)}`
}
