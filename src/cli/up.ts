/** `up`: everything, from nothing, until Ctrl-C. */
import { readEnvironment } from '#config/environment.ts'
import { type LoadedConfig, loadConfig } from '#config/load-config.ts'
import type { ServiceRole } from '#config/options/role-options.ts'
import { systemClock } from '#kernel/clock.ts'
import { describeError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { openServiceLog } from '#services/logging.ts'
import { parseFlags } from '#services/parse-flags.ts'
import { acquireHomeLock } from '#services/supervisor/home-lock.ts'
import { createSupervisor, enabledRoles } from '#services/supervisor/supervisor.ts'
import type { SupervisorEvent } from '#services/supervisor/supervisor-event.ts'
import type { Command } from './command.ts'
import { ensureWeb } from './ensure-web.ts'
import { resolveHome } from './home-flag.ts'
import { projectFolder } from './project-folder.ts'
import { createUpConsole } from './up-console.ts'

const help = `bun run up [--home DIR] [--json]

Starts the embedded stores (where no address is configured) and every service, and keeps them running.
  --home DIR  the folder that holds everything; default .peek in the project
  --json      tells each change as one JSON object a line

Configuration: <home>/up/config.json and <home>/<service>/config.json; "bun run <service> --help" explains the keys.`

export const upCommand: Command = {
  run: async (args) => {
    const { flags, isHelp } = parseFlags(args, { home: 'text', json: 'toggle' })
    if (isHelp) {
      console.log(help)
      return 0
    }
    return supervise({ home: resolveHome(flags.home), isJson: flags.json === true, choose: enabledRoles })
  },
}

export type SuperviseOptions = {
  readonly home: string
  readonly isJson: boolean
  readonly choose: (config: LoadedConfig<'up'>) => readonly ServiceRole[]
}

/** Runs until a signal, or until it cannot go on; settles with the exit code. */
export async function supervise({ home, isJson, choose }: SuperviseOptions): Promise<number> {
  const signal = listenForSignal()
  const lock = acquireHomeLock(home)
  const config = loadConfig({ role: 'up', home })
  const roles = choose(config)
  const tell = isJson
    ? tellAsJson
    : createUpConsole({ home, roles, recoveryUser: recoveryUserOf(home), ...consoleLook() })
  const { level, fileSizeBytesMax, fileCountMax } = config.values.logging
  const { log } = openServiceLog({
    role: 'up',
    folder: config.folder,
    level,
    logToStdout: false,
    isColoured: false,
    fileSizeBytesMax,
    fileCountMax,
  })
  for (const warning of config.warnings) {
    log.warning(warning)
    tell({ event: 'note', words: warning })
  }
  const note = (words: string) => tell({ event: 'note', words })
  // Services that work are worth more than none: without a new build the pages of the last one are served.
  const prepare = async () => {
    if (roles.length === 0) return
    await ensureWeb(note).catch((error: unknown) => note(describeError(error)))
  }
  const supervisor = createSupervisor({
    config,
    projectFolder,
    log,
    clock: systemClock,
    random: systemRandom,
    tell,
    prepare,
    roles,
  })

  const started = supervisor.start().then(
    () => 'up' as const,
    (error: unknown) => ({ error }),
  )
  const first = await Promise.race([started, signal])
  if (first === 'up') tell({ event: 'up', seconds: Math.round(performance.now() / 10) / 100 })
  const failure = typeof first === 'object' ? first.error : undefined
  if (failure !== undefined) {
    log.error('cannot start', { because: describeError(failure) })
    console.error(describeError(failure))
  } else await signal
  await supervisor.stop()
  lock.release()
  return failure === undefined ? 0 : 1
}

/** The stores without any role. */
export const superviseStores = (home: string, isJson: boolean) => supervise({ home, isJson, choose: () => [] })

/** Settles at the first signal; the second ends the process at once, and the children notice. */
function listenForSignal(): Promise<'signal'> {
  return new Promise((resolve) => {
    let count = 0
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (++count > 1) process.exit(130)
        resolve('signal')
      })
    }
  })
}

function tellAsJson(event: SupervisorEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

function recoveryUserOf(home: string): string {
  return loadConfig({ role: 'logic', home }).values.httpServer.admin.recoveryUser.username
}

function consoleLook() {
  const { NO_COLOR, CI } = readEnvironment()
  const isTerminal = process.stdout.isTTY === true
  return { isColoured: isTerminal && NO_COLOR === undefined && CI === undefined }
}
