import type { ActionRunner } from '#action/action-runner.ts'
import type { EventStore } from '#event-store/event-store.ts'
import type { JobDesk } from '#job/job-desk.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { reactorId } from '#reactor/define-reactor.ts'
import type { PushAction, SubmitFromReactor } from '#reactor/effects.ts'
import { createPostgresJournal } from '#reactor/postgres-journal.ts'
import { type Reactor, startReactor } from '#reactor/reactor.ts'
import type { Client } from '#storage/client.ts'
import { pluginOf } from '#vortex/protocol/tuple.ts'
import { asPusher } from './pusher.ts'

/** The reactors of all plugins, running for one leadership. */
export function startReactors(options: {
  plugins: readonly LoadedPlugin[]
  store: EventStore
  sql: Client
  actions: ActionRunner
  jobs: JobDesk
  epoch: number
  lost: AbortSignal
  clock: Clock
  random: Random
  log: Log
  onLostLeadership: () => void
}): readonly Reactor[] {
  const { plugins, store, sql, epoch, lost, clock, random, log, onLostLeadership } = options
  const push = createPush(options.actions, clock)
  const submit = createSubmit(options.jobs)
  return plugins.flatMap(({ logic }) =>
    (logic?.reactors ?? []).map((definition) => {
      const reactor = reactorId(definition)
      const journal = createPostgresJournal({ sql, reactor, epoch })
      const named = log.named(reactor)
      return startReactor({
        definition,
        store,
        journal,
        push,
        submit,
        clock,
        random,
        log: named,
        lost,
        onLostLeadership,
      })
    }),
  )
}

function createPush(actions: ActionRunner, clock: Clock): PushAction {
  return (reactor, { fields, ...action }) =>
    actions.run({ ...action, at: clock.now(), by: asPusher(reactor, action.name), body: JSON.stringify(fields) })
}

function createSubmit(jobs: JobDesk): SubmitFromReactor {
  return (reactor, { job, input, options, cause }) => {
    const from = { correlationId: cause.correlationId, causationId: cause.eventId, causeDepth: cause.depth }
    return jobs.jobsOf(pluginOf(reactor), from).submit(job, input, { ...options, by: reactor })
  }
}
