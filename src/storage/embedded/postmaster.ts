/**
 * What the operating system says about the server process of a data folder.
 *
 * The proof matters: a stale `postmaster.pid` must be removed before a start, and removing the one of a living server
 * makes that server shut itself down.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type PidFile = { readonly pid: number; readonly port: number; readonly status: string }

/** Lines: 1 pid, 2 data folder, 3 start time, 4 port, 5 socket folder, 6 address, 7 shared memory, 8 status. */
export function parsePidFile(text: string): PidFile {
  const lines = text.split('\n')
  return { pid: Number(lines[0]), port: Number(lines[3] ?? Number.NaN), status: (lines[7] ?? '').trim() }
}

/** Undefined when no server has the folder, or none has written its file yet. */
export function findPidFile(dataFolder: string): PidFile | undefined {
  try {
    return parsePidFile(readFileSync(pidFilePath(dataFolder), 'utf8'))
  } catch {
    return undefined
  }
}

export const pidFilePath = (dataFolder: string): string => join(dataFolder, 'postmaster.pid')

/**
 * Whether `pid` is the living server of `dataFolder`. `kill(pid, 0)` alone lies twice: zombies count as alive, and after
 * a reboot or in a new container the number may be anybody's. So the command line has to name the folder as well.
 */
export function isPostmasterOf(dataFolder: string, pid: number): boolean {
  if (!(pid > 0) || !processExists(pid)) return false
  if (process.platform === 'win32') return true
  return process.platform === 'linux' ? commandOnLinux(pid).includes(dataFolder) : commandByPs(pid).includes(dataFolder)
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function commandOnLinux(pid: number): readonly string[] {
  try {
    const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return isZombie ? [] : readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function commandByPs(pid: number): string {
  return Bun.spawnSync(['ps', '-o', 'command=', '-p', String(pid)]).stdout.toString()
}
