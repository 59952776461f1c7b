import type { CompetingConsumers, ConsumerState, Delivery, JoinOptions } from '#event-store/competing-consumer.ts'
import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { must } from '#kernel/assert.ts'
import { logStart } from '#kernel/position.ts'

/**
 * Competing consumers in memory, for tests: they pass the same contract suite as the real ones.
 *
 * Promises: whoever has room gets the next event, in turns. Ends with the store it follows.
 */
type Waiting = { readonly event: RecordedEvent; readonly retryCount: number }
type Member = { readonly options: JoinOptions; readonly inFlight: Set<Waiting>; state: ConsumerState }
type Group = { readonly members: Member[]; waiting: Waiting[]; readonly parked: RecordedEvent[] }

export type MemoryConsumers = CompetingConsumers & { parkedOf(group: string): readonly RecordedEvent[] }

export function createMemoryConsumers(store: Pick<EventStore, 'follow'>): MemoryConsumers {
  const groups = new Map<string, Group>()

  const makeGroup = ({ group, filter }: JoinOptions): Group => {
    const made: Group = { members: [], waiting: [], parked: [] }
    groups.set(group, made)
    store.follow({
      after: logStart,
      filter,
      onBatch: async (events) => {
        made.waiting.push(...events.map((event) => ({ event, retryCount: 0 })))
        dispatch(made)
      },
    })
    return made
  }

  return {
    parkedOf: (name) => groups.get(name)?.parked ?? [],
    join: (options) => {
      const group = groups.get(options.group) ?? makeGroup(options)
      const member: Member = { options, inFlight: new Set(), state: 'joined' }
      group.members.push(member)
      const goOut = (state: ConsumerState): void => {
        member.state = state
        group.waiting.unshift(...[...member.inFlight].map(again))
        member.inFlight.clear()
        queueMicrotask(() => dispatch(group))
      }
      queueMicrotask(() => dispatch(group))
      return {
        state: () => member.state,
        leave: () => goOut('left'),
        comeBack: () => {
          member.state = 'joined'
          queueMicrotask(() => dispatch(group))
        },
        stop: async () => goOut('stopped'),
      }
    },
  }
}

function dispatch(group: Group): void {
  for (;;) {
    const at = group.members.findIndex(
      ({ state, inFlight, options }) => state === 'joined' && inFlight.size < options.bufferCountMax,
    )
    if (at < 0 || group.waiting.length === 0) return
    const member = must(group.members[at], 'it was found there')
    // Its turn is over.
    group.members.push(...group.members.splice(at, 1))
    const next = must(group.waiting.shift(), 'somebody waits')
    member.inFlight.add(next)
    member.options.onDelivery(toDelivery(group, member, next))
  }
}

function toDelivery(group: Group, { inFlight }: Member, waiting: Waiting): Delivery {
  const answer = (effect: () => void): void => {
    if (!inFlight.delete(waiting)) return
    effect()
    queueMicrotask(() => dispatch(group))
  }
  return {
    event: waiting.event,
    retryCount: waiting.retryCount,
    ack: () => answer(() => undefined),
    nack: (action) =>
      answer(() => {
        if (action === 'park') group.parked.push(waiting.event)
        else group.waiting.push(again(waiting))
      }),
  }
}

function again({ event, retryCount }: Waiting): Waiting {
  return { event, retryCount: retryCount + 1 }
}
