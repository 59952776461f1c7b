import { toPosition } from '#kernel/position.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { defineExpectation } from '../overlays/define-expectation.ts'

/** Tasks with a team and a count, what may be done to them, and what is expected of that. */

export const Task = defineTuple('overlayworld.Task', { id: text(), team: text(), count: integer() })
export type Fields = { readonly id: string; readonly team: string; readonly count: number }
const toAction = (name: string) => ({ name: `overlayworld.${name}`, version: 1, title: () => name })
defineExpectation<Fields, typeof Task>(toAction('Add'), {
  on: Task,
  adds: ({ id, team, count }) => ({ id, team, count }),
})
defineExpectation<Fields, typeof Task>(toAction('Count'), {
  on: Task,
  row: ({ id }) => id,
  apply: (row, { count }) => ({ ...row, count: row.count + count }),
})
// Without a key: every row is asked.
defineExpectation<Fields, typeof Task>(toAction('Move'), {
  on: Task,
  apply: (row, { id, team }) => (row.id === id ? { ...row, team } : row),
})
defineExpectation<Fields, typeof Task>(toAction('Remove'), { on: Task, row: ({ id }) => id, removes: () => true })

export type Kind = 'Add' | 'Count' | 'Move' | 'Remove'
export type State = Map<string, Fields>

export const ids = ['a', 'b', 'c']
export const teams = ['red', 'blue']

export function at(place: number): string {
  return toPosition(place, place)
}

/** The same as the expectations say, written down in another way. */
export function applyTo(state: State, kind: Kind, { id, team, count }: Fields): void {
  const before = state.get(id)
  if (kind === 'Add' && !before) state.set(id, { id, team, count })
  if (kind === 'Remove') state.delete(id)
  if (kind === 'Count' && before) state.set(id, { ...before, count: before.count + count })
  if (kind === 'Move' && before) state.set(id, { ...before, team })
}

export function picked({ selector }: { readonly selector: Selector }, fields: Fields | undefined): Fields | undefined {
  return fields && (selector.team === undefined || selector.team === fields.team) ? fields : undefined
}

export function rowsOf(view: { readonly selector: Selector }, state: State): readonly Fields[] {
  return [...state.values()].filter((fields) => picked(view, fields)).sort((a, b) => (a.id < b.id ? -1 : 1))
}
