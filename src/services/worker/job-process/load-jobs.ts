import type { JobHandler } from '#job/job-handler.ts'
import { createLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { loadPart } from '#plugin-host/load-part.ts'
import { pluginSchemaName } from '#plugin-host/parts/part-database.ts'
import { type Database, openDatabase } from '#storage/database.ts'
import type { KnownJob, PluginPlace } from './job-process-messages.ts'

/** The code of one plugin's jobs, and what they are given beside their input. */
export type LoadedJobs = {
  readonly place: PluginPlace
  readonly handlers: ReadonlyMap<string, JobHandler>
  readonly known: readonly KnownJob[]
  /** Opened when a job first asks for it; a name without a schema is one of the plugin's own. */
  database(): Database
}

const maxConnections = 2

/** Loads the worker part of the plugin, and nothing else of it. */
export async function loadJobs(place: PluginPlace): Promise<LoadedJobs> {
  const { id } = place.plugin.manifest
  const part = await loadPart(place.plugin, 'worker')
  if (!part) throw new PlatformError('bad-definition', `Plugin "${id}" has no worker part: nothing here runs its jobs.`)
  const known = part.jobs.map(({ job: { name, timeoutMs, retry, process } }) => ({ name, timeoutMs, retry, process }))
  // A statement ends with its job at the latest.
  const statementTimeoutMs = Math.max(0, ...known.map(({ timeoutMs }) => timeoutMs))
  let opened: Database | undefined
  const open = (): Database =>
    openDatabase({
      url: place.databaseUrl,
      log: createLog(id, () => undefined),
      applicationName: `peek job ${id}`,
      maxConnections,
      statementTimeoutMs,
      schemaName: pluginSchemaName(id),
    })
  return {
    place,
    handlers: new Map(part.jobs.map((handler) => [handler.job.name, handler])),
    known,
    database: () => {
      opened ??= open()
      return opened
    },
  }
}
