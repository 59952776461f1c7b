/** Runs the server's programs as the right user, in a small environment of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { ServerUser } from './server-user.ts'

export type ProgramStart = {
  readonly path: string
  readonly args: readonly string[]
  readonly folder: string
  readonly user: ServerUser
}

const isWindows = process.platform === 'win32'

/** The C locale keeps the server's messages in English; windows programs need the whole inherited environment. */
const surroundings = isWindows ? {} : { env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }

/**
 * Starts a program that outlives us, with its output in `logFile` (an open file). It gets a session of its own, so that
 * Ctrl-C in a terminal reaches us alone and the server is stopped after our own flush.
 */
export function startDetached(start: ProgramStart, logFile: number): ChildProcess {
  const child = spawn(start.path, start.args, {
    ...surroundings,
    ...identity(start.user),
    cwd: start.folder,
    stdio: ['ignore', logFile, logFile],
    detached: true,
  })
  child.unref()
  return child
}

/** Runs a program to its end; answers its exit code and all it said. */
export function runProgram(start: ProgramStart, timeoutMs: number): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(start.path, start.args, {
      ...surroundings,
      ...identity(start.user),
      cwd: start.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    })
    const collect = (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-4000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => resolve({ exitCode: -1, output: `${output}${error.message}` }))
    child.once('close', (code) => resolve({ exitCode: code ?? -1, output }))
  })
}

function identity(user: ServerUser): { uid?: number; gid?: number } {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid }
}
