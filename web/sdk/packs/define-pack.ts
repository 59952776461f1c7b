import type { Row, Selector } from '#vortex/protocol/row.ts'
import { checkedName, type Fields, pluginOf, type TupleOf } from '#vortex/protocol/tuple.ts'

/** Rows of one selector, as a pack takes them along. */
export type PackedRows = { readonly of: Observed; readonly selector: Selector }
type Observed = { readonly name: string; readonly fields: Fields }

/** For whom and when a pack is put together. */
export type PackContext = {
  readonly user: string
  readonly roles: readonly string[]
  readonly now: number
  /** Rows that decide what else is needed; they are taken along too. */
  rows<D extends Observed>(of: D, selector: Selector): Promise<readonly TupleOf<D>[]>
}

export type Pack = {
  /** `<plugin>.<Name>`. */
  readonly name: string
  readonly plugin: string
  readonly title: string
  readonly words: string
  readonly selectors: (context: PackContext) => readonly PackedRows[] | Promise<readonly PackedRows[]>
}

/**
 * Data that people take along where there is no coverage: fetched ahead on the Device page, kept up to date as long as there
 * is a connection, and given up for nothing but an action that would not be kept otherwise.
 *
 *     export const packs = [
 *       definePack({
 *         name: 'jobs.MyShift',
 *         title: 'My shift',
 *         words: 'Jobs of your crew, and the drawings they need.',
 *         selectors: async ({ user, rows }) => {
 *           const jobs = await rows(Job, { crew: user })
 *           return jobs.map(({ drawingId }) => ({ of: Drawing, selector: { id: drawingId } }))
 *         },
 *       }),
 *     ]
 *
 * Asks: the module is named in the manifest, `apps.<app>.packs`.
 */
export function definePack(pack: Omit<Pack, 'plugin'>): Pack {
  return { ...pack, plugin: pluginOf(checkedName(pack.name)) }
}

/** The server has checked the rows against the definition's fields when it made them. */
export function toTuples<D extends Observed>(rows: readonly Row[]): readonly TupleOf<D>[] {
  return rows as readonly Row[] & readonly TupleOf<D>[]
}
