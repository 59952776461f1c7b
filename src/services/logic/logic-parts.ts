import type { Jobs, SubmittedJob } from '#job/jobs.ts'
import type { Clock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { ActionPush, LogicContext, PartContext } from '#plugin-api/part-context.ts'
import type { LoadedPlugin } from '#plugin-host/load-plugins.ts'
import { heed } from '#plugin-host/parts/heed-calls.ts'
import { openPartDatabase } from '#plugin-host/parts/part-database.ts'
import type { RpcPort, SettingsPort } from '#plugin-host/parts/part-ports.ts'
import { createPartsHost, type PartsHost } from '#plugin-host/parts/parts-host.ts'
import { partPath } from '../service-parts.ts'
import type { Engine } from './engine.ts'
import { asPusher } from './pusher.ts'

export type LogicPartsOptions = {
  readonly plugins: readonly LoadedPlugin[]
  readonly engine: {
    readonly actions: Pick<Engine['actions'], 'run'>
    readonly jobs: { readonly desk: Pick<Engine['jobs']['desk'], 'jobsOf'> }
  }
  /** Of the database; each part that uses it has connections of its own. */
  readonly url: string
  readonly rpc: RpcPort
  readonly settings: SettingsPort
  /** Of the admin site. */
  readonly siteUrl: () => string | undefined
  readonly filesFolder: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * The logic parts of all plugins, running for one leadership. What each declares was loaded long before; this is what it
 * begins by itself.
 */
export function startLogicParts(options: LogicPartsOptions): {
  readonly host: PartsHost<'logic'>
  stop(): Promise<void>
} {
  const { plugins, url, rpc, settings, siteUrl } = options
  const logicOf = new Map(plugins.map(({ manifest, logic }) => [manifest.id, logic]))
  const complete = (context: PartContext): LogicContext => ({
    ...context,
    ...makePush(context, options),
    database: openPartDatabase(context, { url: () => url, service: 'logic' }),
    jobs: makeJobs(context, options),
  })
  const host = createPartsHost<'logic'>({
    ...options,
    service: 'logic',
    load: async ({ manifest }) => logicOf.get(manifest.id),
    ports: { rpc, settings, siteUrl, complete },
    pathOf: (plugin) => partPath('logic', plugin),
  })
  void host.run(plugins)
  return { host, stop: host.stop }
}

function makePush({ plugin, signal }: PartContext, { engine, clock }: LogicPartsOptions): ActionPush {
  return {
    push: async ({ name, version }, fields, { id = newUuid(), at = clock.now() } = {}) => {
      if (signal.aborted)
        throw new PlatformError('unavailable', `The part is stopping: "${name}" is not pushed any more.`)
      const by = asPusher(`${plugin}.logic`, name)
      return engine.actions.run({ id, name, version, at, by, body: JSON.stringify(fields) })
    },
  }
}

function makeJobs({ plugin, signal, log }: PartContext, { engine }: LogicPartsOptions): Jobs {
  const { submit, cancel } = engine.jobs.desk.jobsOf(plugin)
  /** A part that stops waits no longer; the job goes on. */
  const waitFor = <O>({ result }: SubmittedJob<O>, waiting: Parameters<typeof result>[0] = {}): Promise<O> =>
    result({ ...waiting, signal: waiting.signal ? AbortSignal.any([signal, waiting.signal]) : signal })
  const refuseWhenStopped = (): void => {
    if (signal.aborted)
      throw new PlatformError('unavailable', 'The part is stopping: it submits and cancels nothing more.')
  }
  return {
    submit: async (job, input, submitOptions) => {
      refuseWhenStopped()
      const submitted = await submit(job, input, submitOptions)
      return { ...submitted, result: (waiting) => heed(waitFor(submitted, waiting), `job ${submitted.jobId}`, log) }
    },
    cancel: async (jobId, why) => {
      refuseWhenStopped()
      return cancel(jobId, why)
    },
  }
}
