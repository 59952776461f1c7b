import { type ActionShape, findActionShape } from '#action/define-action.ts'

/** What a kind of action consists of, by its name: known once a module that defines it is loaded. */
export function findKnownAction(name: string): ActionShape | undefined {
  return findActionShape(name)
}
