/**
 * Children that outlived a supervisor killed without mercy. They notice and stop by themselves; the next supervisor of
 * the home waits for that, so that ports and files are free, and helps after a while.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '#config/private-file.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'

export type OrphanSurroundings = {
  /** The command line of a living process, or undefined. */
  readonly commandOf: (pid: number) => string | undefined
  readonly kill: (pid: number) => void
}

const patienceMs = 12_000
const lookEveryMs = 20

/** Remembers which processes belong to this home. */
export function createChildList(home: string) {
  const file = fileOf(home)
  const pids = new Map<string, number>()
  return {
    set: (name: string, pid: number) => {
      pids.set(name, pid)
      writePrivateFile(file, JSON.stringify([...pids.values()]))
    },
  }
}

/** Settles when no child of an earlier supervisor of this home lives any more. */
export async function waitForOrphans(options: {
  readonly home: string
  readonly clock: Clock
  readonly log: Log
  readonly surroundings?: OrphanSurroundings
}): Promise<number> {
  const { home, clock, log, surroundings = realSurroundings } = options
  const isOrphan = (pid: number) => surroundings.commandOf(pid)?.includes(home) === true
  const found = readPids(fileOf(home)).filter(isOrphan)
  const giveUpAt = clock.now() + patienceMs
  if (found.length > 0) log.info('waiting for services of an earlier run to end', { count: found.length })
  let hasKilled = false
  for (let left = found; left.length > 0; left = left.filter(isOrphan)) {
    if (clock.now() > giveUpAt && !hasKilled) {
      log.warning('services of an earlier run did not end by themselves; ending them', { count: left.length })
      for (const pid of left) surroundings.kill(pid)
      hasKilled = true
    }
    await pause(clock, lookEveryMs)
  }
  return found.length
}

const fileOf = (home: string): string => join(home, 'up', 'children.json')

function readPids(file: string): number[] {
  try {
    const found = tryParseJson(readFileSync(file, 'utf8'))
    return Array.isArray(found) ? found.filter((pid): pid is number => Number.isInteger(pid) && pid > 1) : []
  } catch {
    return []
  }
}

const realSurroundings: OrphanSurroundings = {
  // The number alone proves nothing: it may be anybody's by now. Our children name the home on their command line.
  commandOf: (pid) => {
    if (process.platform === 'linux') return readCommandOnLinux(pid)
    return Bun.spawnSync(['ps', '-o', 'command=', '-p', String(pid)]).stdout.toString() || undefined
  },
  kill: (pid) => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended between the look and the kill.
    }
  },
}

function readCommandOnLinux(pid: number): string | undefined {
  try {
    // The command line of a zombie is empty.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ')
  } catch {
    return undefined
  }
}
