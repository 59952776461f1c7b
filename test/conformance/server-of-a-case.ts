/** A server of ours that one case has for itself: a process on a file of its own, which may be stopped and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { RunnerOrder } from './case-outcome.ts'

export type ServerOfACase = {
  readonly connectionString: string
  /** Stops in order, or at once, and starts again on the same file and port. */
  restart(how?: 'in order' | 'killed'): Promise<void>
  stop(): Promise<void>
}

type OwnServer = NonNullable<RunnerOrder['ownServer']>

export async function startServerOfACase(
  { bunPath, serverEntry }: OwnServer,
  more: readonly string[] = [],
): Promise<ServerOfACase> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-case-'))
  const start = (port: number) =>
    startProcess(bunPath, [serverEntry, '--file', join(folder, 'events.db'), '--port', String(port), ...more])
  let running = await start(0)
  return {
    connectionString: running.ready.connectionString,
    async restart(how = 'in order') {
      await end(running.child, how === 'killed' ? 'SIGKILL' : 'SIGTERM')
      running = await start(running.ready.port)
    },
    async stop() {
      await end(running.child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type ReadyLine = { readonly event: string; readonly port: number; readonly connectionString: string }

async function startProcess(bunPath: string, args: readonly string[]) {
  const child = spawn(bunPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const ready: ReadyLine = JSON.parse(line)
    if (ready.event !== 'ready') throw new Error(`The server of the case did not start: ${line}`)
    return { child, ready }
  }
  throw new Error('The server of the case ended before it was ready.')
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
