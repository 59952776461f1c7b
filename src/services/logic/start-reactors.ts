import type { ActionRunner } from '#action/action-runner.ts'
import type { EventStore } from '#event-store/event-store.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { reactorId } from '#reactor/define-reactor.ts'
import type { PushAction } from '#reactor/effects.ts'
import { createPostgresJournal } from '#reactor/postgres-journal.ts'
import { type Reactor, startReactor } from '#reactor/reactor.ts'
import type { Client } from '#storage/client.ts'
import { adminRole } from '#vortex/protocol/principal.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'

/** The reactors of all plugins, running for one leadership. */
export function startReactors(options: {
  plugins: readonly LoadedPlugin[]
  store: EventStore
  sql: Client
  actions: ActionRunner
  epoch: number
  lost: AbortSignal
  clock: Clock
  random: Random
  log: Log
  onLostLeadership: () => void
}): readonly Reactor[] {
  const { plugins, store, sql, epoch, lost, clock, random, log, onLostLeadership } = options
  const push = createPush(options.actions, clock)
  return plugins.flatMap(({ logic }) =>
    (logic?.reactors ?? []).map((definition) => {
      const reactor = reactorId(definition)
      const journal = createPostgresJournal({ sql, reactor, epoch })
      const named = log.named(reactor)
      return startReactor({ definition, store, journal, push, clock, random, log: named, lost, onLostLeadership })
    }),
  )
}

/** The platform itself pushes, for the reactor, which stands in the place of a device. Its own plugin has no secrets from it. */
function createPush(actions: ActionRunner, clock: Clock): PushAction {
  return (reactor, { fields, ...action }) => {
    const roles = pluginOf(action.name) === pluginOf(reactor) ? [adminRole] : []
    const by = { user: 'peek', device: reactor, service: 'logic', roles }
    return actions.run({ ...action, at: clock.now(), by, body: JSON.stringify(fields) })
  }
}
