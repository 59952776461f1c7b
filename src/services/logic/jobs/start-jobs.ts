import type { EventStore } from '#event-store/event-store.ts'
import type { JobControl } from '#job/job-control.ts'
import { createJobDesk, type JobDesk } from '#job/job-desk.ts'
import { type Keeper, startKeeper } from '#job/keeper/keeper.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import type { Client } from '#storage/client.ts'
import { createQueueFinder } from './find-jobs.ts'
import { createJobControl } from './job-control.ts'
import { createPostgresJobIndex } from './postgres-job-index.ts'

/** Jobs on the leading logic: taken from parts and reactors, and kept going. */
export type JobsHere = {
  readonly desk: JobDesk
  readonly keeper: Keeper
  readonly control: JobControl
  stop(): Promise<void>
}

export function startJobs(options: {
  readonly plugins: readonly LoadedPlugin[]
  readonly store: EventStore
  /** The shared end of the log. */
  readonly follow: EventStore['follow']
  readonly sql: Client
  readonly epoch: number
  readonly placeCount: () => number
  readonly instance: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly onLostLeadership: () => void
}): JobsHere {
  const { plugins, store, sql, epoch } = options
  const log = options.log.named('jobs')
  const definitions = plugins.flatMap(({ logic }) => logic?.jobs ?? [])
  const versions = new Map(plugins.map(({ manifest, version }) => [manifest.id, version]))
  const desk = createJobDesk({
    ...options,
    log,
    definitions,
    findQueue: createQueueFinder(sql),
    pluginVersion: (plugin) => versions.get(plugin) ?? '',
  })
  const keeper = startKeeper({
    ...options,
    log,
    store: { ...store, follow: options.follow },
    index: createPostgresJobIndex(sql),
    definitions,
    confirmLeading: () => assertNoneLeadsSince(sql, epoch),
  })
  return {
    desk,
    keeper,
    control: createJobControl({ ...options, definitions, keeper }),
    stop: async () => {
      await Promise.all([desk.close(), keeper.stop()])
    },
  }
}

/** The keeper appends to the event store, where no transaction compares epochs: so it asks before. */
async function assertNoneLeadsSince(sql: Client, epoch: number): Promise<void> {
  const text = "select epoch::float8 as epoch from platform.leadership where name = 'logic' and epoch > $1"
  const [later] = await sql.unsafe(text, [epoch], { prepare: true })
  if (!later) return
  throw new PlatformError('lost-leadership', `Epoch ${epoch} of "logic" is over, epoch ${later.epoch} leads now.`)
}
