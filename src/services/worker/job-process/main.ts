/**
 * The process a job runs in, started by a worker: `startJobProcess`. It has no other tasks and no other connections, so
 * whatever a job does to it, it does to itself.
 *
 * Promises: one job at a time; yields the processor to everything else; ends itself, with all it has started, when its
 * worker is gone, also while a job keeps it busy for ever (the runtime's `--no-orphans`).
 */
import { constants, setPriority } from 'node:os'
import { systemClock } from '#kernel/clock.ts'
import { describeError } from '#kernel/platform-error.ts'
import { createJobCalls, type JobCalls } from './job-calls.ts'
import type { FromJobProcess, ToJobProcess } from './job-process-messages.ts'
import { createLineGate } from './line-gate.ts'
import { type LoadedJobs, loadJobs } from './load-jobs.ts'
import { runOneTry } from './run-one-try.ts'

const gate = createLineGate({ clock: systemClock, countPerSecondMax: 200 })
let loading: Promise<LoadedJobs> | undefined
let aborting = new AbortController()
let calls: JobCalls | undefined

function say(message: FromJobProcess): void {
  if (process.connected) process.send?.(message)
}

async function hear(message: ToJobProcess): Promise<void> {
  switch (message.kind) {
    case 'load':
      return load(message)
    case 'abort':
      return aborting.abort(new Error(message.why))
    case 'answered':
      return calls?.take(message)
    case 'run':
      return run(message)
  }
}

async function load({ place }: Extract<ToJobProcess, { kind: 'load' }>): Promise<void> {
  loading = loadJobs(place)
  const said = await loading.then(
    ({ known }): FromJobProcess => ({ kind: 'loaded', jobs: known }),
    (error: unknown): FromJobProcess => ({ kind: 'load-failed', words: describeError(error) }),
  )
  say(said)
}

async function run({ asked, mark }: Extract<ToJobProcess, { kind: 'run' }>): Promise<void> {
  aborting = new AbortController()
  const jobs = await loading
  if (!jobs) return
  const { signal } = aborting
  const timeoutMs = jobs.known.find(({ name }) => name === asked.job)?.timeoutMs ?? 0
  const endsAt = systemClock.now() + timeoutMs
  const made = createJobCalls({ say, signal, leftMs: () => endsAt - systemClock.now() })
  calls = made
  const end = await runOneTry({ asked, jobs, signal, clock: systemClock, say, gate, rpc: made.rpc })
  made.close()
  for (const words of gate.takeLeftOut())
    say({ kind: 'line', line: { at: systemClock.now(), level: 'warning', words } })
  await Promise.all([process.stdout, process.stderr].map((stream) => writeMark(stream, mark)))
  say({ kind: 'ended', end, memoryBytes: process.memoryUsage.rss() })
}

/** The worker reads what the job wrote until here. A job that closed its output has nothing more to say there. */
function writeMark(stream: NodeJS.WriteStream, mark: string): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) return resolve()
    stream.write(`${mark}\n`, () => resolve())
  })
}

if (import.meta.main) {
  // Where the priority may not be changed, it stays.
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {}
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.on('message', (found: unknown) => void hear(found as ToJobProcess))
  say({ kind: 'listening' })
}
