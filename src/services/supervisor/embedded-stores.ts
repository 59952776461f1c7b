/** Launches the two embedded stores: the event store as a child of ours, PostgreSQL as a server that outlives us a while. */
import { join } from 'node:path'
import { environmentForChild } from '#config/environment.ts'
import { ensurePrivateFolder } from '#config/private-file.ts'
import type { Clock } from '#kernel/clock.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import type { Log, LogLevel } from '#kernel/log.ts'
import type { Ended, Running } from './keep-running.ts'
import { launchChild } from './launch-child.ts'
import { guardServer } from './server-guard.ts'

export type StoreLaunchOptions = {
  readonly home: string
  readonly projectFolder: string
  readonly port: number
  readonly log: Log
  readonly clock: Clock
  readonly abort: AbortSignal
  readonly stopTimeoutMs: number
  readonly onSpawn?: (pid: number) => void
}

const startTimeoutMs = 120_000
const lookEveryMs = 250
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']

export const toEventStoreUrl = (port: number): string => `kurrentdb://127.0.0.1:${port}?tls=false`

export function launchEventStore(
  options: StoreLaunchOptions & { readonly durability: 'full' | 'normal' },
): Promise<Running> {
  const { home, projectFolder, port, durability } = options
  const log = options.log.named('event-store')
  ensurePrivateFolder(join(home, 'event-store'))
  return launchChild({
    ...options,
    name: 'event-store',
    folder: projectFolder,
    args: [
      join(projectFolder, 'src/event-store-server/main.ts'),
      '--file',
      join(home, 'event-store', 'log.db'),
      '--port',
      String(port),
      '--durability',
      durability,
    ],
    environment: environmentForChild({}),
    readiness: 'json-line',
    toUrl: toEventStoreUrl,
    startTimeoutMs,
    takeLogLine: (line) => repeatLogLine(log, line),
  })
}

/** The program writes its log lines as JSON: they go where ours go. */
function repeatLogLine(log: Log, line: string): boolean {
  const found = tryParseJson(line)
  if (!isJsonObject(found) || typeof found.words !== 'string') return false
  const level = logLevels.find((each) => each === found.level) ?? 'warning'
  log[level](found.words, isJsonObject(found.facts) ? found.facts : undefined)
  return true
}

/** `url` holds the password. */
export async function launchPostgres(options: Omit<StoreLaunchOptions, 'onSpawn'>): Promise<Running> {
  const { home, port, log, clock, abort } = options
  const { startEmbeddedPostgres } = await import('#storage/embedded/start-embedded-postgres.ts')
  const server = await startEmbeddedPostgres({
    stateDir: join(home, 'postgres'),
    log: log.named('postgres'),
    port,
    clock,
  })
  const release = guardServer({
    guardFile: join(home, 'up', 'postgres-guard'),
    pidFile: server.pidFile,
    pid: server.pid,
  })
  return {
    url: server.url,
    pid: server.pid,
    ended: watch(server, clock, abort).finally(release),
    stop: async () => {
      await server.stop('fast')
      await release()
    },
  }
}

/** It is no child of ours when it was adopted, so nobody tells us of its end: we look. */
function watch(server: { isAlive(): boolean }, clock: Clock, abort: AbortSignal): Promise<Ended> {
  return new Promise((resolve) => {
    const look = () => {
      if (abort.aborted) return
      if (server.isAlive()) clock.after(lookEveryMs, look)
      else resolve({ code: null, words: 'the server process is gone' })
    }
    look()
  })
}
