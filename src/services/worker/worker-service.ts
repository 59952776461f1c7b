/**
 * A worker: computes in the background. Any number of them run beside each other, on any machine that reaches logic and
 * the stores.
 */
import { getDatabaseUrl } from '#config/stores-file.ts'
import type { PartContext, WorkerContext } from '#plugin-api/part-context.ts'
import { openPartDatabase } from '#plugin-host/parts/part-database.ts'
import { createLinkedService } from '../linked-service.ts'
import type { ServiceContext } from '../run-role.ts'
import type { Service } from '../service.ts'
import { createWorkerJobs } from './worker-jobs.ts'

export function createWorkerService(context: ServiceContext<'worker'>): Service {
  const complete = (part: PartContext): WorkerContext => ({
    ...part,
    database: openPartDatabase(part, { url: () => getDatabaseUrl(context.config), service: 'worker' }),
  })
  const jobs = createWorkerJobs(context)
  const linked = createLinkedService({
    role: 'worker',
    context,
    ports: (_link, _site, calls) => {
      jobs.setCalls(calls)
      return { complete }
    },
    partsHealth: jobs.health,
    holdings: jobs.holdings,
    drainable: { drain: () => void jobs.drain(), resume: jobs.goOn },
    onPlugins: jobs.setPlugins,
  })
  return {
    ...linked,
    run: async () => {
      await linked.run()
      jobs.start()
    },
    // Jobs first: their plugins are there as long as they run.
    drain: async () => {
      await jobs.drain()
      await linked.drain()
    },
    stop: async () => {
      await jobs.stop()
      await linked.stop()
    },
  }
}
