/**
 * The composition every role shares: arguments, configuration, log, identity, load meter, process.
 *
 *     export async function main(args: readonly string[]): Promise<void> {
 *       await runRole({ role: 'agent', args, createService: createAgentService })
 *     }
 *     if (import.meta.main) await main(Bun.argv.slice(2))
 */
import { resolve } from 'node:path'
import { describeOptions } from '#config/describe-options.ts'
import { describeEnvironment, type Environment, readEnvironment } from '#config/environment.ts'
import { type LoadedConfig, loadConfig } from '#config/load-config.ts'
import type { ServiceRole } from '#config/options/role-options.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, isPlatformError } from '#kernel/platform-error.ts'
import { type LoadMeter, startLoadMeter } from './load-meter.ts'
import { openServiceLog } from './logging.ts'
import { parseFlags } from './parse-flags.ts'
import { runServiceProcess } from './process.ts'
import { currentProcess, type SupervisorLine } from './process-surroundings.ts'
import type { Service } from './service.ts'
import { makeServiceIdentity, type ServiceIdentity } from './service-identity.ts'
import { openSupervisorLine } from './supervisor-line.ts'

/** All that a service is built from. */
export type ServiceContext<R extends ServiceRole> = {
  readonly config: LoadedConfig<R>
  readonly identity: ServiceIdentity
  readonly log: Log
  readonly clock: Clock
  /** Runs as long as the process. */
  readonly meter: LoadMeter
  /** Whoever starts this process again when it ends; undefined where it was started by hand. */
  readonly supervisor?: SupervisorLine | undefined
}

export type RoleOptions<R extends ServiceRole> = {
  readonly role: R
  readonly args: readonly string[]
  readonly createService: (context: ServiceContext<R>) => Service | Promise<Service>
}

const badConfigurationExitCode = 2
const projectFolder = resolve(import.meta.dir, '..', '..')

export async function runRole<R extends ServiceRole>({ role, args, createService }: RoleOptions<R>): Promise<void> {
  try {
    const environment = readEnvironment()
    const { flags, isHelp } = parseFlags(args, { home: 'text' })
    if (isHelp) return void process.stdout.write(`${describeRole(role)}\n`)
    const context = openContext(role, flags.home ?? homeOf(environment), environment)
    await runServiceProcess({ service: await createService(context), log: context.log })
  } catch (error) {
    refuseToStart(role, error)
  }
}

/** The home folder when none is named on the command line. */
export function homeOf(environment: Environment): string {
  return resolve(environment.PEEK_HOME ?? resolve(projectFolder, '.peek'))
}

function openContext<R extends ServiceRole>(role: R, home: string, environment: Environment): ServiceContext<R> {
  const config = loadConfig({ role, home })
  // Every role has the logging options; the type of one role alone does not say so.
  const { name: instanceName, zone } = namesOf(config as LoadedConfig<ServiceRole>)
  const { level, logToStdout, fileSizeBytesMax, fileCountMax } = (config as LoadedConfig<ServiceRole>).values.logging
  const isColoured = process.stdout.isTTY === true && environment.NO_COLOR === undefined
  const { folder } = config
  const { log } = openServiceLog({ role, folder, level, logToStdout, isColoured, fileSizeBytesMax, fileCountMax })
  for (const warning of config.warnings) log.warning(warning)
  const identity = makeServiceIdentity({ name: role, instanceName, zone, folder, now: systemClock.now() })
  const supervisor = currentProcess.hasSupervisor()
    ? openSupervisorLine({ service: role, surroundings: currentProcess, clock: systemClock })
    : undefined
  return { config, identity, log, clock: systemClock, meter: startLoadMeter(), supervisor }
}

/** Agents and workers are many, so they have names and zones. */
function namesOf({ values }: LoadedConfig<ServiceRole>): { readonly name?: string; readonly zone?: string } {
  return 'instance' in values ? values.instance : {}
}

function refuseToStart(role: ServiceRole, error: unknown): void {
  const words = describeError(error)
  process.stderr.write(
    `${role} cannot start: ${isPlatformError(error) ? words : (error instanceof Error && error.stack) || words}\n`,
  )
  currentProcess.tellSupervisor({ event: 'failed', service: role, words })
  currentProcess.exit(badConfigurationExitCode)
}

function describeRole(role: ServiceRole): string {
  return [
    `bun run ${role} [--home DIR]`,
    '',
    `Runs the ${role} service. Its configuration is <home>/${role}/config.json:`,
    '',
    describeOptions(role),
    '',
    'Environment:',
    '',
    describeEnvironment(),
  ].join('\n')
}
