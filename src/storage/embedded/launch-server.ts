/**
 * Starts the server process and waits until it answers, and stops one.
 *
 * After a `kill -9` of a postmaster its orphaned backends may hold the shared memory for a moment, and Postgres rightly
 * refuses to start beside them; so that refusal, alone, is tried again.
 */
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, pause } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findPidFile, isPostmasterOf } from './postmaster.ts'
import { programPath, type ServerBinaries } from './server-binaries.ts'
import { runProgram, startDetached } from './server-program.ts'
import { type ServerSettings, toSettingArgs } from './server-settings.ts'
import type { ServerUser } from './server-user.ts'

export type StopMode = 'smart' | 'fast' | 'immediate'

export type Launch = {
  readonly folder: string
  readonly dataFolder: string
  readonly binaries: ServerBinaries
  readonly user: ServerUser
  readonly port: number
  readonly settings: ServerSettings
  readonly clock: Clock
}

const pollDelayMs = 10
const readyMsMax = 120_000
const orphansMsMax = 30_000
const stopMsMax = 30_000
const logSizeBytesMax = 10_000_000

/** Answers the pid of the ready server. */
export async function launchServer(launch: Launch): Promise<number> {
  const { clock } = launch
  const giveUpAt = clock.now() + orphansMsMax
  for (;;) {
    const outcome = await launchOnce(launch)
    if ('pid' in outcome) return outcome.pid
    const orphansLinger = /pre-existing shared memory block/.test(outcome.failure)
    if (!orphansLinger || clock.now() > giveUpAt) throw launchFailure(launch, outcome.failure)
    await pause(clock, 20 * pollDelayMs)
  }
}

async function launchOnce(launch: Launch): Promise<{ pid: number } | { failure: string }> {
  const { folder, dataFolder, binaries, user, port, settings, clock } = launch
  const logPath = join(folder, 'postgres.log')
  const log = openLogFile(logPath)
  const logStart = statSync(logPath).size
  const args = ['-D', dataFolder, '-p', String(port), ...toSettingArgs(settings)]
  const child = startDetached({ path: programPath(binaries, 'postgres'), args, folder: dataFolder, user }, log)
  closeSync(log)

  let spawnError: Error | undefined
  child.once('error', (error) => {
    spawnError = error
  })
  const giveUpAt = clock.now() + readyMsMax
  while (!isReady(dataFolder, child)) {
    if (spawnError) return { failure: spawnError.message }
    if (child.exitCode !== null || child.signalCode !== null) {
      return { failure: `it ended with ${child.exitCode ?? child.signalCode}: ${tailOf(logPath, logStart)}` }
    }
    if (clock.now() > giveUpAt) {
      child.kill('SIGQUIT')
      return { failure: `it was not ready after ${readyMsMax} ms: ${tailOf(logPath, logStart)}` }
    }
    await pause(clock, pollDelayMs)
  }
  return { pid: child.pid ?? 0 }
}

function isReady(dataFolder: string, child: ChildProcess): boolean {
  const found = findPidFile(dataFolder)
  return found !== undefined && found.pid === child.pid && found.status === 'ready'
}

/** Waits for the end of the server; a server that ignores the wish for `stopMsMax` is told to stop at once. */
export async function stopServer(server: Omit<Launch, 'port' | 'settings'> & { pid: number }, mode: StopMode) {
  await signalServer(server, mode)
  if (await hasEnded(server)) return
  await signalServer(server, 'immediate')
  if (await hasEnded(server)) return
  throw new PlatformError('timeout', `The embedded Postgres (pid ${server.pid}) does not stop. End it by hand.`, {
    facts: { pid: server.pid, dataFolder: server.dataFolder },
  })
}

type ServerToStop = Parameters<typeof stopServer>[0]

async function signalServer(server: ServerToStop, mode: StopMode): Promise<void> {
  if (!isPostmasterOf(server.dataFolder, server.pid)) return
  if (process.platform !== 'win32') {
    const signals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const
    process.kill(server.pid, signals[mode])
    return
  }
  const path = programPath(server.binaries, 'pg_ctl')
  const args = ['stop', '-D', server.dataFolder, '-m', mode, '-W']
  await runProgram({ path, args, folder: server.folder, user: undefined }, stopMsMax)
}

async function hasEnded({ clock, dataFolder, pid }: ServerToStop): Promise<boolean> {
  const giveUpAt = clock.now() + stopMsMax
  while (isPostmasterOf(dataFolder, pid)) {
    if (clock.now() > giveUpAt) return false
    await pause(clock, pollDelayMs)
  }
  return true
}

/** The server appends to one file while it runs; at a start a long one becomes the previous one. */
function openLogFile(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > logSizeBytesMax) renameSync(path, `${path}.previous`)
  return openSync(path, 'a', 0o600)
}

function tailOf(logPath: string, from: number): string {
  return readFileSync(logPath).subarray(from).toString('utf8').trim().slice(-1500)
}

function launchFailure({ port, dataFolder }: Launch, failure: string): PlatformError {
  const remedy = /GLIBC_/.test(failure)
    ? 'This system is too old for it (glibc 2.27 is needed): set DATABASE_URL to a Postgres server of your own.'
    : 'Correct what it complains about and start again, or set DATABASE_URL to a Postgres server of your own.'
  const words = `The embedded Postgres did not start in ${dataFolder}: ${failure}. ${remedy}`
  return new PlatformError('unavailable', words, { facts: { dataFolder, port } })
}
