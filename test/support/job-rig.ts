/**
 * All that jobs need but their workers: an event store, a database with the tables of the plugin of the tests, and what keeps
 * jobs going.
 */

import type { RecordedEvent } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { jobStream } from '#event-store/stream-name.ts'
import { type EventStoreServer, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { cancelJob } from '#job/cancel-job.ts'
import type { JobDefinition } from '#job/define-job.ts'
import { type JobLog, readJob } from '#job/job-log.ts'
import { startKeeper } from '#job/keeper/keeper.ts'
import { submitJob } from '#job/submit-job.ts'
import { createMemoryJobIndex } from '#job/testing/memory-job-index.ts'
import { must } from '#kernel/assert.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { logStart } from '#kernel/position.ts'
import { systemRandom } from '#kernel/random.ts'
import { eventually } from './eventually.ts'
import { migratedDatabase } from './migrated-database.ts'

export async function startJobRig(options: {
  readonly definitions: readonly JobDefinition[]
  readonly places: number
  /** Of a server that runs already; without it one of the rig's own. */
  readonly eventStore?: string
}) {
  const server: EventStoreServer | undefined =
    options.eventStore === undefined
      ? await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
      : undefined
  const connectionString = options.eventStore ?? server?.connectionString ?? ''
  const database = await migratedDatabase(4)
  await database.sql`create schema pl_chores`
  await database.sql`create table pl_chores.payments (key text primary key, recipient text not null, times int not null default 1)`
  const store = await openKurrentEventStore({
    connectionString,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  const log: RecordedEvent[] = []
  store.follow({
    after: logStart,
    filter: { on: 'type', prefixes: ['peek.Job'] },
    onBatch: async (events) => void log.push(...events),
  })
  const keeper = startKeeper({
    store,
    index: createMemoryJobIndex(() => log),
    definitions: options.definitions,
    placeCount: () => options.places,
    confirmLeading: async () => undefined,
    instance: 'keeper',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  const writer = { user: 'ann', instance: 'rig', service: 'logic' } as const
  const definitionOf = (job: string): JobDefinition =>
    must(
      options.definitions.find(({ name }) => name === job),
      `${job} is one of the rig's`,
    )
  const find = async (job: string, jobId: string): Promise<JobLog> =>
    must(await readJob(store, job, jobId), 'it was submitted')

  return {
    connectionString,
    store,
    sql: database.sql,
    databaseUrl: database.url,
    log: log as readonly RecordedEvent[],
    keeper,
    find,
    typesOf: async (job: string, jobId: string) =>
      (await store.readStream(jobStream(job, jobId))).map(({ type }) => type.replace('peek.Job', '')),
    submit: async (job: string, input: object): Promise<string> => {
      const submission = { input, by: 'ann' }
      const now = systemClock.now()
      return (await submitJob({ store, definition: definitionOf(job), submission, writer, now })).jobId
    },
    cancel: (job: string, jobId: string) =>
      cancelJob({ store, job, jobId, why: { by: 'ann', reason: 'not needed' }, writer, clock: systemClock }),
    until: async (job: string, jobId: string, ...stages: JobLog['state']['stage']['at'][]): Promise<JobLog> => {
      await eventually(`${job} is ${stages.join(' or ')}`, async () =>
        stages.includes((await find(job, jobId)).state.stage.at),
      )
      return find(job, jobId)
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await keeper.stop()
      await store.close()
      await server?.stop()
      await database[Symbol.asyncDispose]()
    },
  }
}

export type JobRig = Awaited<ReturnType<typeof startJobRig>>
