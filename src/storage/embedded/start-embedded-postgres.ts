/**
 * The Postgres server that comes with us: started on the binaries of an npm package, nothing installed beforehand.
 *
 * Promises: any number of processes may start it at once for one state folder, one of them starts it and the others
 * adopt it; a `kill -9` of the starter leaves a server that the next start adopts; a `kill -9` of the server itself is
 * recovered from by the next start, on the same port; `url` names a database that exists and answers. It runs as root
 * (the server then as another user) and as an ordinary user.
 *
 * Asks: one machine per state folder, always the same user. Whoever got `adopted: false` stops it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, pause, systemClock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { ensureCluster, readPassword } from './create-cluster.ts'
import { ensureDatabase } from './ensure-database.ts'
import { launchServer, type StopMode, stopServer } from './launch-server.ts'
import { findPidFile, isPostmasterOf, type PidFile, pidFilePath } from './postmaster.ts'
import { findBinaries, prepareBinaries, type ServerBinaries } from './server-binaries.ts'
import { openServerFolder } from './server-folder.ts'
import { choosePort } from './server-port.ts'
import type { ServerSettings } from './server-settings.ts'
import { findServerUser, type ServerUser } from './server-user.ts'
import { withStartLock } from './start-lock.ts'

export type EmbeddedPostgresOptions = {
  /** Holds everything of the server: data, password, port, log. */
  readonly stateDir: string
  /** Used instead, as root only, when the server's user cannot reach `stateDir`. */
  readonly fallbackStateDir?: string
  /** 0 or absent: the port of last time, else any free one. */
  readonly port?: number
  /** Server settings beside our own; an adopted server keeps those it has. */
  readonly settings?: ServerSettings
  readonly log: Log
  readonly clock?: Clock
}

export type EmbeddedPostgres = {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** It was running already. */
  readonly adopted: boolean
  /** Where it really lives. */
  readonly folder: string
  /** Written by the server; begins with its pid. */
  readonly pidFile: string
  /** Looks at the process; when false, start it again: same folder, same port. */
  isAlive(): boolean
  stop(mode?: StopMode): Promise<void>
}

type Surroundings = {
  readonly folder: string
  readonly dataFolder: string
  readonly binaries: ServerBinaries
  readonly user: ServerUser
  readonly clock: Clock
}

const databaseName = 'peek'
const lockWaitMsMax = 180_000
const adoptWaitMsMax = 60_000

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, clock = systemClock, stateDir, fallbackStateDir } = options
  const user = findServerUser()
  const found = findBinaries()
  const folder = openServerFolder({ stateDir, fallbackStateDir, user, log })
  const dataFolder = join(folder, `data-${found.majorVersion}`)

  return withStartLock({ file: join(folder, 'start.lock'), clock, waitMsMax: lockWaitMsMax }, async () => {
    const running = await findRunning(dataFolder, clock)
    const binaries = running ? found : prepareBinaries(found, folder, user)
    const surroundings = { folder, dataFolder, binaries, user, clock }
    const { pid, port } = running ?? (await start(surroundings, options))
    const url = await ensureDatabase({ port, password: readPassword(folder), databaseName })
    log.info(running ? 'embedded Postgres adopted' : 'embedded Postgres started', { pid, port, folder })
    if (running && options.port && options.port !== port) {
      log.warning('the running embedded Postgres keeps its port until it is stopped', { port, wanted: options.port })
    }
    return {
      url,
      port,
      pid,
      folder,
      pidFile: pidFilePath(dataFolder),
      adopted: running !== undefined,
      isAlive: () => isPostmasterOf(dataFolder, pid),
      stop: (mode = 'fast') => stopServer({ ...surroundings, pid }, mode),
    }
  })
}

/** The ready server of the folder; one that is still starting, or stopping, is waited for. */
async function findRunning(dataFolder: string, clock: Clock): Promise<PidFile | undefined> {
  const giveUpAt = clock.now() + adoptWaitMsMax
  for (;;) {
    const found = findPidFile(dataFolder)
    if (found === undefined || !isPostmasterOf(dataFolder, found.pid)) return undefined
    if (found.status === 'ready' || clock.now() > giveUpAt) return found
    await pause(clock, 10)
  }
}

async function start(surroundings: Surroundings, options: EmbeddedPostgresOptions) {
  const { folder, dataFolder, clock } = surroundings
  // Proven stale by now. Its pid may be another process of ours meanwhile, which Postgres would take for a server.
  rmSync(pidFilePath(dataFolder), { force: true })
  await ensureCluster(surroundings)
  const port = await choosePort({ folder, port: options.port ?? 0, log: options.log, clock })
  const pid = await launchServer({ ...surroundings, port, settings: options.settings ?? {} })
  return { pid, port }
}
