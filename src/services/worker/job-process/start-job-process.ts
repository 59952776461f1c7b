import { resolve } from 'node:path'
import { environmentForPluginCode } from '#config/environment.ts'
import type { JobTryLine } from '#job/job-lines.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { newUuid } from '#kernel/ids.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { CallAnswered, CallMessage, CallOffMessage } from './call-messages.ts'
import {
  type AskedTry,
  type KnownJob,
  type PluginPlace,
  parseJobProcessMessage,
  type ToJobProcess,
  type TryEnd,
} from './job-process-messages.ts'
import { createLineGate } from './line-gate.ts'
import { type OutputReader, readOutput } from './read-output.ts'

/**
 * A process for jobs, as its worker sees it.
 *
 * Promises: it is in a group of its own, and `kill` ends the whole group; what it writes to its output is read all the
 * time, so that it never stands still for that; it ends by itself when the worker goes away; of the worker's environment,
 * with its secrets and addresses, it has only what every program needs. `ended` always resolves.
 * Asks: one plugin is loaded into it, once; one try at a time.
 */
export interface JobProcess {
  readonly pid: number
  /** The code runs and can be told what to load. Rejects when the process ended before, or takes too long. */
  readonly listening: Promise<void>
  /** Rejects with `plugin-failed` when the code cannot be loaded, or takes too long. */
  load(place: PluginPlace): Promise<readonly KnownJob[]>
  /** Undefined when the process ended first. */
  run(asked: AskedTry, hears: TryHears): Promise<{ readonly end: TryEnd; readonly memoryBytes: number } | undefined>
  /** Tells the code; whoever wants to be sure kills the process a little later. */
  abort(why: string): void
  kill(): void
  /** In words, what it wrote last included. */
  readonly ended: Promise<string>
  isOver(): boolean
}

export type TryHears = {
  readonly onProgress: (share: number, words: string | undefined) => void
  readonly onLine: (line: JobTryLine) => void
  /** A call it wants made, or no longer; `tell` is how it hears what came of it. */
  readonly onCall: (message: CallMessage | CallOffMessage, tell: (answered: CallAnswered) => void) => void
}

const entry = resolve(import.meta.dir, 'main.ts')
const startDeadlineMs = 30_000
const loadDeadlineMs = 30_000
/** What a job wrote last is on its way when the process says that it ended. */
const marksDeadlineMs = 500
const noiseLinesPerSecondMax = 200

export function startJobProcess(options: { readonly log: Log; readonly clock: Clock }): JobProcess {
  const { log, clock } = options
  const listening = createDeferred<void>()
  const loaded = createDeferred<readonly KnownJob[]>()
  const gate = createLineGate({ clock, countPerSecondMax: noiseLinesPerSecondMax })
  let running: { readonly hears: TryHears; readonly ended: ReturnType<typeof createDeferred<Ended>> } | undefined
  let isOver = false
  for (const deferred of [listening, loaded]) deferred.promise.catch(() => undefined)

  const take = (found: unknown): void => {
    const message = parseJobProcessMessage(found)
    if (!message) return log.debug('a job said something over the channel that nobody understands')
    if (message.kind === 'listening') listening.resolve()
    if (message.kind === 'loaded') loaded.resolve(message.jobs)
    if (message.kind === 'load-failed') loaded.reject(new PlatformError('plugin-failed', message.words))
    if (message.kind === 'progress') running?.hears.onProgress(message.share, message.words)
    if (message.kind === 'line') running?.hears.onLine(message.line)
    if (message.kind === 'call' || message.kind === 'call-off') running?.hears.onCall(message, tell)
    if (message.kind === 'ended') running?.ended.resolve({ end: message.end, memoryBytes: message.memoryBytes })
  }
  const child = Bun.spawn([process.execPath, '--no-orphans', '--no-env-file', entry], {
    env: environmentForPluginCode(),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
    serialization: 'json',
    ipc: take,
  })
  const onNoise = (level: string) => (words: string) => {
    if (!gate.isOpen()) return
    if (running) running.hears.onLine({ at: clock.now(), level, words })
    else log.info(`a job process between two jobs: ${words}`)
  }
  const outputs: readonly OutputReader[] = [
    readOutput(child.stdout, onNoise('info')),
    readOutput(child.stderr, onNoise('warning')),
  ]
  const cancelStart = clock.after(startDeadlineMs, () => {
    const words = `A process for jobs did not start within ${startDeadlineMs} ms: the machine may have too much to do.`
    listening.reject(new PlatformError('plugin-failed', words))
    killGroup(child)
  })
  listening.promise.then(cancelStart, cancelStart)
  const ended = child.exited.then(async () => {
    isOver = true
    await Promise.race([Promise.all(outputs.map(({ closed }) => closed)), pause(clock, marksDeadlineMs)])
    const words = toEndWords(child, outputs[1]?.lastWords() ?? '')
    const gone = new PlatformError('plugin-failed', words)
    listening.reject(gone)
    loaded.reject(gone)
    running?.ended.resolve(undefined)
    return words
  })
  const tell = (message: ToJobProcess): void => {
    try {
      if (!isOver) child.send(message)
    } catch {
      // Its channel closes a moment before its end is known, which is heard of by `ended`.
    }
  }

  return {
    pid: child.pid,
    listening: listening.promise,
    ended,
    isOver: () => isOver,
    load: async (place) => {
      await listening.promise
      tell({ kind: 'load', place })
      const cancel = clock.after(loadDeadlineMs, () => {
        const words = `The worker part of "${place.plugin.manifest.id}" did not load within ${loadDeadlineMs} ms: what it does when it is imported takes too long.`
        loaded.reject(new PlatformError('plugin-failed', words))
      })
      return loaded.promise.finally(cancel)
    },
    run: async (asked, hears) => {
      const mark = `\u0000${newUuid()}`
      const marks = Promise.all(outputs.map((output) => output.untilMark(mark)))
      running = { hears, ended: createDeferred<Ended>() }
      if (isOver) running.ended.resolve(undefined)
      tell({ kind: 'run', asked, mark })
      const found = await running.ended.promise
      if (found) await Promise.race([marks, pause(clock, marksDeadlineMs)])
      for (const words of gate.takeLeftOut()) hears.onLine({ at: clock.now(), level: 'warning', words })
      running = undefined
      return found
    },
    abort: (why) => tell({ kind: 'abort', why }),
    kill: () => killGroup(child),
  }
}

type Ended = { readonly end: TryEnd; readonly memoryBytes: number } | undefined

/** Its own group has its own number. What it has started goes with it. */
function killGroup(child: Bun.Subprocess): void {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone, or there are none on this system.
    child.kill('SIGKILL')
  }
}

function toEndWords(child: Bun.Subprocess, lastWords: string): string {
  const how = child.signalCode === null ? `with code ${child.exitCode}` : `by ${child.signalCode}`
  return `The process of the job ended ${how}.${lastWords === '' ? '' : ` It wrote last: ${lastWords}`}`
}
