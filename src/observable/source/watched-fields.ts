import type { WatchedFields } from '#projection/change-stream.ts'
import type { ObservableDefinition } from './define-observable.ts'

/** What observables show of a projection's tables. Several may show one table, each in its own way. */
export function watchedFieldsOf(observables: readonly ObservableDefinition[], feed: string): WatchedFields {
  const ofFeed = Map.groupBy(
    observables.filter((observable) => observable.feed === feed),
    ({ tableName }) => tableName,
  )
  const union = (lists: readonly (readonly string[])[]): readonly string[] => [...new Set(lists.flat())]
  return Object.fromEntries(
    [...ofFeed].map(([table, ofTable]) => {
      const pickedBy = union(ofTable.map(({ selectorFields }) => selectorFields))
      const shown = union([...ofTable.map(({ fields }) => fields), pickedBy])
      return [table, { shown, pickedBy, by: ofTable.map(({ name }) => name) }]
    }),
  )
}
