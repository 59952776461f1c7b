import type { FoundEvent } from './found-event.ts'

/**
 * What followed from what. The root is the tap: a person, a device, an instant; below it the action or its refusal, its
 * facts, and whatever those set going.
 */
export type CausationNode = { readonly event: FoundEvent; readonly effects: readonly CausationNode[] }
export type CausationTree = {
  readonly tap: Tap | null
  readonly roots: readonly CausationNode[]
  /** There is more than is shown. */
  readonly isCut: boolean
}
export type Tap = {
  readonly user: string
  readonly device: string
  readonly service: string
  readonly occurredAt: number
}

/** Of the events of one correlation, in the order of their positions. */
export function toCausationTree(events: readonly FoundEvent[], isCut = false): CausationTree {
  const byId = new Map(events.map((event) => [event.id, event]))
  const parentOf = (event: FoundEvent): FoundEvent | undefined => {
    const cause = event.causationId === null ? undefined : byId.get(event.causationId)
    // An action names itself as its cause, and nothing was caused by what came after it.
    return cause && cause !== event && cause.position < event.position ? cause : undefined
  }
  const children = Map.groupBy(events, (event) => parentOf(event)?.id ?? '')
  const toNode = (event: FoundEvent): CausationNode => ({
    event,
    effects: (children.get(event.id) ?? []).map(toNode),
  })
  const roots = (children.get('') ?? []).map(toNode)
  return { tap: tapOf(roots[0]?.event), roots, isCut }
}

function tapOf(event: FoundEvent | undefined): Tap | null {
  if (!event || event.actionId === null) return null
  const { user, device, service, occurredAt } = event
  return { user, device, service, occurredAt }
}
