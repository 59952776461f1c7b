import { createActionRegistry } from '#action/action-registry.ts'
import { type ActionRunner, createActionRunner } from '#action/action-runner.ts'
import { recordDecision } from '#admin/record-decision.ts'
import type { EventStore } from '#event-store/event-store.ts'
import { startLogTail } from '#event-store/log-tail.ts'
import { loadedUpcasters } from '#event-store/upcast.ts'
import { type EvidenceKeeper, startEvidenceKeeper } from '#evidence/keep-evidence.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { logStart } from '#kernel/position.ts'
import type { Random } from '#kernel/random.ts'
import { platformProjections } from '#plugin-host/all-projections.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { platformDeciders } from '#plugin-host/platform-parts.ts'
import { type ProjectionDefinition, projectionId } from '#projection/define-projection.ts'
import { createParkingControl } from '#projection/parking/create-parking-control.ts'
import type { ParkingControl } from '#projection/parking-control.ts'
import { logFilter, projectionFilter } from '#projection/projection-filter.ts'
import { type Projector, startProjector } from '#projection/projector.ts'
import { actionAudit, actionAuditModel } from '#projections/action-audit/action-audit.ts'
import type { Reactor } from '#reactor/reactor.ts'
import type { Database } from '#storage/database.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { type JobsHere, startJobs } from './jobs/start-jobs.ts'
import { createPastOutcomes } from './past-outcomes.ts'
import type { ProjectionFacts } from './projection-facts.ts'
import type { LeadingRebuildControl } from './rebuilds/rebuild-control.ts'
import { type RebuildSurroundings, startRebuilds } from './rebuilds/start-rebuilds.ts'
import { startReactors } from './start-reactors.ts'

/**
 * What only the leading logic runs: action handlers, projectors and reactors, for one leadership.
 *
 * Promises: `stop` begins no effect any more, lets actions under way finish, then stops the projectors in order.
 */
export interface Engine {
  readonly actions: ActionRunner
  readonly projectors: readonly Projector[]
  readonly reactors: readonly Reactor[]
  readonly rebuilds: LeadingRebuildControl
  /** What is to be known of a projection beside its projector. */
  facts(id: string): ProjectionFacts
  readonly parking: ParkingControl
  readonly evidence: EvidenceKeeper
  readonly jobs: JobsHere
  stop(): Promise<void>
}

export function startEngine(options: {
  plugins: readonly LoadedPlugin[]
  store: EventStore
  database: Database
  epoch: number
  instance: string
  /** Where anchors of the hash chain are left. */
  anchorFolders: readonly string[]
  clock: Clock
  random: Random
  log: Log
  onLostLeadership: () => void
  /** Aborted at once when the leadership is over, before anybody calls `stop`. */
  lost: AbortSignal
  surroundings: RebuildSurroundings
  /** Jobs at a time that the workers have room for. */
  placeCount: () => number
}): Engine {
  const { plugins, store, database, epoch, clock, random, log, onLostLeadership, anchorFolders } = options
  const { sql } = database
  const registry = createActionRegistry()
  for (const decider of platformDeciders) registry.register('peek', decider)
  for (const { manifest, logic } of plugins)
    for (const decider of logic?.deciders ?? []) registry.register(manifest.id, decider)
  const forgetSchemas = loadedUpcasters.addAll(plugins.flatMap((plugin) => plugin.logic?.eventSchemas ?? []))

  const findProjector = (id: string): Projector | undefined => projectors.find((projector) => projector.id === id)
  const {
    projections,
    control: rebuilds,
    facts,
    stop: stopRebuilds,
  } = startRebuilds({ ...options, sql, findProjector })
  const tail = startLogTail({ store, filter: logFilter, log: log.named('tail') })
  // A plugin that writes into an event it is given must not change what is chained, listed and taken out as recorded.
  const ownTail = startLogTail({ store, filter: logFilter, log: log.named('own-tail') })
  const tailOf = (definition: ProjectionDefinition) => (platformProjections.includes(definition) ? ownTail : tail)
  const projectors: readonly Projector[] = projections.map((projection) =>
    startProjector({
      ...projection,
      store: { ...store, follow: tailOf(projection.definition).follow },
      sql,
      clock,
      random,
      epoch,
      onOutdated: (checkpoint) => rebuilds.takeOutdated(projectionId(projection.definition), checkpoint),
      onLostLeadership,
    }),
  )
  const evidence = startEvidenceKeeper({
    store: { follow: ownTail.follow },
    sql,
    anchorFolders,
    epoch,
    clock,
    random,
    log: log.named('evidence'),
    onLostLeadership,
  })
  const parking = createParkingControl({
    sql,
    store,
    projectors: () => projectors,
    record: ({ type, projection, user, data }) => {
      const about = { name: 'Projections', id: projection }
      return recordDecision({ store: () => store, clock, instance: options.instance }, { type, about, user, data })
    },
    clock,
    log: log.named('parking'),
  })
  const audit = findProjector(projectionId(actionAudit))
  const versions = new Map(plugins.map((plugin) => [plugin.manifest.id, plugin.version]))
  const actions = createActionRunner({
    registry,
    store,
    past: createPastOutcomes({
      sql,
      store,
      schemaName: actionAuditModel.schemaName,
      position: () => audit?.status().position ?? logStart,
      filter: projectionFilter(actionAudit),
      clock,
    }),
    clock,
    log: log.named('actions'),
    pluginVersion: (plugin) => versions.get(plugin) ?? '',
  })
  const jobs = startJobs({ ...options, follow: tail.follow, sql })
  const reactors = startReactors({
    ...options,
    store: { ...store, follow: tail.follow },
    sql: database.sql,
    actions,
    jobs: jobs.desk,
  })
  pushSeeds(plugins, actions, options.instance, log).catch((error: unknown) =>
    log.error(`first rows could not be pushed: ${describeError(error)}`),
  )

  return {
    actions,
    projectors,
    reactors,
    rebuilds,
    facts,
    parking,
    evidence,
    jobs,
    stop: async () => {
      const reacting = Promise.all(reactors.map((reactor) => reactor.stop()))
      await Promise.race([reacting, pause(clock, drainMsMax)])
      // A store that is away keeps appends waiting: their senders ask again, and projectors look at their last
      // announcement when they start. Closing the store ends what is left.
      const working = [actions.drain(), stopRebuilds(), jobs.stop()]
      await Promise.race([Promise.all(working), pause(clock, drainMsMax)])
      const followers = [...projectors, evidence]
      const following = parking
        .stop()
        .then(() => Promise.all(followers.map((follower) => follower.stop())))
        .then(() => Promise.all([tail.stop(), ownTail.stop()]))
      await Promise.race([following, pause(clock, drainMsMax)])
      forgetSchemas()
    },
  }
}

/** How long a stop waits for actions under way. */
const drainMsMax = 2_000

const seedTriesMax = 5

/** First rows of plugins: pushed at every start under fixed ids, so each takes effect the first time only (E2). */
async function pushSeeds(
  plugins: readonly LoadedPlugin[],
  actions: ActionRunner,
  instance: string,
  log: Log,
): Promise<void> {
  const by = { user: 'peek', device: instance, service: 'logic', roles: [] }
  for (const { manifest, logic } of plugins)
    for (const { id, name, version, fields } of logic?.seed ?? []) {
      let answer: Answer | undefined
      for (let attempt = 0; attempt < seedTriesMax && answer?.outcome !== 'accepted'; attempt++) {
        answer = await actions.run({ id, name, version, at: Date.UTC(2026, 0, 1), by, body: JSON.stringify(fields) })
        if (answer.outcome === 'rejected') break
      }
      if (answer?.outcome !== 'accepted')
        log.warning(`a first row of plugin "${manifest.id}" was not taken: ${answer?.words ?? ''}`)
    }
}
