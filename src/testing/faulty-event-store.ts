import type { Appended, EventStore, ExpectedRevision, NewEvent } from '#event-store/event-store.ts'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'

/** What happens to one append: before or after it took effect. */
export type AppendFault =
  | { readonly fails: 'before' | 'after'; readonly kind: 'timeout' | 'unavailable' }
  /** Fails as a timeout at once; takes effect, if it still can, when `until` resolves. */
  | { readonly fails: 'late'; readonly until: Promise<void> }
  /** Waits, then goes on as usual. */
  | { readonly waits: Promise<void> }
  /** Somebody else appends this first. */
  | { readonly foreign: readonly NewEvent[] }

export type PlannedAppend = {
  readonly stream: string
  readonly events: readonly NewEvent[]
  readonly expected: ExpectedRevision
  /** Counts all appends from 0. */
  readonly ordinal: number
}

/** A store whose appends go wrong as `plan` says; undefined lets one through. For tests of what comes above it. */
export function createFaultyEventStore<S extends EventStore>(
  store: S,
  plan: (append: PlannedAppend) => AppendFault | undefined,
): S {
  let ordinal = 0
  return {
    ...store,
    append: async (stream, events, expected): Promise<Appended> => {
      const fault = plan({ stream, events, expected, ordinal: ordinal++ })
      const append = () => store.append(stream, events, expected)
      if (!fault) return append()
      if ('waits' in fault) {
        await fault.waits
        return append()
      }
      if ('foreign' in fault) {
        await store.append(stream, fault.foreign, 'any')
        return append()
      }
      if (fault.fails === 'late') {
        void fault.until.then(append).catch(() => undefined)
        throw faultOf('timeout', stream)
      }
      if (fault.fails === 'after') await append()
      throw faultOf(fault.kind, stream)
    },
  }
}

/** An event of nobody in particular, for the foreign writer. */
export function foreignEvent(type = 'tutorial.ForeignThing'): NewEvent {
  return { id: newUuid(), type, data: {}, metadata: {} }
}

function faultOf(kind: 'timeout' | 'unavailable', stream: string): PlatformError {
  return new PlatformError(kind, `A planned fault of the append to ${stream}.`)
}
