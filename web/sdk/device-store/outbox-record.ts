/**
 * An action as a device keeps it, from the moment a person pushed it.
 *
 *     waiting <--> sent --> accepted | changed | refused        stuck --a person tries again--> waiting
 *         \__________\____> stuck                               waiting, stuck, refused --a person--> discarded
 */
export type OutboxState = 'waiting' | 'sent' | 'accepted' | 'changed' | 'refused' | 'stuck' | 'discarded'

export type OutboxRecord = {
  /** Its place among all that this device ever pushed as this user: from 1, without gaps, given by the store. */
  readonly seq: number
  /** Under which logic knows it (E2). */
  readonly id: string
  readonly name: string
  readonly version: number
  /** The fields as JSON, as they travel. */
  readonly body: string
  /** Inside a lane order counts (E3). */
  readonly lane: string
  /** The one before it in its lane that had no end yet when this one was pushed. */
  readonly prev?: string
  /** It goes only when these were accepted. */
  readonly dependsOn: readonly string[]
  readonly entityId: string
  /** What it does, in words for a person. */
  readonly title: string
  readonly at: number
  /** The app that pushed it. */
  readonly build: string
  readonly user: string
  readonly state: OutboxState
  /** How often it was sent. */
  readonly attempts: number
  readonly lastTryAt?: number
  /** Why it was refused or is stuck, what was changed, or what was said last when it was not taken. */
  readonly kind?: string
  readonly words?: string
  /** Where in the log its outcome stands. */
  readonly position?: string
  readonly endedAt?: number
  /** It was sent anew, edited or not: the one instead of which, and the one that came instead. */
  readonly replaces?: string
  readonly replacedBy?: string
}

/** What a pusher says; the store adds the rest. */
export type NewOutboxRecord = Omit<
  OutboxRecord,
  | 'seq'
  | 'prev'
  | 'state'
  | 'attempts'
  | 'lastTryAt'
  | 'kind'
  | 'words'
  | 'position'
  | 'endedAt'
  | 'replaces'
  | 'replacedBy'
> & { readonly replaces?: string | undefined }

/** No end yet: logic has not taken it for good. A stuck one is among them, since it never arrived. */
export function isUnsent({ state }: Pick<OutboxRecord, 'state'>): boolean {
  return state === 'waiting' || state === 'sent' || state === 'stuck'
}

/** A person has to decide: it is stuck, or refused and neither sent anew nor discarded. */
export function needsAttention({ state, replacedBy }: Pick<OutboxRecord, 'state' | 'replacedBy'>): boolean {
  return state === 'stuck' || (state === 'refused' && replacedBy === undefined)
}

/** What it was for is done: those that depend on it may go. */
export function isAccepted({ state }: Pick<OutboxRecord, 'state'>): boolean {
  return state === 'accepted' || state === 'changed'
}

/** What these depend on, and all that came in the place of it: forgotten, they would go as if it were done. */
export function neededBy(
  unsent: Iterable<OutboxRecord>,
  find: (id: string) => Pick<OutboxRecord, 'replacedBy'> | undefined,
): ReadonlySet<string> {
  const needed = new Set<string>()
  for (const { dependsOn } of unsent)
    for (const first of dependsOn)
      for (let id: string | undefined = first; id !== undefined && !needed.has(id); id = find(id)?.replacedBy)
        needed.add(id)
  return needed
}
